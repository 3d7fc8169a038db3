"""One process at a time: a lock on a file that the operating system gives back when its holder dies.

A lock that is a file's mere existence outlives a killed process; these do not. ``flock`` and ``msvcrt.locking``
both also exclude a second holder inside one process, since every ``hold`` opens the file anew.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import Busy
from agent.storage import storage_errors

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_POLL_SECONDS = 0.05  # neither call can wait with a time limit, so waiting is asking again


@contextmanager
def hold(path: Path, busy: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock on ``path`` (made when missing, never removed) inside the ``with`` block.

    Raise ``Busy`` with the sentence ``busy`` when somebody else still holds it after ``wait_seconds``, and
    ``StorageError`` when the file cannot be made or its file system knows no locks.
    """
    deadline = time.monotonic() + wait_seconds
    with storage_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _lock(handle, path):
            if time.monotonic() >= deadline:
                raise Busy(busy, advice="Try again when it is done.")
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)  # gives the lock back as well


def _lock(handle: int, path: Path) -> bool:
    with storage_errors(path):
        try:
            if sys.platform == "win32":
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # "held by another", as POSIX and as Windows say it
            return False
    return True
