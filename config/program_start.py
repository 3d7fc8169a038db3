"""What each program does before it imports what is heavy: streams that can be used, and an end in order by Ctrl-C.

Python's collector of garbage looks through all that was made whenever 700 things more have been; what a program
imports and reads at its start is kept to its end, and was looked through for nothing, a twentieth of a short run.

Here, since both programs need it and know nothing of each other, and since whatever is imported before it has run may
be interrupted with a traceback. So it imports next to nothing.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from types import FrameType

EXIT_INTERRUPTED = 130
"""128 and the number of SIGINT, as shells count."""
_GARBAGE_THINGS = 20_000  # some two megabytes, before they are looked through


def begin() -> None:
    """Call this first: nothing has been begun yet that an interrupt would have to clear away."""
    _open_closed_streams()
    gc.set_threshold(_GARBAGE_THINGS)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as behind nohup
        signal.signal(signal.SIGINT, _end_at_once)


def end() -> None:
    """Call this last: what is still there goes with the process, and need not be looked through once more."""
    gc.freeze()


def interrupts_are_caught() -> None:
    """From now on Ctrl-C is a ``KeyboardInterrupt`` again, and the caller's business."""
    if signal.getsignal(signal.SIGINT) is _end_at_once:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """No exception: in the middle of an import it would be told as a traceback, or be lost."""
    with contextlib.suppress(OSError):
        os.write(2, b"Interrupted.\n")
    os._exit(EXIT_INTERRUPTED)


def _open_closed_streams() -> None:
    """Let each standard stream that is closed lead nowhere.

    Python has ``None`` for it then, and the next file that is opened would get its number, and what is printed.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, "w" if number else "r", encoding="utf-8")  # noqa: SIM115, PTH123 - to the end
            setattr(sys, name, stream)
