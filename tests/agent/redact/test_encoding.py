import bz2
import gzip
import io
import lzma
import zlib

import pytest

from agent.redact.containers import CannotRedact
from agent.redact.encoding import NotText, sniff, text_blocks

LINE = "2026-01-01 ERROR login password=hunter2-hunter2 naïve 你好\r\nnext line\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_text_comes_back_in_its_own_encoding(redactor, redact_bytes, encoding):
    redacted = redact_bytes(redactor, LINE.encode(encoding))
    assert redacted.decode(encoding) == LINE.replace("hunter2-hunter2", "[redacted:secret-bare]")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437"])
def test_bytes_of_a_code_page_stay(redactor, redact_bytes, encoding):
    text = "Fehler für Jürgen: password=hunter2-hunter2 §\r\n" if encoding != "cp437" else "für ü password=hunter2x\r\n"
    redacted = redact_bytes(redactor, text.encode(encoding))
    assert b"hunter2" not in redacted
    assert "für".encode(encoding) in redacted


def test_broken_utf8_stays_byte_for_byte(redactor, redact_bytes):
    data = b"ok \xff\xfe\x80 \xc3( rest\n"
    assert redact_bytes(redactor, data) == data


def test_a_log_with_runs_of_nuls_is_text(redactor, redact_bytes):
    data = b"line one\n" + b"\x00" * 3000 + b"\nuser=jsmith password=hunter2x\n"
    redacted = redact_bytes(redactor, data)
    assert b"hunter2x" not in redacted
    assert redacted.startswith(b"line one\n" + b"\x00" * 3000)


def test_utf16_cut_in_the_middle_of_a_character_keeps_its_last_byte(redactor, redact_bytes):
    data = LINE.encode("utf-16-le") + b"\x41"
    assert redact_bytes(redactor, data).endswith(b"\n\x00\x41")


@pytest.mark.parametrize(
    "tail",
    [b"password=hunter2-hunter2\r\n", b"a long line of single bytes that holds no secret at all, but is no UTF-16\r\n"],
)
def test_single_bytes_after_utf16_are_refused(redactor, redact_bytes, tail):
    with pytest.raises(CannotRedact, match="changes its encoding"):
        redact_bytes(redactor, LINE.encode("utf-16") * 20 + tail)


def test_utf16_that_lost_a_byte_is_refused(redactor, redact_bytes):
    whole = (LINE * 40).encode("utf-16")
    with pytest.raises(CannotRedact, match="lost a byte"):
        redact_bytes(redactor, whole[:1001] + whole[1002:])


def test_utf16_without_a_mark_that_lost_a_byte_keeps_no_secret(redactor, redact_bytes):
    whole = (LINE * 40).encode("utf-16-le")
    assert b"hunter2" not in redact_bytes(redactor, whole[:1001] + whole[1002:]).replace(b"\x00", b"")


@pytest.mark.parametrize(
    "text", ["ありがとうございました\n", "漢字漢字漢字漢字 错误:无法打开文件\n", "안녕하세요 여러분\n"]
)
def test_chinese_and_japanese_stay(redactor, redact_bytes, text):
    data = ("start of the log\n" + text).encode("utf-16")
    assert redact_bytes(redactor, data) == data


@pytest.mark.parametrize("level", [1, 6, 9])
def test_compressed_data_without_a_mark_is_refused(redactor, redact_bytes, level):
    with pytest.raises(CannotRedact):
        redact_bytes(redactor, zlib.compress(b"user=jsmith password=hunter2x\n" * 3, level))
    with pytest.raises(CannotRedact):
        redact_bytes(redactor, lzma.compress(b"user=jsmith password=hunter2x\n" * 3, format=lzma.FORMAT_ALONE))


def test_a_log_that_begins_like_zlib_is_text(redactor, redact_bytes):
    assert redact_bytes(redactor, b"x^2 + 1 is the term\n") == b"x^2 + 1 is the term\n"


def test_a_lone_surrogate_stays(redactor, redact_bytes):
    data = "abc ".encode("utf-16-le") + b"\x3d\xd8" + " def\n".encode("utf-16-le")
    assert redact_bytes(redactor, data) == data


@pytest.mark.parametrize(
    "head",
    [
        b"\x7fELF\x02\x01\x01",
        b"MZ\x90\x00\x03",
        b"\x89PNG\r\n",
        b"SQLite format 3\x00",
        b"ElfFile\x00",
        bytes(range(256)) * 8,
    ],
)
def test_what_is_no_text_is_refused(redactor, redact_bytes, head):
    with pytest.raises(NotText):
        sniff(head)
    with pytest.raises(CannotRedact):
        redact_bytes(redactor, head)


def test_a_log_that_begins_like_a_program_is_text():
    assert sniff(b"MZone started\n") == ("bytes", 0)


@pytest.mark.parametrize("data", [b"", b"a", b"\n", b"\x00", b"ab\x00"])
def test_tiny_files_stay(redactor, redact_bytes, data):
    assert redact_bytes(redactor, data) == data


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(b"password=hunter2-hunter2"),
        bz2.compress(b"password=hunter2-hunter2"),
        lzma.compress(b"password=hunter2-hunter2"),
        bytes(range(256)) * 32,
        "пользователь password=hunter2-hunter2\r\n".encode("utf-16-le") * 200,
    ],
    ids=["gzip", "bzip2", "xz", "bytes", "utf-16"],
)
def test_what_is_packed_or_no_text_behind_text_is_refused(redactor, redact_bytes, packed):
    """As in a self-extracting script; the first bytes alone were looked at."""
    text = b"#!/bin/sh\necho unpacking\n" * 400
    with pytest.raises(CannotRedact, match=r"behind text|changes its encoding"):
        redact_bytes(redactor, text + packed)


def test_text_with_odd_signs_and_holes_behind_text_is_text():
    for block in (b"ok\n" * 2000 + b"\x00" * 6000 + b"ok\n", b"a \x01 b\n" + b"ok\n" * 3000, "ä\n".encode() * 5000):
        assert b"".join(text_blocks(io.BytesIO(block), 4096)) == block


@pytest.mark.parametrize("border", range(1, 8))
def test_a_sign_on_the_border_of_two_blocks_is_seen(border):
    with pytest.raises(NotText, match="packed data behind text"):
        list(text_blocks(io.BytesIO(b"x" * (64 - border) + b"7z\xbc\xaf\x27\x1c" + b"y" * 9), 64))
