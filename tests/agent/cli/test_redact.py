"""``sendlogs redact``"""

import io
import sys
import zipfile

import py7zr
import pytest

from agent.cores import cores
from agent.redact import Workers

SECRET = "hunter2-hunter2"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text(f"2026-03-04 12:00:00 ERROR login password={SECRET} from 203.0.113.9\n")
    return folder


def test_a_folder_is_redacted_and_stays_as_it_is(run, logs, tmp_path):
    before = (logs / "a.log").read_bytes()
    ended = run("redact", str(logs), str(tmp_path / "out"), "--json")
    assert ended.code == 0
    assert (ended.events[-1]["event"], ended.events[-1]["files"]) == ("redacted", 1)
    redacted = (tmp_path / "out" / "a.log").read_text()
    assert SECRET not in redacted
    assert "203.0.113.9" not in redacted
    assert redacted.startswith("2026-03-04 12:00:00 ERROR login")
    assert (logs / "a.log").read_bytes() == before


def test_a_person_reads_how_much_was_replaced(run, logs, tmp_path):
    out = run("redact", str(logs / "a.log"), str(tmp_path / "a.txt")).out
    assert out.startswith("1 file written, 2 values replaced.")


def test_names_of_files_that_changed_are_counted(run, tmp_path):
    (tmp_path / "logs" / "home" / "jsmith").mkdir(parents=True)
    (tmp_path / "logs" / "home" / "jsmith" / "a.log").write_text("fine\n")
    (tmp_path / "logs" / "b.log").write_text("fine\n")
    assert run("redact", str(tmp_path / "logs"), str(tmp_path / "out")).out.startswith(
        "2 files written, 0 values replaced, 1 file name changed.\n"
    )


def test_what_is_kept_back_is_named_and_has_an_exit_code(run, logs, tmp_path):
    (logs / "program.bin").write_bytes(b"\x7fELF" + bytes(range(256)) * 10)
    ended = run("redact", str(logs), str(tmp_path / "out"))
    assert ended.code == 7
    assert "Kept back program.bin" in ended.out
    assert not (tmp_path / "out" / "program.bin").exists()


def test_what_is_kept_back_inside_an_archive_is_named_and_counted(run, logs, tmp_path):
    with zipfile.ZipFile(logs / "x.zip", "w") as archive:
        archive.writestr("a.log", "fine\n")
        archive.writestr("app/blob.bin", b"\x7fELF" + bytes(range(256)) * 10)
    ended = run("redact", str(logs), str(tmp_path / "out"))
    assert ended.code == 7
    assert ended.out.startswith("Kept back x.zip/app/blob.bin: a binary file of a known kind\n2 files written")
    assert "1 file inside archives was kept back." in ended.err
    (logs / "tool").write_bytes(b"\x7fELF" + bytes(range(256)) * 10)
    ended = run("redact", str(logs), str(tmp_path / "again"))
    assert "1 of 3 files and 1 file inside archives were kept back." in ended.err


def test_what_is_not_there_is_refused(run, tmp_path):
    assert run("redact", str(tmp_path / "nothing"), str(tmp_path / "out")).code == 2


def test_without_an_output_there_must_be_something_to_show(run, logs):
    ended = run("redact", str(logs))
    assert ended.code == 2
    assert "OUTPUT is missing" in ended.err


def test_the_number_of_workers_is_said_or_that_of_the_cores(run, logs, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(Workers, "worth", lambda workers, jobs: seen.append(workers.count) or 1)
    assert run("redact", "--workers", "3", str(logs), str(tmp_path / "out")).code == 0
    assert run("redact", str(logs), str(tmp_path / "again")).code == 0
    assert seen == [3, cores()]
    assert run("redact", "--workers", "0", str(logs), str(tmp_path / "more")).code == 2


@pytest.fixture
def bundle(run, logs, tmp_path):
    """A bundle of that log, made here."""
    assert run("bundle", "--profile", "system", "--logs", str(logs), "--output", str(tmp_path / "old.7z")).code == 0
    return tmp_path / "old.7z"


def test_a_bundle_is_one_again(run, bundle, tmp_path):
    ended = run("redact", str(bundle), str(tmp_path / "new.7z"), "--json")
    assert ended.code == 0, ended.out
    assert ended.events[-1]["event"] == "redacted"
    assert run("verify", str(tmp_path / "new.7z")).code == 0


def test_a_bundle_is_put_into_a_folder_that_is_there(run, bundle, tmp_path):
    (tmp_path / "out").mkdir()
    assert run("redact", str(bundle), str(tmp_path / "out")).code == 0
    assert run("verify", str(tmp_path / "out" / "old.7z")).code == 0


def test_another_archive_is_redacted_as_an_archive(run, logs, tmp_path):
    with py7zr.SevenZipFile(tmp_path / "in.7z", "w") as archive:
        archive.writeall(logs, "logs")
    assert run("redact", str(tmp_path / "in.7z"), str(tmp_path / "out.7z")).code == 0
    with py7zr.SevenZipFile(tmp_path / "out.7z") as archive:
        assert archive.namelist() == ["logs/a.log"]
        archive.extractall(tmp_path / "x")
    assert SECRET not in (tmp_path / "x" / "logs" / "a.log").read_text()
    assert run("verify", str(tmp_path / "out.7z")).code == 11


def test_a_bundle_that_was_changed_is_refused(run, bundle, tmp_path):
    with py7zr.SevenZipFile(bundle) as archive:
        archive.extractall(tmp_path / "x")
    next((tmp_path / "x").glob("logs/**/a.log")).write_text("something else\n")
    with py7zr.SevenZipFile(tmp_path / "changed.7z", "w", filters=[{"id": py7zr.FILTER_LZMA2}]) as archive:
        for path in (tmp_path / "x").rglob("*"):
            if path.is_file():
                archive.write(path, path.relative_to(tmp_path / "x").as_posix())
    ended = run("redact", str(tmp_path / "changed.7z"), str(tmp_path / "new.7z"))
    assert ended.code == 11
    assert not (tmp_path / "new.7z").exists()


@pytest.fixture
def piped(run, monkeypatch):
    """Run with these bytes on stdin."""

    def ended(data, *words):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        return run(*words)

    return ended


def test_what_comes_on_stdin_goes_redacted_to_stdout(piped):
    ended = piped(f"ok\nlogin password={SECRET} from 203.0.113.9\n".encode() * 3, "redact", "-")
    assert ended.code == 0
    assert ended.out.startswith("ok\nlogin password=[redacted:secret-bare] from ip-")
    assert "203.0.113.9" not in ended.out
    assert "6 values replaced." in ended.err
    assert (piped(b"", "redact", "-").code, piped(b"", "redact", "-").out) == (0, "")


def test_a_stream_that_cannot_be_redacted_is_kept_back_with_a_code(piped):
    ended = piped(b"PK\x03\x04" + SECRET.encode(), "redact", "-")
    assert (ended.code, ended.out) == (7, "")
    assert "kept back" in ended.err


@pytest.mark.parametrize("words", [("--json",), ("--explain", "--plain"), ("out.txt",)])
def test_a_stream_takes_no_other_option(piped, words):
    assert piped(b"x", "redact", "-", *words).code == 2
