"""The machine as a collector sees it: the one implementation of ``collectors.Context``.

It is the same for every use: the stage gives it this computer; a test gives it a runner that answers from
data and a folder that stands for the file system. So what the tests exercise is what runs.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from agent.collect import file_search
from agent.collect.commands import Runner, decoded, run_command
from collectors import CommandFailed, LeftOut, Limits, Origin, Platform

_CHUNK_BYTES = 64 * 2**10

if sys.platform == "win32":

    def _owner(number: int) -> str | None:  # noqa: ARG001 - Windows has no owner numbers
        return None

else:
    import pwd

    def _owner(number: int) -> str | None:
        """The owner's name, or the number of an owner without one."""
        try:
            return pwd.getpwuid(number).pw_name
        except KeyError:
            return str(number)


def this_platform() -> Platform:
    """The platform this runs on; a Unix that has no name of its own here is treated as a Linux."""
    named: dict[str, Platform] = {"win32": "win32", "darwin": "darwin"}
    return named.get(sys.platform, "linux")


@dataclass(frozen=True, kw_only=True)
class MachineContext:
    """What a collector is given. See :class:`collectors.Context` for what each method promises.

    ``time_left`` tells the seconds left to the collector. ``root`` is a folder that stands for the root of
    the file system (in which a drive ``C:`` is the folder ``C``); every path in and out is without it.
    """

    platform: Platform
    now: datetime
    not_before: datetime | None
    options: Mapping[str, object]
    limits: Limits
    environment: Mapping[str, str]
    time_left: Callable[[], float]
    runner: Runner = run_command
    root: Path | None = None

    def remaining_seconds(self) -> float:
        """Seconds left to this collector; 0 or less: end."""
        return self.time_left()

    def run(self, *argv: str, timeout_seconds: float = 10.0, input_text: str = "") -> str:
        """The standard output of a command; raise ``CommandMissing`` or ``CommandFailed``."""
        seconds = min(timeout_seconds, self.remaining_seconds())
        if seconds <= 0:
            raise CommandFailed(f"no time was left to run '{argv[0]}'")
        return self.runner(argv, timeout_seconds=seconds, input_text=input_text, environment=self.environment)

    def expand(self, pattern: str) -> str:
        """``pattern`` with ``~`` and variables filled in."""
        return file_search.expand(pattern, self.environment, self.platform)

    def files(self, pattern: str, *, left_out: Callable[[LeftOut], object] | None = None) -> Iterator[Path]:
        """Regular files that match; a relative pattern, or one with an unknown variable, matches none."""
        expanded = file_search.expand_glob(pattern, self.environment, self.platform)
        wanted = file_search.pure(expanded, self.platform)
        if not wanted.is_absolute() or len(wanted.parts) < 2 or "\0" in expanded:
            return
        folder, parts = file_search.split(wanted)

        def told(item: LeftOut) -> None:
            if left_out:
                left_out(replace(item, path=Path(folder.as_posix()) / item.path))

        matches = file_search.search(
            self._on_disk(folder.as_posix()),
            parts,
            ignore_case=self.platform == "win32",
            may_go_on=lambda: self.remaining_seconds() > 0,
            left_out=told,
        )
        for relative in matches:
            yield Path(folder.as_posix()) / relative

    def read_text(self, path: str, *, limit_bytes: int = 2**20) -> str:
        """The head of a small file. Links are followed: ``/etc/os-release`` is one on most systems."""
        with _regular(self._on_disk(path), follow_links=True) as file:
            return decoded(file.read(limit_bytes))

    def open_tail(self, path: Path, *, limit_bytes: int) -> BinaryIO:
        """The last ``limit_bytes`` of the file as long as it is now, from the first whole line on."""
        file = _regular(self._on_disk(str(path)), follow_links=False)
        try:
            return _tail(file, limit_bytes)
        except BaseException:
            file.close()
            raise

    def origin(self, path: Path) -> Origin:
        """Owner, mode, size and time, as far as they can be read."""
        try:
            status = os.lstat(self._on_disk(str(path)))
        except OSError:
            return Origin(source=str(path))
        modified_at = None
        with contextlib.suppress(OSError, OverflowError, ValueError):  # a time stamp may be any number
            modified_at = datetime.fromtimestamp(status.st_mtime, UTC)
        return Origin(
            source=str(path),
            owner=_owner(status.st_uid),
            mode=f"{stat.S_IMODE(status.st_mode):04o}",
            size_bytes=status.st_size,
            modified_at=modified_at,
        )

    def _on_disk(self, path: str) -> Path:
        if self.root is None:
            return Path(path)
        inside = file_search.pure(path, self.platform)
        drive = inside.drive.replace(":", "").replace("\\", "/").strip("/")
        return self.root.joinpath(drive, *inside.parts[1:])


def _regular(path: Path, *, follow_links: bool) -> io.FileIO:
    """A regular file, open for reading; raise ``OSError`` for anything else.

    Never waits: a FIFO put where a log was would else stop the whole run.
    """
    flags = os.O_RDONLY
    for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK") + (() if follow_links else ("O_NOFOLLOW",)):
        flags |= getattr(os, name, 0)  # each platform has some of them
    try:
        descriptor = os.open(path, flags)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.EINVAL, str(error)) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return io.FileIO(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


class _Bounded(io.RawIOBase):
    """``head`` and then ``size_bytes`` from where ``file`` stands; a file that grows meanwhile stays outside."""

    def __init__(self, file: io.FileIO, size_bytes: int, head: bytes = b"") -> None:
        self._file = file
        self._left_bytes = size_bytes
        self._head = head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub's Buffer is 3.12's
        wanted = len(buffer)
        if self._head:
            data, self._head = self._head[:wanted], self._head[wanted:]
        else:
            data = self._file.read(min(wanted, self._left_bytes)) or b""
            self._left_bytes -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _tail(file: io.FileIO, limit_bytes: int) -> BinaryIO:
    size_bytes = os.fstat(file.fileno()).st_size
    if size_bytes <= limit_bytes:
        return io.BufferedReader(_Bounded(file, size_bytes))
    mark = file.read(2) or b""
    # In UTF-16 a line feed is two bytes, and only the mark at the head says so: it is put before the tail.
    newline = {b"\xff\xfe": b"\n\0", b"\xfe\xff": b"\0\n"}.get(mark, b"\n")
    width_bytes = len(newline)
    start = size_bytes - limit_bytes
    start += start % width_bytes
    begin = _first_line_start(file, max(0, start - width_bytes), size_bytes, newline)
    file.seek(begin)
    return io.BufferedReader(_Bounded(file, size_bytes - begin, mark if width_bytes == 2 else b""))


def _first_line_start(file: io.FileIO, start: int, end: int, newline: bytes) -> int:
    """Where the first line after ``start`` begins; ``end`` when none does."""
    width_bytes = len(newline)
    file.seek(start)
    position = start
    while position < end:
        chunk = file.read(min(_CHUNK_BYTES, end - position)) or b""
        if not chunk:
            break
        found = chunk.find(newline)
        while found % width_bytes and found >= 0:  # the halves of two neighbours can look like a line feed
            found = chunk.find(newline, found + 1)
        if found >= 0:
            return position + found + width_bytes
        position += len(chunk)
    return end
