"""Logs are read whatever they are written in, within bounds, and what cannot be is said."""

import bz2
import codecs
import contextlib
import gzip
import io
import itertools
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report import log_text
from agent.report.log_text import NotLookedInto, utf8_chunks

TEXT = "2026-06-14 15:16:01 ERROR größer\r\n" * 3
PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def read(data: bytes) -> bytes:
    return b"".join(utf8_chunks(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF8, "utf-8"),
    ],
)
def test_wide_encodings_are_decoded(mark: bytes, encoding: str) -> None:
    """With their mark, which is dropped, and without."""
    assert read(mark + TEXT.encode(encoding)).decode() == TEXT
    assert read(TEXT.encode(encoding)).decode() == TEXT


def test_a_character_may_lie_across_two_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "_CHUNK_BYTES", 7)
    assert read(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le")).decode() == TEXT


@pytest.mark.parametrize("packed", PACKED)
def test_compressed_logs_are_opened(packed: str) -> None:
    """Also of several parts, and in a wide encoding."""
    data = TEXT.encode("utf-16")
    assert read(PACKED[packed](data[:50]) + PACKED[packed](data[50:])).decode() == TEXT


@pytest.mark.parametrize("packed", PACKED)
def test_broken_compressed_data_is_said(packed: str) -> None:
    data = PACKED[packed](bytes(range(256)) * 20)
    for broken in (data[:-20], data[:12] + b"\xff" * 20 + data[32:]):
        with pytest.raises(NotLookedInto, match="broken"):
            read(broken)


@pytest.mark.parametrize("packed", PACKED)
def test_no_more_is_opened_than_the_limit(packed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_text, "OPENED_LIMIT_BYTES", 2 * 2**20)
    chunks = utf8_chunks(io.BytesIO(PACKED[packed](b"x" * 9_000_000)))
    got_bytes = sum(len(chunk) for chunk in itertools.islice(chunks, 2))
    assert got_bytes <= 2 * 2**20
    with pytest.raises(NotLookedInto, match="only its first 2 MiB of text"):
        list(chunks)
    assert len(read(PACKED[packed](b"x" * 2 * 2**20))) == 2 * 2**20


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf\x27\x1c"])
def test_other_archives_are_said_not_to_be_opened(start: bytes) -> None:
    with pytest.raises(NotLookedInto, match="not opened here"):
        read(start + b"x" * 100)


@pytest.mark.parametrize("data", [b"", b"x", b"plain \xe4\n", b"\0" * 5000 + b"ERROR x\n", b"torn \x00\x00\x00 line\n"])
def test_what_contains_ascii_is_passed_on_as_it_is(data: bytes) -> None:
    """Also a log that was preallocated with NULs."""
    assert read(data) == data


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    with contextlib.suppress(NotLookedInto):
        read(data)
