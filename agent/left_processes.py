"""Find and end what a process apart has started, whatever became of the process that started it.

A command may put its children into sessions of their own, and daemons have no parent that is known to us. So each
process apart, and all that it starts, bears a mark in its environment, which is inherited and which the operating
systems tell of every process of the same user (``psutil.Process.environ``). The mark names the agent's process, so
that the next run can tell, too, what a killed one has left behind.
"""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psutil

MARK = "_SENDLOGS_APART"  # not SENDLOGS_…, which are settings
_MOST_ROUNDS = 50  # a process may start others while it is looked for; one that does so for ever is lost
_REAP_SECONDS = 0.2


def new_mark() -> str:
    """A mark that no other process apart has, of this process."""
    return f"{os.getpid()}:{_start(os.getpid())}{_UNIT}:{uuid.uuid4()}"


def end_marked(mark: str) -> int:
    """Kill every other process that bears ``mark``; how many there were."""
    return _end(lambda found: found == mark)


def end_those_of_killed_runs() -> int:
    """Kill every process apart, with all that it started, whose agent is no more; how many there were."""
    return _end(lambda found: not _is_alive(found))


def _end(is_meant: Callable[[str], bool]) -> int:
    ended: set[int] = set()
    for _ in range(_MOST_ROUNDS):
        meant = [process for process in psutil.process_iter() if (found := _mark_of(process)) and is_meant(found)]
        if not meant:
            break
        for process in meant:
            with contextlib.suppress(psutil.Error):
                process.kill()
            ended.add(process.pid)
        psutil.wait_procs(meant, timeout=_REAP_SECONDS)
    return len(ended)


def _mark_of(process: psutil.Process) -> str | None:
    """The mark of a running process that is not this one."""
    if process.pid == os.getpid():
        return None
    with contextlib.suppress(psutil.Error, OSError):
        mark = process.environ().get(MARK)
        return mark if mark and process.status() != psutil.STATUS_ZOMBIE else None
    return None


def _is_alive(mark: str) -> bool:
    """Whether the agent that made the mark still runs; a mark that is none of ours is let alone."""
    try:
        number, started, _ = mark.split(":")
        return abs(_start(int(number)) - _told_start(started.removesuffix(_UNIT))) <= _SAME_START
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError, ValueError):
        return True


if sys.platform == "linux":
    _SAME_START = 0
    _UNIT = "ticks"  # a version that told seconds takes such a mark for none of ours, and this one a mark of that
    _told_start = int

    def _start(number: int) -> int:
        """When a process was started, in ticks since the system was. Raise ``psutil.NoSuchProcess``.

        psutil adds what the clock says that the system's start was: with a clock that is set meanwhile, a run would be
        taken for a dead one.
        """
        try:
            told = Path(f"/proc/{number}/stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            raise psutil.NoSuchProcess(number) from None
        return int(told.rpartition(b")")[2].split()[19])  # behind the name, which may hold blanks and brackets

else:
    _SAME_START = 2.0  # seconds: its clock may be set by a little meanwhile
    _UNIT = ""
    _told_start = float

    def _start(number: int) -> float:
        """When a process was started, in seconds. Raise ``psutil.NoSuchProcess``."""
        return psutil.Process(number).create_time()
