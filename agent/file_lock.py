"""One process at a time: the agent's way to hold a lock file, with its own sentences for what goes wrong.

The lock is the operating system's (``flock``, ``LockFileEx``, by ``filelock``), so that a killed holder leaves
none; a second holder inside one process is excluded as well, since every ``hold`` opens the file anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from agent.errors import Busy
from agent.storage import storage_errors
from config.private_files import FILE_MODE

_POLL_SECONDS = 0.05  # neither system call can wait with a time limit, so waiting is asking again


@contextmanager
def hold(path: Path, busy: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock on ``path`` (made when missing, never removed) inside the ``with`` block.

    Raise ``Busy`` with the sentence ``busy`` when somebody else still holds it after ``wait_seconds``, and
    ``StorageError`` when the file cannot be made.
    """
    lock = FileLock(path, mode=FILE_MODE)
    with storage_errors(path):
        try:
            lock.acquire(timeout=wait_seconds, poll_interval=_POLL_SECONDS)
        except Timeout as taken:
            raise Busy(busy, advice="Try again when it is done.") from taken
    try:
        yield
    finally:
        lock.release()
