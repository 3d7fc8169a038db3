"""The lock that makes a service the only one on its state folder, let go of by the system when its process ends.

Not ``agent.file_lock``: what that imports would stay in the service's memory all day.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


class Taken(Exception):
    """Another process holds the lock."""


if sys.platform == "win32":
    import msvcrt

    import pywintypes
    import win32con
    import win32file
    import winerror

    _PATIENCE_SECONDS, _PAUSE_SECONDS = 3.0, 0.1

    def hold(path: Path) -> int:
        """Hold the lock on ``path`` while the returned file is open. Raise ``Taken``, ``OSError``.

        Its first byte is locked, whether there or not. Windows may take a moment to let go of what a process held that
        has ended ("LockFileEx function"), so it is asked again for a while.
        """
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOINHERIT, 0o600)
        until = time.monotonic() + _PATIENCE_SECONDS
        try:
            while not _is_locked(handle):
                if time.monotonic() > until:
                    raise Taken
                time.sleep(_PAUSE_SECONDS)
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _is_locked(handle: int) -> bool:
        how = win32con.LOCKFILE_EXCLUSIVE_LOCK | win32con.LOCKFILE_FAIL_IMMEDIATELY
        try:
            win32file.LockFileEx(msvcrt.get_osfhandle(handle), how, 1, 0, pywintypes.OVERLAPPED())
        except pywintypes.error as error:
            if error.winerror == winerror.ERROR_LOCK_VIOLATION:  # by another
                return False
            raise OSError(None, error.strerror, None, error.winerror) from None
        return True

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
