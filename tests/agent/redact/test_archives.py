import gzip
import io
import stat
import struct
import tarfile
import zipfile

import pytest

from agent.redact import CannotRedact, budget

ABROAD = ["/etc/cron.d/job", "../../outside.log", "C:\\Users\\jsmith\\a.log", "a/./b/../c.log"]


def names_of_zip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_the_members_of_a_zip_are_redacted_with_their_names(redactor, redact_bytes, text, zipped):
    data = zipped({"home/jsmith/a.log": text, "plain.txt": b"nothing\n", "empty.log": b""})
    with zipfile.ZipFile(io.BytesIO(redact_bytes(redactor, data))) as archive:
        names = archive.namelist()
        assert names[0].startswith("home/user-")
        assert b"hunter2" not in archive.read(names[0])
        assert archive.read("plain.txt") == b"nothing\n"
        assert archive.read("empty.log") == b""


def test_a_zip_stays_as_small_as_it_was(redactor, redact_bytes, zipped):
    whole = zipped({"a.log": b"2026-06-14 the same line again\n" * 20_000})
    assert len(redact_bytes(redactor, whole)) < 2 * len(whole)


def test_an_empty_zip_is_one_again(redactor, redact_bytes, zipped):
    assert names_of_zip(redact_bytes(redactor, zipped({}))) == []


def test_the_members_of_a_compressed_tar_are_redacted(redactor, redact_bytes, text, tarred):
    members = {"a.log": text, "b.log.gz": gzip.compress(text), "empty.log": b""}
    redacted = redact_bytes(redactor, gzip.compress(tarred(members)))
    with tarfile.open(fileobj=io.BytesIO(redacted)) as archive:
        inner = archive.extractfile("b.log.gz").read()
        assert b"hunter2" not in archive.extractfile("a.log").read()
        assert b"hunter2" not in gzip.decompress(inner)
        assert archive.getmember("empty.log").size == 0


def test_a_member_that_is_no_text_is_left_out_and_said_to_be(redactor, redact_bytes, text, program, zipped, tarred):
    assert names_of_zip(redact_bytes(redactor, zipped({"a.log": text, "tool": program}))) == ["a.log", "tool.withheld"]
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, tarred({"tool": program})))) as archive:
        assert archive.getnames() == ["tool.withheld"]
        assert archive.extractfile("tool.withheld").read() == b"could not be redacted: a binary file of a known kind\n"


@pytest.mark.parametrize("name", ABROAD)
def test_a_name_that_leaves_its_folder_is_made_harmless(redactor, redact_bytes, text, zipped, tarred, name):
    [in_zip] = names_of_zip(redact_bytes(redactor, zipped({name: text})))
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, tarred({name: text})))) as archive:
        [in_tar] = archive.getnames()
    assert in_zip == in_tar
    assert not in_zip.startswith(("/", "."))
    assert not set(in_zip.split("/")) & {"", ".", ".."}
    assert not set(in_zip) & set("\\:")
    assert "jsmith" not in in_zip


def test_members_whose_names_become_one_are_told_apart(redactor, redact_bytes, tarred):
    data = tarred({"a.log": b"1\n", "/a.log": b"2\n", "./A.log": b"3\n"})
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, data))) as archive:
        assert archive.getnames() == ["a.log", "a~2.log", "A~3.log"]
        assert [archive.extractfile(member).read() for member in archive] == [b"1\n", b"2\n", b"3\n"]


def test_links_are_not_carried_over(redactor, redact_bytes, text, tarred, zipped):
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, tarred({"link": None, "a.log": text})))) as archive:
        assert archive.getnames() == ["a.log"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/home/jsmith/secret")
        archive.writestr("a.log", text)
    assert names_of_zip(redact_bytes(redactor, out.getvalue())) == ["a.log"]


def test_what_stands_beside_the_members_of_a_zip_is_not_taken(redactor, redact_bytes, text, zipped):
    out = io.BytesIO(zipped({"a.log": text}))
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"made for jsmith"
    redacted = redact_bytes(redactor, out.getvalue())
    assert b"jsmith" not in redacted
    assert b"jsmith" not in redact_bytes(redactor, zipped({"a.log": text}) + b"jsmith" * 9)


def sparse_tar(holes_bytes):
    """A tar in the old GNU form whose one member is a hole, and "end" after it."""
    header = bytearray(tarfile.TarInfo("sparse.log").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"%011o\0" % 512  # what is stored
    header[156:157] = tarfile.GNUTYPE_SPARSE
    header[386:398], header[398:410] = b"%011o\0" % holes_bytes, b"%011o\0" % 512
    header[483:495] = b"%011o\0" % (holes_bytes + 512)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"end\n".ljust(512, b"\n") + bytes(1024)


def test_a_sparse_file_is_read_with_its_holes(redactor, redact_bytes):
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, sparse_tar(4096)))) as archive:
        [member] = archive.getmembers()
        assert not member.issparse()
        assert archive.extractfile(member).read() == bytes(4096) + b"end\n".ljust(512, b"\n")


