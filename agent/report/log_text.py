"""A log as UTF-8, however it was written: wide encodings decoded, gzip, bzip2 and xz opened, in bounds.

What is read here has passed redaction, which wrote each file back in the encoding it came in.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

_CHUNK_BYTES = 1 << 20
# Of one compressed log, as text: about what a champion's editor still opens, and a second or two of searching.
OPENED_LIMIT_BYTES = 64 * 2**20
_HEAD_BYTES = 4096
_NOT_OPENED = {
    b"\x28\xb5\x2f\xfd": "a Zstandard file",  # RFC 8878
    b"PK\x03\x04": "a ZIP file",  # APPNOTE.TXT 4.3.7
    b"7z\xbc\xaf\x27\x1c": "a 7z file",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)


class NotLookedInto(Exception):
    """A log could not be read, or not to its end; the message says why in a few words."""


def utf8_chunks(source: BinaryIO) -> Iterator[bytes]:
    """The text of ``source``, which can be sought, in chunks of about a mebibyte. Raise ``NotLookedInto``."""
    text = _opened(source)
    try:
        yield from _decoded(text, 0 if text is source else OPENED_LIMIT_BYTES)
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if text is source:
            raise
        raise NotLookedInto("its compressed data is broken") from error


def _opened(source: BinaryIO) -> BinaryIO:
    head = source.read(6)
    source.seek(0)
    for start, name in _NOT_OPENED.items():
        if head.startswith(start):
            raise NotLookedInto(f"{name}, which is not opened here")
    if head.startswith(b"\x1f\x8b"):
        return cast("BinaryIO", gzip.GzipFile(fileobj=source))
    if head.startswith(b"BZh"):
        return cast("BinaryIO", bz2.BZ2File(source))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast("BinaryIO", lzma.LZMAFile(source))
    return source


def _decoded(source: BinaryIO, limit_bytes: int) -> Iterator[bytes]:
    """UTF-8 from ``source``; at most ``limit_bytes`` of it are read, if that is not 0."""
    chunk, read_bytes = source.read(_CHUNK_BYTES), 0
    encoding = _encoding(chunk[:_HEAD_BYTES])
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    while chunk:
        read_bytes += len(chunk)
        yield decoder.decode(chunk).encode("utf-8", "replace") if decoder else chunk
        chunk = source.read(_CHUNK_BYTES)
        if chunk and limit_bytes and read_bytes >= limit_bytes:
            raise NotLookedInto(f"only its first {limit_bytes // 2**20} MiB of text were looked into")
    if decoder and (rest := decoder.decode(b"", final=True)):  # a character cut in half
        yield rest.encode()


def _encoding(head: bytes) -> str:
    """By its mark, or by where the NULs of ASCII characters stand; empty for anything that contains ASCII."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[::2].count(0) / max(1, len(head[::2])), head[1::2].count(0) / max(1, len(head[1::2]))
    first, last = head[::4].count(0), head[3::4].count(0)
    quarter = len(head) // 4
    if min(even, odd) > 0.4 and quarter:  # three of four bytes
        return "utf-32-le" if first * 5 < quarter else "utf-32-be" if last * 5 < quarter else ""
    if max(even, odd) > 0.3 and min(even, odd) < 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return ""
