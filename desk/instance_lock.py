"""One running desk per state folder: an operating-system lock, which a crash cannot leave behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process serves this state folder."""


def hold(state_folder: Path) -> int:
    """Take the lock until this process ends; return its handle. Raise ``AlreadyRunning``."""
    handle = os.open(state_folder / "serving.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - exists on POSIX only

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise AlreadyRunning from None
    return handle
