"""The reader of hostile archives, run as the process that it is in the product."""

import io
import json
import lzma
import subprocess
import sys
import time

import py7zr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.contents.archive_reader import LONGEST_LINE_BYTES, TEXT_WINDOW_BYTES, _whole_lines
from tests.desk.contents.test_manifest_signature import FINGERPRINT, MANIFEST, SIGNATURE


@pytest.fixture
def read(tmp_path):
    """Run the reader on these bytes."""

    def ask(content, verb="contents", *words):
        file = tmp_path / "bundle.7z"
        file.write_bytes(content)
        command = [sys.executable, "-P", "-m", "desk.contents.archive_reader", verb, str(file), *map(str, words)]
        return subprocess.run(command, capture_output=True, timeout=120, check=False)

    return ask


def test_members_and_manifest_are_told(read, bundle):
    contents = json.loads(read(bundle).stdout)
    assert [member["path"] for member in contents["members"]] == ["logs/service.log", "manifest.json", "report.html"]
    assert all(member["readable"] for member in contents["members"])
    assert contents["manifest"]["product"] == "Example Backup"
    assert contents["manifest_problem"] == ""
    assert contents["signature"] == {"state": "unsigned", "fingerprint": ""}


@pytest.mark.parametrize(("signature", "state"), [(SIGNATURE, "signed"), (b"x" * 9000, "bad"), (b"", "bad")])
@pytest.mark.parametrize("order", [1, -1], ids=["manifest first", "signature first"])
def test_a_signature_is_told(read, pack, signature, state, order):
    members = [("manifest.json", MANIFEST), ("manifest.sig", signature)][::order]
    contents = json.loads(read(pack({"a.log": b"line", **dict(members)})).stdout)
    assert contents["signature"]["state"] == state
    assert contents["manifest"]["signing_key"] == FINGERPRINT


def test_text_comes_in_pages_of_whole_lines(read, pack):
    """Each line is on one page, and the pages together are the file."""
    text = b"".join(b"%07d what happened\n" % number for number in range(120_000))
    archive = pack({"a.log": text})
    pages = [read(archive, "text", 0, offset).stdout for offset in range(0, len(text), TEXT_WINDOW_BYTES)]
    assert b"".join(pages) == text
    assert len(pages) == 3
    assert all(page.endswith(b"\n") for page in pages)


@given(
    lines=st.lists(st.integers(0, 3 * LONGEST_LINE_BYTES), max_size=60),
    ends=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_pages_of_any_text_make_the_text(lines, ends):
    """Nothing is lost or told twice, however long the lines are."""
    text = b"\n".join(b"x" * length for length in lines) + (b"\n" if ends else b"")
    pages = []
    for offset in range(0, len(text) or 1, TEXT_WINDOW_BYTES):
        before = 1 if offset else 0
        window = text[offset - before : offset + TEXT_WINDOW_BYTES + LONGEST_LINE_BYTES]
        pages.append(_whole_lines(window, begins_file=offset == 0))
    assert b"".join(pages) == text


def test_utf_16_is_told_as_utf_8(read, pack):
    archive = pack({"a.log": "\ufeffgrün\n".encode("utf-16-le")})
    assert read(archive, "text", 0, 0).stdout.decode() == "\ufeffgrün\n"


def test_a_page_beyond_the_end_is_empty(read, bundle):
    assert read(bundle, "text", 0, 5 * TEXT_WINDOW_BYTES).stdout == b""


def test_names_that_lead_outside_are_listed_and_not_read(read, pack, hostile_names):
    archive = hostile_names({"../../etc/passwd": "x", "/etc/shadow": "x", "C:\\boot.ini": "x", "good.log": "y"})
    members = {member["path"]: member for member in json.loads(read(archive).stdout)["members"]}
    assert [path for path, member in members.items() if member["readable"]] == ["good.log"]
    assert read(archive, "text", members["../../etc/passwd"]["index"], 0).returncode == 3
    assert read(archive, "text", members["good.log"]["index"], 0).stdout == b"y"


@pytest.fixture
def hostile_names(pack):
    """An archive with names that no honest packer writes: swapped in for honest ones of the same length."""

    def packed(members):
        file = io.BytesIO()
        stand_ins = {f"{index}".rjust(len(name), "n"): name for index, name in enumerate(members)}
        with py7zr.SevenZipFile(file, "w") as archive:
            archive.set_encoded_header_mode(False)
            for stand_in, name in stand_ins.items():
                archive.writestr(members[name], stand_in)
        raw = file.getvalue()
        for stand_in, name in stand_ins.items():
            raw = raw.replace(stand_in.encode("utf-16-le"), name.encode("utf-16-le"))
        return _with_header_sums(raw)

    return packed


def _with_header_sums(raw):
    """The checksums at the begin of a 7z file, made anew (7zFormat.txt, "SignatureHeader")."""
    import struct
    import zlib

    offset, size = struct.unpack("<QQ", raw[12:28])
    start = raw[12:28] + struct.pack("<I", zlib.crc32(raw[32 + offset : 32 + offset + size]))
    return raw[:8] + struct.pack("<I", zlib.crc32(start)) + start + raw[32:]


def test_a_name_that_occurs_twice_is_not_read(read, hostile_names):
    """Which of the two would be meant is anybody's guess."""
    archive = hostile_names({"aaaa.log": "1", "bbbb.log": "2"}).replace(
        "bbbb.log".encode("utf-16-le"), "aaaa.log".encode("utf-16-le")
    )
    members = json.loads(read(_with_header_sums(archive)).stdout)["members"]
    assert [(member["path"], member["readable"]) for member in members] == [("aaaa.log", False)] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="making a link needs rights there")
