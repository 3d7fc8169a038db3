"""What stays here of an archive among the logs: the program says it, and so does the bundle."""

import gzip
import io
import json
import tarfile
import zipfile

import py7zr
import pytest

BINARY = b"\x7fELF" + bytes(range(256)) * 9


def tarred(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def logs(tmp_path):
    """outer.tar, in it nest.zip, in that a binary file, a log, and inner.tgz, which goes too deep."""
    nest = io.BytesIO()
    with zipfile.ZipFile(nest, "w") as archive:
        archive.writestr("app/blob.bin", BINARY)
        archive.writestr("app/a.log", b"fine\n")
        archive.writestr("inner.tgz", gzip.compress(tarred("b.log", b"deep\n")))
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "outer.tar").write_bytes(tarred("nest.zip", nest.getvalue()))
    return tmp_path / "logs"


@pytest.fixture
def run(make_computer):
    computer = make_computer("computer")
    return lambda *words: computer.sendlogs(*map(str, words))


EXPECTED = {
    "outer.tar/nest.zip/app/blob.bin": "a binary file of a known kind",
    "outer.tar/nest.zip/inner.tgz": "archives are nested more than 3 deep",
}


def test_redact_names_it_with_its_path_and_reason_and_ends_with_7(run, logs, tmp_path):
    done = run("redact", logs, tmp_path / "out")
    assert done.code == 7
    assert [f"Kept back {path}: {reason}" for path, reason in EXPECTED.items()] == done.out.splitlines()[:2]
    assert "2 files inside archives were kept back." in done.err


def test_manifest_and_report_of_a_bundle_name_it(run, logs, tmp_path):
    done = run("bundle", "--profile", "system", "--logs", logs, "--output", tmp_path / "b.7z")
    assert done.code == 0, done.err
    with py7zr.SevenZipFile(tmp_path / "b.7z") as archive:
        archive.extract(tmp_path / "x", ["manifest.json", "report.html"])
    said = {
        item["path"]: item["reason"] for item in json.loads((tmp_path / "x" / "manifest.json").read_text())["skipped"]
    }
    report = (tmp_path / "x" / "report.html").read_text()
    for path, reason in EXPECTED.items():
        [found] = [one for one in said if one.endswith(path)]
        assert said[found] == f"could not be redacted: {reason}"
        assert found in report
