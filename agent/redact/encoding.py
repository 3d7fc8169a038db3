"""Text of any encoding redacted as UTF-8 and written back as it was; what is no text is refused.

One- and two-byte encodings that contain ASCII (UTF-8, also broken; Latin-1; the Windows code pages) pass through
as bytes: rules look at ASCII, and other bytes count as letters. UTF-16 and UTF-32 are recognised by their byte
order mark, or by where the NULs of their ASCII characters stand, decoded, and encoded again.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

_SNIFF_LEAST = 4
_CHECKED_BYTES = 512  # a piece of this length is looked at for a lost byte
_SINGLE_BYTES = re.compile(rb"[\t\r\n -~]{10,}")
_LONG_RUN_BYTES = 64  # thirty-two Chinese or Japanese signs in a row whose bytes are all ASCII: never seen
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\b\x1b\x00")
_STRANGE = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS)
_ASCII = bytes(range(128))
_SNIFFED_BYTES = 4096
_MOST_STRANGE = 0.03  # of text; random bytes have 0.09
# Behind text too, so longer than what tells an archive at its start: gzip, bzip2, xz, zstd, zip, 7z, and what else
# says of itself what it is.
_PACKED_STARTS = (
    b"\x1f\x8b\x08", b"1AY&SY", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c",
    b"\x89PNG\r\n\x1a\n", b"SQLite format 3\x00", b"\x7fELF", b"\x04\x22\x4d\x18",
)  # fmt: skip
# The first bytes of files that are no text, whatever follows.
_BINARY_STARTS = (
    b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\x00asm",  # programs
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF-", b"OggS", b"RIFF", b"ID3", b"\xd0\xcf\x11\xe0",  # documents, media
    b"SQLite format 3\x00", b"ElfFile\x00", b"regf", b"bplist00",  # databases of programs and systems
    b"MDMP", b"PAGEDU", b"JAVA PROFILE",  # images of memory
    b"Rar!", b"MSCF",  # archives without a reader here
)  # fmt: skip
_LONGEST_START_BYTES = max(map(len, _PACKED_STARTS))


class NotText(Exception):
    """The bytes are no text; the message says what they seem to be, and nothing of them."""


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def sniff(head: bytes) -> tuple[str, int]:
    """Codec ("bytes" for anything that contains ASCII) and length of the byte order mark. Raise ``NotText``."""
    for start, codec in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(start):
            return codec, len(start)
    if head.startswith(_BINARY_STARTS) and not _is_wordy(head):
        raise NotText("a binary file of a known kind")
    codec = _by_nuls(head)
    if codec == "bytes" and (_is_compressed(head) or _strange_share(head) > _MOST_STRANGE):
        raise NotText("not text")
    return codec, 0


def text_blocks(source: _Source, size_bytes: int) -> Iterator[bytes]:
    """The blocks of a file that began as text. Raise ``NotText`` where something packed or binary begins in one."""
    before = b""
    while block := source.read(size_bytes):
        _require_text(before + block)
        before = block[-_LONGEST_START_BYTES:]  # a sign may lie on the border of two
        yield block


def _require_text(block: bytes) -> None:
    if block.isascii() and b"\x00" not in block:
        return
    if any(start in block for start in _PACKED_STARTS):
        raise NotText("packed data behind text")
    for start in range(0, len(block) if b"\x00" in block else 0, _SNIFFED_BYTES):
        if _strange_share(block[start : start + _SNIFFED_BYTES]) > _MOST_STRANGE:
            raise NotText("no text behind text")


def _is_compressed(head: bytes) -> bool:
    """Like zlib (RFC 1950: the first two bytes divide by 31) or lzma-alone, and no text that begins like them."""
    zlib = head[:1] == b"x" and len(head) > 1 and int.from_bytes(head[:2], "big") % 31 == 0
    return (zlib or head.startswith(b"]\x00\x00")) and not _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not any(byte < 32 and byte not in _TEXT_CONTROLS for byte in head) and b"\x00" not in head


def _is_wordy(head: bytes) -> bool:
    """A log may begin with two letters that also begin a program."""
    return head.startswith((b"MZ", b"ID3", b"RIFF")) and b"\x00" not in head and _strange_share(head) == 0


def _strange_share(head: bytes) -> float:
    head = head[:_SNIFFED_BYTES]
    strange = len(head) - len(head.translate(None, _STRANGE))
    # A log that was preallocated, or torn by a crash, has runs of NULs, and that is all right.
    if strange < _SNIFF_LEAST and (not strange or len(head.translate(None, _ASCII)) * 4 < len(head)):
        return 0.0  # one odd sign in a short text makes it no program
    return (strange + (head.count(0) if strange else 0)) / max(1, len(head))


def _by_nuls(head: bytes) -> str:
    if len(head) < _SNIFF_LEAST or b"\x00" not in head:
        return "bytes"
    quarters = [head[place::4].count(0) / max(1, len(head[place::4])) for place in range(4)]
    if min(quarters[1:]) > 0.7 and quarters[0] < 0.2:
        return "utf-32-le"
    if min(quarters[:3]) > 0.7 and quarters[3] < 0.2:
        return "utf-32-be"
    even, odd = (quarters[0] + quarters[2]) / 2, (quarters[1] + quarters[3]) / 2
    # Mostly ASCII: nearly every second byte is NUL. Text of other scripts still has its blanks and line ends.
    if odd > 0.3 and even < 0.1:
        return "utf-16-le"
    if even > 0.3 and odd < 0.1:
        return "utf-16-be"
    return "bytes"


def single_byte_runs(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Runs of ASCII in bytes of a wide encoding, and whether one is too long to be that encoding.

    A log can begin in UTF-16 and go on in single bytes. Read as wide, these would pass as Chinese; but short runs
    are Chinese or Japanese often enough, so the caller looks whether one holds anything to redact.
    """
    for run in _SINGLE_BYTES.finditer(data):
        yield run[0], len(run[0]) >= _LONG_RUN_BYTES


