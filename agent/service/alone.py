"""The lock that makes a service the only one on its state folder, let go of by the system when its process ends.

Not ``agent.file_lock``: what that imports would stay in the service's memory all day.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


class Taken(Exception):
    """Another process holds the lock."""


if sys.platform == "win32":
    import msvcrt

    def hold(path: Path) -> int:
        """Hold the lock on ``path`` while the returned file is open. Raise ``Taken``, ``OSError``.

        Its first byte is locked, whether there or not ("Locking and Unlocking Byte Ranges in Files").
        """
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOINHERIT, 0o600)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(handle)
            raise Taken from None
        return handle

else:
    import fcntl

    def hold(path: Path) -> int:
        """Hold the lock on ``path`` while the returned file is open (``flock``). Raise ``Taken``, ``OSError``."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Taken from None
        return handle
