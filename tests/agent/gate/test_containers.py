"""Packed files are recognised by how they begin, opened whole or complained about."""

import bz2
import gzip
import importlib.util
import io
import lzma
import zipfile

import py7zr
import pytest

from agent.gate import containers
from agent.gate.containers import Packed, PackedTrouble, kind_of


class Kept:
    def __init__(self, into):
        self.into = into
        self.data = b""

    def write(self, data):
        self.data += data

    def close(self):
        self.into.append(self.data)


def unpacked(data: bytes, *, may_be_cut: bool = False) -> list[bytes]:
    out: list[bytes] = []
    packed = Packed(kind_of(data) or "", lambda: Kept(out), may_be_cut=may_be_cut)
    packed.write(data)
    packed.close()
    return out


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_stream_or_several_come_out_as_one_text(pack):
    assert unpacked(pack(b"one ") + pack(b"two")) == [b"one two"]


def test_a_zip_gives_its_names_and_each_file():
    assert unpacked(zipped(a=b"1", b=b"2")) == [b"a\nb", b"1", b"2"]


def sevenzipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=[{"id": py7zr.FILTER_LZMA2, "preset": 1}]) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return buffer.getvalue()


def test_a_7z_gives_each_file_and_their_names():
    assert sorted(unpacked(sevenzipped(a=b"1", b=b"2"))) == [b"1", b"2", b"a\nb"]


@pytest.mark.skipif(importlib.util.find_spec("backports.zstd") is None, reason="no Zstandard here")
def test_a_zstandard_file_is_opened():
    from backports import zstd

    assert unpacked(zstd.compress(b"one ") + zstd.compress(b"two")) == [b"one two"]


@pytest.mark.parametrize("start", [b"BZhello text", b"PK is a company", b"\x1f\x8b", b"", b"plain text of a log"])
def test_text_that_begins_alike_is_not_packed(start):
    assert kind_of(start) is None


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"x" * 999)[:-9],
        b"\x28\xb5\x2f\xfd" + bytes(20),
        zipped(a=b"1")[:-5],
        lzma.compress(b"x")[:-3],
        sevenzipped(a=b"1")[:-5],
        b"Rar!\x1a\x07" + bytes(20),
    ],
    ids=["cut gzip", "no Zstandard", "cut zip", "cut xz", "cut 7z", "RAR"],
)
def test_what_cannot_be_opened_is_told(data):
    with pytest.raises(PackedTrouble, match="packed-unreadable"):
        unpacked(data)


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped(a=data)])
def test_a_bomb_is_stopped(monkeypatch, pack):
    monkeypatch.setattr(containers, "_MAX_OUT_BYTES", 10_000)
    with pytest.raises(PackedTrouble, match="packed-too-large"):
        unpacked(pack(bytes(500_000)))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"])
def test_of_a_stream_that_may_be_cut_all_that_comes_out_is_given(pack):
    lines = b"".join(b"line %d of a response\n" % number for number in range(40_000))
    cut = pack(lines)[:-9]
    assert lines.startswith(unpacked(cut, may_be_cut=True)[0])
    assert len(unpacked(cut, may_be_cut=True)[0]) > (0 if pack is bz2.compress else len(lines) // 2)


@pytest.mark.parametrize("data", [zipped(a=b"1")[:-5], b"Rar!\x1a\x07" + bytes(20)], ids=["zip", "RAR"])
def test_an_archive_may_not_be_cut(data):
    """More of it can be unpacked by hand than its reader gives."""
    with pytest.raises(PackedTrouble):
        unpacked(data, may_be_cut=True)