class _Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Encoder:
    """Takes UTF-8 in whole lines or pieces of them and writes the original encoding."""

    def __init__(self, target: _Sink, codec: str) -> None:
        self._target = target
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._encode = codecs.getencoder(codec)

    def write(self, data: bytes) -> None:
        """Encode and pass on."""
        self._target.write(self._encode(self._decoder.decode(data), "surrogatepass")[0])


class Decoder:
    """Takes bytes of a wide encoding and gives UTF-8; a last half character is kept apart."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._width = 4 if codec.startswith("utf-32") else 2
        self._rest = b""

    def decode(self, data: bytes) -> bytes:
        """The UTF-8 of all whole code units so far. Raise ``NotText`` for what cannot be in this encoding."""
        data = self._rest + data
        whole = len(data) - len(data) % self._width
        if self._width == 2 and whole and _is_high_surrogate(data[whole - 2 : whole], self._codec):
            whole -= 2
        self._rest = data[whole:]
        self._refuse_lost_bytes(data[:whole])
        return self._utf8(data[:whole])

    def _refuse_lost_bytes(self, data: bytes) -> None:
        """Raise ``NotText`` where the NULs of ASCII change sides: what follows would be read as Chinese."""
        wrong = 0 if self._codec.endswith("le") else 1
        for start in range(0, len(data) if self._width == 2 else 0, _CHECKED_BYTES):
            piece = data[start : start + _CHECKED_BYTES][wrong::2]
            if piece.count(0) * 4 > len(piece) > _SNIFF_LEAST:
                raise NotText(f"{self._codec.upper()} that lost a byte")

    def rest(self) -> tuple[bytes, bytes]:
        """At the end: the UTF-8 of a last lone surrogate, and the raw bytes of a character cut in half."""
        whole = len(self._rest) - len(self._rest) % self._width
        return self._utf8(self._rest[:whole]), self._rest[whole:]

    def _utf8(self, data: bytes) -> bytes:
        try:
            return data.decode(self._codec, "surrogatepass").encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise NotText(f"broken {self._codec.upper()}") from error


def _is_high_surrogate(unit: bytes, codec: str) -> bool:
    return 0xD8 <= unit[1 if codec.endswith("le") else 0] <= 0xDB
