"""What is compressed inside a member: opened, so that the gate reads the text and not its coding.

The packed bytes are spooled (to a private temporary file when they are many) and unpacked when they are complete,
with the standard library where that can. Bounded in what comes out. What cannot be opened whole cannot be vouched
for: it is a find of its own, by one of three rules:

- ``packed-unreadable``: damaged, encrypted, or in a format that is not opened here;
- ``packed-too-large``: more comes out than is worth reading;
- ``packed-too-deep``: too many archives within archives.

A digest may begin as something packed does by chance, and a program may say that it cut off what it logs. If that is
one stream, what comes out of it is scanned, and nobody could unpack more. Without such a sign the rest may stand in the
next line, so it must be whole.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from agent.archive_reader import read_members
from agent.errors import InvalidBundle
from config.private_files import open_private

TOO_DEEP = "packed-too-deep"
_TOO_LARGE = "packed-too-large"
_UNREADABLE = "packed-unreadable"

_MAX_OUT_BYTES = 2**30
_STEP_BYTES = 2**18
_IN_MEMORY_BYTES = 4 * 2**20

_OPENED = {
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
}
_NOT_OPENED = (
    b"Rar!\x1a\x07",
    b"\x04\x22\x4d\x18",  # LZ4
)
_PACKED = (*_OPENED, *_NOT_OPENED)


def _open_zstd(source: IO[bytes]) -> object:
    return importlib.import_module("backports.zstd").ZstdFile(source)  # comes with py7zr


_FILES: dict[str, Callable[[IO[bytes]], object]] = {
    "gzip": gzip.open,
    "bzip2": bz2.open,
    "xz": lzma.open,
    "zstd": _open_zstd,
}


class PackedTrouble(Exception):
    """The content cannot be vouched for; ``rule`` says why."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Sink(Protocol):
    """Takes what comes out of one packed file."""

    def write(self, data: bytes) -> None:
        """The next bytes."""

    def close(self) -> None:
        """There are no more."""


class _Unpacked(Protocol):
    """A compressed file that is open for reading."""

    def __enter__(self) -> _Unpacked: ...

    def __exit__(self, *_: object) -> None: ...

    def read1(self, size: int, /) -> bytes: ...


def kind_of(start: bytes) -> str | None:
    """The format of a file that begins with ``start`` (ten bytes or more), or ``None`` if it is not packed."""
    if not start.startswith(_PACKED):
        return None
    if start.startswith(_NOT_OPENED):
        return "other"
    for magic, kind in _OPENED.items():
        # Text may begin with BZh; a bzip2 stream goes on with its block size and the digits of pi.
        if start.startswith(magic) and (kind != "bzip2" or start[4:10] == b"1AY&SY"):
            return kind
    return None


class Packed:
    """A packed file on its way in; ``close`` unpacks it into sinks, one per file inside."""

    def __init__(self, kind: str, new_sink: Callable[[], Sink], *, may_be_cut: bool = False) -> None:
        """``may_be_cut``: the end of a stream may be missing, or all of it that would make it one."""
        self._kind = kind
        self._may_be_cut = may_be_cut and kind in _FILES
        self._new_sink = new_sink
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed in close()

    def write(self, data: bytes) -> None:
        """The next packed bytes."""
        self._spool.write(data)

    def close(self) -> None:
        """Unpack. Raise ``PackedTrouble`` if that does not end well; what came out until then is scanned."""
        try:
            with self._spool as spool, _damage_told():
                spool.seek(0)
                self._unpack(cast("IO[bytes]", spool))
        except PackedTrouble as trouble:
            if trouble.rule != _UNREADABLE or not self._may_be_cut:
                raise

    def _unpack(self, source: IO[bytes]) -> None:
        if self._kind == "zip":
            self._unzip(source)
        elif self._kind == "7z":
            self._un7zip(source)
        elif self._kind in _FILES:
            with cast("_Unpacked", _FILES[self._kind](source)) as unpacked:
                self._pour(unpacked, _MAX_OUT_BYTES)
        else:
            raise PackedTrouble(_UNREADABLE)

    def _unzip(self, source: IO[bytes]) -> None:
        left = _MAX_OUT_BYTES
        with zipfile.ZipFile(source) as archive:
            self._tell_names(archive.namelist())
            for entry in archive.infolist():
                if not entry.is_dir():
                    with archive.open(entry) as inner:
                        left -= self._pour(cast("_Unpacked", inner), left)

    def _un7zip(self, source: IO[bytes]) -> None:
        with tempfile.TemporaryDirectory(prefix="sendlogs-") as folder:
            file = Path(folder) / "packed.7z"
            with open_private(file) as copy:
                shutil.copyfileobj(source, copy, _STEP_BYTES)
            self._tell_names(read_members(file, lambda _: self._new_sink(), limit_bytes=_MAX_OUT_BYTES))

    def _tell_names(self, names: Iterable[str]) -> None:
        sink = self._new_sink()
        sink.write("\n".join(names).encode("utf-8", "surrogateescape"))
        sink.close()

    def _pour(self, source: _Unpacked, limit_bytes: int) -> int:
        sink, size_bytes = self._new_sink(), 0
        try:
            while data := source.read1(_STEP_BYTES):  # read would keep what comes out in front of the damage
                size_bytes += len(data)
                if size_bytes > limit_bytes:
                    raise PackedTrouble(_TOO_LARGE)
                sink.write(data)
        finally:
            sink.close()
        return size_bytes


@contextmanager
def _damage_told() -> Iterator[None]:
    """RuntimeError is zipfile's word for encrypted, NotImplementedError for a method it does not know."""
    damage = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError)
    try:
        yield
    except (*damage, InvalidBundle, ImportError) as trouble:
        raise PackedTrouble(_UNREADABLE) from trouble
    except Exception as trouble:
        if type(trouble).__name__ == "ZstdError":  # its class exists only where the library does
            raise PackedTrouble(_UNREADABLE) from trouble
        raise