def test_links_are_told_and_not_followed(read, tmp_path):
    link = tmp_path / "link.log"
    link.symlink_to("/etc/passwd")
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.write(link, "link.log")
    members = json.loads(read(file.getvalue()).stdout)["members"]
    assert [(member["kind"], member["readable"]) for member in members] == [("link", False)]
    assert read(file.getvalue(), "text", 0, 0).returncode == 3


def test_only_the_first_of_thousands_are_listed(read, pack):
    contents = json.loads(read(pack({f"{number}.log": "" for number in range(5100)})).stdout)
    assert (len(contents["members"]), contents["members_in_all"]) == (5000, 5100)


@pytest.mark.parametrize("manifest", ["", "no json", "[" * 100_000, "NaN", '"\\ud800"', "\xff"])
def test_a_manifest_that_is_no_json_is_said_to_be_none(read, pack, manifest):
    contents = json.loads(read(pack({"manifest.json": manifest})).stdout)
    assert contents["manifest"] is None
    assert contents["manifest_problem"]


def test_a_manifest_that_is_endless_is_not_read(read, pack):
    contents = json.loads(read(pack({"manifest.json": " " * (9 << 20)})).stdout)
    assert contents["manifest_problem"] == "The manifest is too large to be shown."


@pytest.mark.parametrize("cut", [6, 20, 32, 60, -1])
def test_a_broken_archive_is_refused_in_a_sentence(read, bundle, cut):
    refused = read(bundle[:cut])
    assert (refused.returncode, refused.stderr) == (3, b"The archive is broken.")


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_archive_never_ends_in_a_traceback(read, bundle, seed):
    damaged = bytearray(bundle)
    for position in range(seed + 12, len(damaged), 17):
        damaged[position] ^= 1 << (seed % 8)
    done = read(_with_header_sums_if_possible(bytes(damaged)))
    assert done.returncode in {0, 3}
    assert b"Traceback" not in done.stderr


def _with_header_sums_if_possible(raw):
    """With right sums a damaged header is read further."""
    header = raw[:12] + raw[12:28]
    return _with_header_sums(header + raw[28:])


def test_a_bomb_costs_no_more_than_its_first_page(read):
    """A quarter of a gigabyte of nothing in some kilobytes."""
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 0}]) as archive:
        archive.writestr(bytes(1 << 28), "bomb.log")
    began = time.monotonic()
    page = read(file.getvalue(), "text", 0, 0)
    assert len(page.stdout) <= TEXT_WINDOW_BYTES + LONGEST_LINE_BYTES
    assert time.monotonic() - began < 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_a_demand_for_gigabytes_is_refused(read, pack):
    """An LZMA2 dictionary of almost 4 GiB, declared in one byte."""
    file = io.BytesIO()
    filters = [{"id": py7zr.FILTER_LZMA2, "dict_size": 1 << 20}]
    with py7zr.SevenZipFile(file, "w", filters=filters) as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr("x" * 100, "a.log")
    raw = file.getvalue()
    small = bytes(
        [0x21, 0x21, 0x01, lzma._encode_filter_properties({"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20})[0]]
    )
    assert raw.count(small) == 1
    hungry = _with_header_sums(raw.replace(small, small[:3] + bytes([40])))
    refused = read(hungry, "text", 0, 0)
    assert refused.returncode == 3
    assert refused.stderr


def test_a_file_that_cannot_be_opened_is_no_refusal(tmp_path):
    """A refusal holds for good; a disk may be back in a moment."""
    command = [sys.executable, "-P", "-m", "desk.contents.archive_reader", "contents", str(tmp_path / "absent.7z")]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 4