def test_a_hole_of_gigabytes_is_a_bomb(redactor, redact_bytes):
    with tarfile.open(fileobj=io.BytesIO(redact_bytes(redactor, sparse_tar(2**32)))) as archive:
        assert archive.getnames() == ["sparse.log.withheld"]


def test_a_name_of_megabytes_is_refused_before_it_is_read(redactor, redact_bytes, tarred):
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, budget.INDEX_LIMIT_BYTES + 1
    data = long_name.tobuf(tarfile.GNU_FORMAT) + bytes(long_name.size + 512) + tarred({"a.log": b"x\n"})
    with pytest.raises(CannotRedact, match="list of members is too long"):
        redact_bytes(redactor, data)


def test_a_list_of_members_that_is_too_long_is_refused_before_it_is_read(redactor, redact_bytes, zipped):
    one = zipped({"a": b""})
    directory, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entries = one[directory:end] * (budget.INDEX_LIMIT_BYTES // (end - directory) + 1)
    tail = bytearray(one[end:])
    struct.pack_into("<II", tail, 12, len(entries), directory)
    with pytest.raises(CannotRedact, match="list of members is too long"):
        redact_bytes(redactor, one[:directory] + entries + bytes(tail))


def test_an_archive_of_too_many_members_is_refused(redactor, redact_bytes, zipped, tarred, monkeypatch):
    monkeypatch.setattr(budget, "MEMBERS_LIMIT", 5)
    many = {f"{number}.log": b"x\n" for number in range(8)}
    for data in (zipped(many), tarred(many), gzip.compress(tarred(many))):
        with pytest.raises(CannotRedact, match="more than 5 members"):
            redact_bytes(redactor, data)


def test_archives_of_archives_cost_no_more_than_the_budget(redactor, redact_bytes, zipped, monkeypatch):
    """The well-known bomb: sixteen archives in each of sixteen archives, and so on, with gigabytes at the ground."""
    monkeypatch.setattr(budget, "_RATIO_FREE_BYTES", 2**22)
    data = b"0" * 2**20
    for level in range(5):
        data = zipped({f"{level}-{number}.zip": data for number in range(16)})
    redacted = redact_bytes(redactor, data)
    assert len(redacted) < 2**22
    with zipfile.ZipFile(io.BytesIO(redacted)) as archive:
        assert archive.namelist()


def test_an_encrypted_zip_is_refused_without_a_word_of_its_content(redactor, redact_bytes, text, zipped):
    data = bytearray(zipped({"a.log": text}))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    with pytest.raises(CannotRedact, match="encrypted"):
        redact_bytes(redactor, bytes(data))


BINARY = "a binary file of a known kind"


def withheld_of(redactor, data):
    kept = []
    redactor.stream(io.BytesIO(data), io.BytesIO(), path="a", media_type="application/octet-stream", withheld=kept)
    return kept


def test_what_is_withheld_is_told_with_its_path_through_the_archives(redactor, text, program, zipped, tarred):
    inner = gzip.compress(tarred({"home/jsmith/tool": program, "a.log": text}))
    [(path, reason), last] = withheld_of(redactor, zipped({"in.tgz": inner, "app/tool": program}))
    assert path.startswith("in.tgz/home/user-")
    assert (path.endswith("/tool"), reason) == (True, BINARY)
    assert last == ("app/tool", BINARY)


def test_what_is_nested_too_deep_is_told_once_with_the_reason(redactor, text, program, zipped, tarred):
    """The third level of archives is compressed as well, which is the fourth."""
    inner = gzip.compress(tarred({"a.log": text}))
    data = tarred({"nest.zip": zipped({"tool": program, "inner.tgz": inner}), "b.log": text})
    nested = f"archives are nested more than {budget.DEPTH_LIMIT} deep"
    assert withheld_of(redactor, data) == [("nest.zip/tool", BINARY), ("nest.zip/inner.tgz", nested)]


def test_of_an_archive_that_is_withheld_nothing_else_is_told(redactor, text, program, zipped):
    whole, start = zipped({"tool": program, "a.log": text}), b"PK\x03\x04"  # of each member
    damaged = whole.replace(start, b"PK\x03\x05").replace(b"PK\x03\x05", start, 1)
    [(path, reason)] = withheld_of(redactor, zipped({"in.zip": damaged}))
    assert (path, reason) == ("in.zip", "the zip data is damaged or cut off")
