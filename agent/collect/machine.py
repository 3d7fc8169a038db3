"""The machine as a collector sees it: the one implementation of ``collectors.Context``.

It is the same for every use: the stage gives it this computer; a test gives it a runner that answers from
data and a folder that stands for the file system. So what the tests exercise is what runs.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from agent.collect import apart, file_search, safe_open
from agent.collect.commands import Runner, decoded, run_command
from agent.collect.mounts import may_hang
from agent.collect.safe_open import Status
from collectors import CommandFailed, LeftOut, Limits, Origin, Platform

_CHUNK_BYTES = 64 * 2**10
_UNSIZED_BYTES = 2**20  # of a file that does not tell its size

if sys.platform == "win32":

    def _owner(number: int) -> str | None:  # noqa: ARG001 - Windows has no owner numbers
        return None

else:
    import pwd

    @functools.lru_cache
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
    _folders: set[Path] = field(default_factory=set)  # fixed folders of the patterns that were searched
    _hanging: dict[Path, bool] = field(default_factory=dict)  # of those, which may hang
    # What a search saw and no origin was asked for yet; by their text, since a path takes three times its room.
    _seen: dict[str, Status] = field(default_factory=dict)

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

        place, ignore_case = self._on_disk(folder.as_posix()), self.platform == "win32"
        if self._may_hang(place):
            seconds = self.remaining_seconds()
            matches = apart.search(place, parts, ignore_case=ignore_case, seconds=seconds, left_out=told)
        else:
            matches = file_search.search(
                place,
                parts,
                ignore_case=ignore_case,
                may_go_on=lambda: self.remaining_seconds() > 0,
                left_out=told,
            )
        fixed_folder = Path(folder.as_posix())
        self._folders.add(fixed_folder)
        for match in matches:
            path = fixed_folder / match.path
            self._seen[str(path)] = match.status
            yield path

    def read_text(self, path: str, *, limit_bytes: int = 2**20) -> str:
        """The head of a small file. Links of the system are followed: ``/etc/os-release`` is one on most."""
        place = self._on_disk(path)
        hangs = may_hang(place)
        with apart.open_tail(place, None, limit_bytes) if hangs else head_of(place, limit_bytes) as file:
            return decoded(file.read())

    def open_tail(self, path: Path, *, limit_bytes: int) -> BinaryIO:
        """The last ``limit_bytes`` of the file as long as it is now, from the first whole line on."""
        root = self._on_disk(self._fixed_folder(path).as_posix())
        open_here_or_apart = apart.open_tail if self._may_hang(root) else tail_of
        return open_here_or_apart(self._on_disk(path.as_posix()), root, limit_bytes)

    def origin(self, path: Path) -> Origin:
        """Owner, mode, size and time, as far as they can be read."""
        # Where a look may hang, what the search saw is kept; elsewhere it would only take room.
        hanging = any(self._hanging.values())
        status = self._seen.get(str(path)) if hanging else self._seen.pop(str(path), None)
        if not self._seen:
            self._seen.clear()  # else it would keep the room that it needed for the most
        if status is None:
            root = self._on_disk(self._fixed_folder(path).as_posix())
            with contextlib.suppress(OSError):
                status = None if self._may_hang(root) else safe_open.look(self._on_disk(path.as_posix()), root)
        if status is None:
            return Origin(source=str(path))
        modified_at = None
        with contextlib.suppress(OSError, OverflowError, ValueError):  # a time stamp may be any number
            modified_at = datetime.fromtimestamp(status.modified_seconds, UTC)
        return Origin(
            source=str(path),
            owner=_owner(status.owner),
            mode=sys.intern(f"{stat.S_IMODE(status.mode):04o}"),
            size_bytes=status.size_bytes,
            modified_at=modified_at,
        )

    def _may_hang(self, root: Path) -> bool:
        """As ``mounts.may_hang``, asked once: the table of mounts is long to read, and each file asks."""
        if root not in self._hanging:
            self._hanging[root] = may_hang(root)
        return self._hanging[root]

    def _fixed_folder(self, path: Path) -> Path:
        """The folder below which nothing may lead elsewhere on the way to ``path``: the nearest that was searched."""
        return next((folder for folder in path.parents if folder in self._folders), path.parent)

    def _on_disk(self, path: str) -> Path:
        if self.root is None:
            return Path(path)
        inside = file_search.pure(path, self.platform)
        drive = inside.drive.replace(":", "").replace("\\", "/").strip("/")
        return self.root.joinpath(drive, *inside.parts[1:])


def head_of(path: Path, limit_bytes: int) -> BinaryIO:
    """The first ``limit_bytes`` of a regular file, links of the system followed. Raise ``OSError``."""
    return io.BufferedReader(_Bounded(io.FileIO(safe_open.open_file(path, None), "rb"), limit_bytes))


def tail_of(path: Path, root: Path, limit_bytes: int) -> BinaryIO:
    """The last ``limit_bytes`` of the regular file below ``root``, from a whole line on. Raise ``OSError``."""
    file = io.FileIO(safe_open.open_file(path, root), "rb")
    try:
        return _tail(file, limit_bytes)
    except BaseException:
        file.close()
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
    # A file of the kernel's (/proc) says that it is empty, and may have no end.
    size_bytes = os.fstat(file.fileno()).st_size or min(_UNSIZED_BYTES, limit_bytes)
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
