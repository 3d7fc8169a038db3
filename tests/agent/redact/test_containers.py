import bz2
import gzip
import importlib.util
import io
import lzma
import tarfile
import zipfile

import pytest

from agent.redact import CannotRedact, containers

TEXT = b"first\nuser=jsmith password=hunter2-hunter2\nlast\n"
ELF = b"\x7fELF" + bytes(range(256)) * 4


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("pack", "unpack"),
    [(gzip.compress, gzip.decompress), (bz2.compress, bz2.decompress), (lzma.compress, lzma.decompress)],
    ids=["gzip", "bzip2", "xz"],
)
def test_a_compressed_log_is_redacted_inside_and_stays_compressed(redactor, redact_bytes, pack, unpack):
    inside = unpack(redact_bytes(redactor, pack(TEXT)))
    assert b"hunter2" not in inside
    assert inside.startswith(b"first\nuser=user-")
    assert inside.endswith(b"\nlast\n")


@pytest.mark.skipif(importlib.util.find_spec("backports.zstd") is None, reason="no Zstandard here")
def test_a_zstandard_log_is_redacted(redactor, redact_bytes):
    from backports import zstd

    assert b"hunter2" not in zstd.decompress(redact_bytes(redactor, zstd.compress(TEXT)))
    with pytest.raises(CannotRedact, match="damaged"):
        redact_bytes(redactor, zstd.compress(TEXT * 100)[:-20])


def test_a_gzip_member_forgets_the_name_of_the_file(redactor, redact_bytes):
    out = io.BytesIO()
    with gzip.GzipFile(filename="jsmith-private.log", fileobj=out, mode="wb") as file:
        file.write(TEXT)
    assert b"jsmith" not in redact_bytes(redactor, out.getvalue())


def test_the_members_of_a_zip_are_redacted_with_their_names(redactor, redact_bytes):
    data = zipped({"home/jsmith/a.log": TEXT, "plain.txt": b"nothing\n"})
    with zipfile.ZipFile(io.BytesIO(redact_bytes(redactor, data))) as archive:
        names = archive.namelist()
        assert names[0].startswith("home/user-")
        assert b"hunter2" not in archive.read(names[0])
        assert archive.read("plain.txt") == b"nothing\n"


def test_the_members_of_a_compressed_tar_are_redacted(redactor, redact_bytes):
    redacted = redact_bytes(redactor, gzip.compress(tarred({"a.log": TEXT, "b.log.gz": gzip.compress(TEXT)})))
    with tarfile.open(fileobj=io.BytesIO(redacted)) as archive:
        inner = archive.extractfile("b.log.gz").read()
        assert b"hunter2" not in archive.extractfile("a.log").read()
        assert b"hunter2" not in gzip.decompress(inner)


def test_a_member_that_is_no_text_is_left_out_and_said_to_be(redactor, redact_bytes):
    with zipfile.ZipFile(io.BytesIO(redact_bytes(redactor, zipped({"a.log": TEXT, "tool": ELF})))) as archive:
        assert archive.namelist() == ["a.log", "tool.withheld"]
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, tarred({"tool": ELF})))) as archive:
        assert archive.getnames() == ["tool.withheld"]
        assert archive.getmember("tool.withheld").size == 0


def test_archives_in_archives_are_opened_to_a_depth(redactor, redact_bytes):
    data = TEXT
    for _ in range(containers.DEPTH_LIMIT):
        data = gzip.compress(data)
    assert redact_bytes(redactor, data)
    with pytest.raises(CannotRedact, match="nested"):
        redact_bytes(redactor, gzip.compress(data))


def test_a_bomb_is_refused_while_it_unpacks(redactor, redact_bytes, monkeypatch):
    monkeypatch.setattr(containers, "_RATIO_FREE_BYTES", 2**20)
    with pytest.raises(CannotRedact, match="more than is allowed"):
        redact_bytes(redactor, gzip.compress(b"\n" * 2**23))


def test_an_archive_of_too_many_members_is_refused(redactor, redact_bytes, monkeypatch):
    monkeypatch.setattr(containers, "MEMBERS_LIMIT", 5)
    with pytest.raises(CannotRedact, match="more than 5 members"):
        redact_bytes(redactor, zipped({f"{number}.log": b"x\n" for number in range(8)}))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_a_damaged_file_is_refused(redactor, redact_bytes, pack):
    whole = pack(TEXT * 2000)
    with pytest.raises(CannotRedact, match="damaged"):
        redact_bytes(redactor, whole[: len(whole) // 2])


def test_an_encrypted_zip_is_refused_without_a_word_of_its_content(redactor, redact_bytes):
    data = bytearray(zipped({"a.log": TEXT}))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    with pytest.raises(CannotRedact, match="encrypted"):
        redact_bytes(redactor, bytes(data))
