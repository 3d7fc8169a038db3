"""Logs in which an application tells itself that a process of it has crashed, read as far as they grow.

Where no dump is kept (the default of many servers and of every container), the one trace of a worker killed by a
signal is a line of its parent's: nginx's "worker process 7 exited on signal 11", PostgreSQL's "server process (PID 7)
was terminated by signal 11". A profile names such a log, which is to be a quiet one, and the phrase.

Looking costs a ``stat`` for each log; what was added is read, at most ``MOST_BYTES`` of it, whole lines only, each
once. What was there before is old. Anybody who can write to the log can forge such a line: all that comes of it is a
copy of the ends of the logs, in the owner's own folder, once in a while.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

MOST_BYTES = 2**16  # of what was added since the last look, the end
MOST_LOGS = 8  # of an application, the newest: older ones were rotated away
_MOST_FOUND = 500
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))


class TellingLogs:
    """Those of one application: patterns of whole paths, and what is said there of a crash."""

    def __init__(self, patterns: Sequence[str], phrases: Sequence[str]) -> None:
        self._patterns = [pattern for pattern in patterns if Path(pattern).is_absolute()] if phrases else []
        self._phrases = [phrase.encode() for phrase in phrases]
        self._read_up_to: dict[str, tuple[int, int, int]] = {}  # path → inode, size, position
        self._is_first = True

    def find(self) -> None:
        """Find the logs anew: one that was not there before is read from its beginning."""
        found: list[tuple[float, str, int, int]] = []
        for pattern in self._patterns:
            for path in islice(glob.iglob(pattern), _MOST_FOUND):  # noqa: PTH207 - a whole path's pattern
                with suppress(OSError):
                    now = os.lstat(path)
                    if stat.S_ISREG(now.st_mode):
                        found.append((now.st_mtime, path, now.st_ino, now.st_size))
        known, self._read_up_to = self._read_up_to, {}
        inodes = {inode for inode, _, _ in known.values()}
        for _, path, inode, size in sorted(found)[-MOST_LOGS:]:
            is_old = self._is_first or (path not in known and inode in inodes)  # renamed by rotation
            self._read_up_to[path] = known.get(path, (inode, size, size) if is_old else (0, 0, 0))
        self._is_first = False

    def look(self) -> str | None:
        """The path of a log in which a crash was told since the last look, if any."""
        told = None
        for path, (inode, size, position) in self._read_up_to.items():
            with suppress(OSError):
                now = os.lstat(path)
                if (now.st_ino, now.st_size) != (inode, size):
                    is_same = now.st_ino == inode and now.st_size >= position
                    added, end = _added(path, position if is_same else 0)
                    self._read_up_to[path] = (now.st_ino, now.st_size, end)
                    if any(phrase in added for phrase in self._phrases):
                        told = path
        return told


def _added(path: str, position: int) -> tuple[bytes, int]:
    """The whole lines from ``position`` on, and where they end. Raise ``OSError``."""
    handle = os.open(path, _FLAGS)
    try:
        now = os.fstat(handle)
        if not stat.S_ISREG(now.st_mode):
            return b"", position
        begin = max(position, now.st_size - MOST_BYTES)
        os.lseek(handle, begin, os.SEEK_SET)
        data = os.read(handle, MOST_BYTES)
    finally:
        os.close(handle)
    end = data.rfind(b"\n") + 1
    if not end and len(data) == MOST_BYTES:
        end = len(data)  # no line is that long
    return data[:end], begin + end
