"""Reads a part of one member of a ``.7z``, holding no more than that part and decompressing no further than its end."""

from __future__ import annotations

import contextlib
from pathlib import PurePath

from py7zr import SevenZipFile
from py7zr.io import Py7zIO, WriterFactory


class _Enough(Exception):
    """Ends the library's work when the window is full."""


class _Window(Py7zIO):
    """Keeps the wanted part of what the library writes into it."""

    def __init__(self, offset: int, limit_bytes: int) -> None:
        self._offset = offset
        self._limit_bytes = limit_bytes
        self._passed_bytes = 0
        self.kept = bytearray()
        self.begin = b""

    def write(self, s: bytes | bytearray) -> int:
        """Take a piece. Raise ``_Enough`` when nothing more is wanted."""
        self.begin = (self.begin + s[:2])[:2]
        skip = max(0, self._offset - self._passed_bytes)
        self.kept += s[skip : skip + self._limit_bytes - len(self.kept)]
        self._passed_bytes += len(s)
        if len(self.kept) >= self._limit_bytes:
            raise _Enough
        return len(s)

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002 - the library's signature
        """Nothing is read back."""
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - the library's signature
        """Pieces come in order."""
        return self._passed_bytes

    def flush(self) -> None:
        """Everything is in memory."""

    def size(self) -> int:
        """How much came by."""
        return self._passed_bytes


class _WindowsByName(WriterFactory):
    """Gives each of some members a window of its own; they lie beside no folder, so the last part is the name."""

    def __init__(self, windows: dict[str, _Window]) -> None:
        self._windows = windows

    def create(self, filename: str) -> Py7zIO:
        """The window of that name."""
        return self._windows[PurePath(filename).name]


def read_beginnings(archive: SevenZipFile, limits_bytes: dict[str, int]) -> dict[str, bytes]:
    """At most so many bytes of each of these members, which lie in no folder, in one pass through the archive.

    Raises whatever the library raises for a broken or hostile archive.
    """
    # One byte more than is wanted, or a member that is just as long as its bound would end the pass for the others.
    windows = {name: _Window(0, limit + 1) for name, limit in limits_bytes.items()}
    archive.reset()
    with contextlib.suppress(_Enough):
        archive.extract(targets=list(windows), factory=_WindowsByName(windows))
    return {name: bytes(window.kept) for name, window in windows.items()}


class _OneWindow(WriterFactory):
    """Gives the one member that is read its window."""

    def __init__(self, window: _Window) -> None:
        self._window = window

    def create(self, filename: str) -> Py7zIO:  # noqa: ARG002 - the library's signature
        """The window, whatever the name."""
        return self._window


def read_window(archive: SevenZipFile, name: str, offset: int, limit_bytes: int) -> tuple[bytes, bytes]:
    """At most ``limit_bytes`` of a member from ``offset`` on, and its first two bytes.

    Raises whatever the library raises for a broken or hostile archive. A member that is decompressed to its end has
    its checksum checked; one that is cut short has not.
    """
    window = _Window(offset, limit_bytes)
    archive.reset()
    with contextlib.suppress(_Enough):
        archive.extract(targets=[name], factory=_OneWindow(window))
    return bytes(window.kept), window.begin
