"""Lowest processor and disk priority for this process and what it starts: the computer stays usable.

Only a lower priority can be asked for without rights, and it cannot be taken back; so this is for programs
that end when the bundle is made, and for child processes of those that stay.
"""

from __future__ import annotations

import contextlib
import sys


def lower() -> None:
    """Ask for the lowest priority; a system that refuses leaves it as it is."""
    import psutil

    process = psutil.Process()
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            process.nice(psutil.IDLE_PRIORITY_CLASS)
            process.ionice(psutil.IOPRIO_VERYLOW)
        else:
            process.nice(19)  # the nicest that POSIX knows
    if sys.platform == "linux":
        with contextlib.suppress(psutil.Error, OSError):
            process.ionice(psutil.IOPRIO_CLASS_IDLE)
