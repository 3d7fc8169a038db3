"""Compressed files and archives: opened, each part redacted, and packed again in the same form.

What is over a bound (``budget``), encrypted, damaged, or of a form without a reader here is withheld.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import importlib
import io
import lzma
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from agent.errors import StorageError
from agent.redact.archives import Members, repack_tar, repack_zip
from agent.redact.budget import DEPTH_LIMIT, SPOOLED_BYTES, Budget, CannotRedact, Counted, Redact, copy

_STARTS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an empty one
    b"7z\xbc\xaf'\x1c": "7z",
}
_TAR_MAGIC = slice(257, 262)
_PIECE_BYTES = 2**14
_XZ_MEMORY_BYTES = 2**28  # "xz -9" takes 65 MiB
_ARCHIVES = frozenset({"zip", "tar", "7z"})
_DISK_FAILED = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})


def kind_of(head: bytes) -> str | None:
    """Which container begins with these bytes (the first 512), if any."""
    if head[_TAR_MAGIC] == b"ustar":
        return "tar"
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)


def redact_container(
    kind: str, source: BinaryIO, target: BinaryIO, *, budget: Budget, redact: Redact, rename: Callable[[str], str]
) -> Counter[str]:
    """Redact what is inside ``source`` and pack it again into ``target``. Raise ``CannotRedact``.

    ``rename`` redacts the path of a member. Raise ``OSError`` when the disk of temporary files takes no more.
    """
    if budget.depth >= DEPTH_LIMIT:
        raise CannotRedact(f"archives are nested more than {DEPTH_LIMIT} deep")
    budget.depth += 1
    try:
        with _damage_told(kind):
            if kind in _ARCHIVES:
                return _repacked(kind, source, target, Members(budget, redact, rename))
            return _compressed(kind, source, target, budget, redact)
    finally:
        budget.depth -= 1


@contextmanager
def _damage_told(kind: str) -> Iterator[None]:
    try:
        yield
    except (CannotRedact, StorageError):
        raise
    except (RuntimeError, NotImplementedError) as error:  # zipfile: encrypted, or packed by an unknown method
        raise CannotRedact(f"the {kind} data is encrypted or of an unknown form") from error
    except Exception as error:
        # The edge that fails closed: on hostile input the libraries raise whatever their parsers stumble over.
        if isinstance(error, OSError) and error.errno in _DISK_FAILED:
            raise
        raise CannotRedact(f"the {kind} data is damaged or cut off") from error


def _repacked(kind: str, source: BinaryIO, target: BinaryIO, members: Members) -> Counter[str]:
    with tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
        seekable = cast("BinaryIO", spool)
        copy(source, seekable)
        seekable.seek(0)
        if kind == "zip":
            repack_zip(seekable, target, members)
        elif kind == "tar":
            repack_tar(seekable, target, members)
        else:
            from agent.redact.seven_zip import repack_seven_zip

            repack_seven_zip(seekable, target, members)
    return members.counts


def _openers(kind: str) -> tuple[Callable[[BinaryIO], BinaryIO], Callable[[BinaryIO], BinaryIO]]:
    if kind == "gzip":
        # No name and no time of the original: the name may hold what the path must not.
        return (
            lambda raw: cast("BinaryIO", gzip.GzipFile(fileobj=raw)),
            lambda raw: cast("BinaryIO", gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0)),
        )
    if kind == "bzip2":
        return lambda raw: cast("BinaryIO", bz2.BZ2File(raw)), lambda raw: cast("BinaryIO", bz2.BZ2File(raw, "wb"))
    if kind == "xz":
        return lambda raw: cast("BinaryIO", _Xz(raw)), lambda raw: cast("BinaryIO", lzma.LZMAFile(raw, "wb"))
    try:
        zstd = importlib.import_module("backports.zstd")  # comes with py7zr; part of the language from 3.14 on
    except ImportError as error:
        raise CannotRedact("there is no reader of Zstandard on this machine") from error
    return lambda raw: cast("BinaryIO", zstd.ZstdFile(raw)), lambda raw: cast("BinaryIO", zstd.ZstdFile(raw, "wb"))


def _compressed(kind: str, source: BinaryIO, target: BinaryIO, budget: Budget, redact: Redact) -> Counter[str]:
    opened_for_reading, opened_for_writing = _openers(kind)
    with opened_for_reading(source) as inner, opened_for_writing(target) as packed:
        return redact(cast("BinaryIO", Counted(inner, budget)), packed, "", budget)


class _Xz(io.RawIOBase):
    """Reads the streams of an xz file one after the other; ``lzma.LZMAFile`` would take any memory it is asked for."""

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self._decoder = _xz_decoder()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, not always as many as asked for. Raise ``LZMAError`` or ``EOFError`` for damage."""
        while True:
            packed = b""
            if self._decoder.eof:
                packed = self._next_stream()
                if not packed:
                    return b""
                self._decoder = _xz_decoder()
            elif self._decoder.needs_input:
                packed = self._raw.read(_PIECE_BYTES)
                if not packed:
                    raise EOFError
            if data := self._decoder.decompress(packed, size):
                return data

    def _next_stream(self) -> bytes:
        """What follows the end of a stream and the NULs that may pad it; empty at the end of the file."""
        packed = self._decoder.unused_data.lstrip(b"\0")
        while not packed and (block := self._raw.read(_PIECE_BYTES)):
            packed = block.lstrip(b"\0")
        return packed


def _xz_decoder() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY_BYTES)
