import io
import os
import struct
import sys
import tempfile
import tracemalloc
import zlib
from collections import Counter
from datetime import UTC, datetime

import py7zr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py7zr.properties import FILTER_DEFLATE64, FILTER_ZSTD

from agent.redact import CannotRedact, budget, seven_zip
from agent.redact.archives import Members
from agent.redact.containers import redact_container

_START = struct.Struct("<6sBBIQQI")


def with_right_checksums(data):
    """The archive again, its two checksums of the index made to fit what stands there."""
    whole = bytearray(data)
    *_, offset, size, _ = _START.unpack(whole[:32])
    struct.pack_into("<I", whole, 28, zlib.crc32(whole[32 + offset : 32 + offset + size]))
    struct.pack_into("<I", whole, 8, zlib.crc32(whole[12:32]))
    return bytes(whole)


def plain_index(members, **options):
    """An archive whose index is not compressed, to be changed by hand."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:
        archive.set_encoded_header_mode(False)
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def test_the_members_are_redacted_with_their_names(redactor, redact_bytes, text, sevenzipped, un7zipped):
    members = {"home/jsmith/a.log": text, "plain.txt": b"nothing\n", "empty.log": b"", "last.log": text}
    redacted = un7zipped(redact_bytes(redactor, sevenzipped(members)))
    first, *_ = redacted
    assert first.startswith("home/user-")
    assert b"hunter2" not in redacted[first] + redacted["last.log"]
    assert redacted[first] == redacted["last.log"]
    assert (redacted["plain.txt"], redacted["empty.log"]) == (b"nothing\n", b"")


@pytest.mark.parametrize(
    "filters",
    [
        [{"id": py7zr.FILTER_LZMA}],
        [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 7}],
        [{"id": py7zr.FILTER_BZIP2}],
        [{"id": py7zr.FILTER_DEFLATE}],
        [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}],
        [{"id": py7zr.FILTER_COPY}],
    ],
)
def test_each_usual_method_is_read(redactor, redact_bytes, text, sevenzipped, un7zipped, filters):
    many = text * 3000
    redacted = un7zipped(redact_bytes(redactor, sevenzipped({"a.log": many, "b.log": text}, filters=filters)))
    assert redacted["a.log"] == redacted["b.log"] * 3000
    assert b"user=user-" in redacted["b.log"]


@pytest.mark.parametrize("method", [FILTER_ZSTD, py7zr.FILTER_BROTLI, FILTER_DEFLATE64])
def test_methods_that_give_more_than_they_are_asked_for_are_refused(redactor, redact_bytes, sevenzipped, method):
    with pytest.raises(CannotRedact, match="without a reader"):
        redact_bytes(redactor, sevenzipped({"a.log": b"x\n" * 99}, filters=[{"id": method}]))


def test_it_is_packed_so_that_every_7zip_opens_it_and_the_time_stays(redactor, redact_bytes, text, tmp_path):
    log = tmp_path / "a.log"
    log.write_bytes(text)
    os.utime(log, (1_700_000_000, 1_700_000_000))
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
        archive.write(log, "a.log")
    with py7zr.SevenZipFile(io.BytesIO(redact_bytes(redactor, (tmp_path / "a.7z").read_bytes()))) as archive:
        [member] = archive.list()
        assert member.creationtime == datetime.fromtimestamp(1_700_000_000, UTC)
        assert {coder["method"] for coder in archive.header.main_streams.unpackinfo.folders[0].coders} == {b"\x21"}


def test_a_member_that_is_no_text_is_left_out(redactor, redact_bytes, text, program, sevenzipped, un7zipped):
    redacted = un7zipped(redact_bytes(redactor, sevenzipped({"tool": program, "a.log": text})))
    assert redacted["tool.withheld"] == b"could not be redacted: a binary file of a known kind\n"
    assert b"user=user-" in redacted["a.log"]


@pytest.mark.posix
def test_a_link_is_not_carried_over(redactor, redact_bytes, text, un7zipped, tmp_path):
    (tmp_path / "a.log").write_bytes(text)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to("../a.log")
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
        archive.write(tmp_path / "folder", "folder")
        archive.write(tmp_path / "folder" / "link", "folder/link")
        archive.write(tmp_path / "a.log", "a.log")
    assert list(un7zipped(redact_bytes(redactor, (tmp_path / "a.7z").read_bytes()))) == ["a.log"]


@pytest.mark.parametrize("name", ["../../outside.log", "C:/Users/jsmith/a.log"])
def test_names_that_leave_their_folder_are_refused(redactor, redact_bytes, text, name):
    placeholder = "x" * len(name)
    data = plain_index({placeholder: text}).replace(placeholder.encode("utf-16-le"), name.encode("utf-16-le"))
    with pytest.raises(CannotRedact, match="7z") as refusal:
        redact_bytes(redactor, with_right_checksums(data))
    assert "jsmith" not in str(refusal.value)


def test_two_members_of_one_name_are_refused(redactor, redact_bytes, text):
    data = plain_index({"a.log": text, "b.log": text}).replace("b.log".encode("utf-16-le"), "a.log".encode("utf-16-le"))
    with pytest.raises(CannotRedact, match="same name"):
        redact_bytes(redactor, with_right_checksums(data))


@pytest.mark.parametrize("of_names_too", [False, True])
def test_an_encrypted_archive_is_refused(redactor, redact_bytes, text, sevenzipped, of_names_too):
    data = sevenzipped({"a.log": text}, password="open-sesame", header_encryption=of_names_too)
    with pytest.raises(CannotRedact, match="encrypted"):
        redact_bytes(redactor, data)


def test_a_damaged_archive_is_refused(redactor, redact_bytes, sevenzipped):
    whole = sevenzipped({"a.log": os.urandom(200).hex().encode()})
    broken = bytearray(whole)
    broken[60] ^= 1
    for data in (whole[: len(whole) // 2], whole[:20], bytes(broken)):
        with pytest.raises(CannotRedact, match="damaged"):
            redact_bytes(redactor, data)


def test_a_bomb_is_refused_while_it_unpacks(redactor, redact_bytes, sevenzipped, monkeypatch):
    monkeypatch.setattr(budget, "_RATIO_FREE_BYTES", 2**20)
    with pytest.raises(CannotRedact, match="more than is allowed"):
        redact_bytes(redactor, sevenzipped({"a.log": b"\n" * 2**23}))


def test_too_many_members_are_refused(redactor, redact_bytes, sevenzipped, monkeypatch):
    monkeypatch.setattr(budget, "MEMBERS_LIMIT", 5)
    with pytest.raises(CannotRedact, match="more than 5 members"):
        redact_bytes(redactor, sevenzipped({f"{number}.log": b"x\n" for number in range(8)}))


def test_a_list_of_members_that_is_too_long_is_refused_before_it_is_read(
    redactor, redact_bytes, sevenzipped, monkeypatch
):
    monkeypatch.setattr(seven_zip, "INDEX_LIMIT_BYTES", 2000)
    data = sevenzipped({f"{number:050}.log": b"x\n" for number in range(100)})
    assert len(data) < 2000  # the list is compressed itself
    with pytest.raises(CannotRedact, match="list of members"):
        redact_bytes(redactor, data)


@pytest.mark.parametrize(
    ("filters", "properties", "greedy"),
    [
        ([{"id": py7zr.FILTER_LZMA2, "preset": 1}], b"\x21\x21\x01\x10", b"\x21\x21\x01\x28"),
        ([{"id": py7zr.FILTER_LZMA, "preset": 1}], b"\x5d\x00\x00\x10\x00", b"\x5d\xff\xff\xff\xff"),
        ([{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}], b"\x06\x00\x00\x00\x01", b"\x06\xff\xff\xff\xf0"),
    ],
    ids=["LZMA2", "LZMA", "PPMd"],
)
def test_an_archive_that_asks_for_gigabytes_is_refused(redactor, redact_bytes, filters, properties, greedy):
    plain = plain_index({"a.log": b"x\n" * 99}, filters=filters)
    assert plain.count(properties) == 1
    with pytest.raises(CannotRedact, match="more memory"):
        redact_bytes(redactor, with_right_checksums(plain.replace(properties, greedy)))


def same(source, target, _path, _budget):
    """Redaction that changes nothing."""
    while block := source.read(2**16):
        target.write(block)
    return Counter()


def test_a_large_member_is_never_in_memory_whole(sevenzipped):
    lines = b"".join(b"2026-06-14 line %d of a log that repeats itself\n" % number for number in range(1_000_000))
    data = sevenzipped({"a.log": lines}, filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}])
    assert len(lines) > 50_000_000 > 10 * len(data)
    with tempfile.TemporaryFile() as target:
        tracemalloc.start()
        try:
            seven_zip.repack_seven_zip(io.BytesIO(data), target, Members(budget.Budget(len(data)), same, str))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 20 * 2**20  # of which the compressor takes half


def test_temporary_files_are_the_owners_alone_and_gone_afterwards(
    redactor, redact_bytes, text, sevenzipped, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(budget, "SPOOLED_BYTES", 1)
    seen = set()
    real = os.open

    def watched(path, *arguments, **options):
        handle = real(path, *arguments, **options)
        if str(path).startswith(str(tmp_path)):
            seen.add(os.fstat(handle).st_mode & 0o077)
        return handle

    monkeypatch.setattr(os, "open", watched)
    redact_bytes(redactor, sevenzipped({"a.log": text * 9000, "b.log": text}))
    assert sys.platform == "win32" or seen == {0}
    assert list(tmp_path.iterdir()) == []


_HAND_MADE = plain_index({"a.log": b"first line\n" * 9, "b/c.log": b"second\n"})


@given(data=st.data())
def test_an_index_that_was_changed_by_hand_is_refused_or_redacted(data):
    """With right checksums, so that what reads the index sees the change."""
    broken = bytearray(_HAND_MADE)
    *_, offset, size, _ = _START.unpack(_HAND_MADE[:32])
    for place in data.draw(st.lists(st.integers(32 + offset, 32 + offset + size - 1), min_size=1, max_size=3)):
        broken[place] = data.draw(st.integers(0, 255))
    target = io.BytesIO()
    source = io.BytesIO(with_right_checksums(broken))
    try:
        redact_container("7z", source, target, budget=budget.Budget(len(broken)), redact=same, rename=str)
    except CannotRedact:
        return
    assert target.getvalue().startswith(b"7z")
