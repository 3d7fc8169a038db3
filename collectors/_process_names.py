"""What a bundle tells of a process: its name, never a word of its arguments, where secrets stand, and its start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from collectors import Platform

if TYPE_CHECKING:
    import psutil

_LINUX_NAME_LENGTH = 15  # TASK_COMM_LEN less its NUL, prctl(2)


def short_name(name: str, platform: Platform) -> str:
    """The name as the kernel has it. On Linux psutil lengthens a cut one from the command line.

    A program that writes its own command line anew may have put its arguments there.
    """
    return name[:_LINUX_NAME_LENGTH] if platform == "linux" else name


def program_of(executable: str) -> str:
    """The file name of an executable, from a path of any platform."""
    return PureWindowsPath(executable).name if "\\" in executable else PurePosixPath(executable).name


def start_of(seconds: object) -> datetime | None:
    """When a process started, from what the system told; ``None`` for what is no time of a calendar.

    Of a process that is ending, a system may tell any number.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OSError, OverflowError, ValueError):
        return None


def running(attributes: Sequence[str]) -> Iterator[tuple[psutil.Process, dict[str, Any]]]:
    """Every process with what the system tells of it; ``None`` for what it does not let us know.

    Asked one by one: ``psutil.process_iter`` ends at the first process of which an answer is an error that it does
    not know, and so would the list.
    """
    import psutil

    for process in psutil.process_iter():
        told: dict[str, Any] = {"pid": process.pid}
        try:
            with process.oneshot():
                for name in attributes:
                    told[name] = _answer(getattr(process, name))
        except psutil.NoSuchProcess:  # it has ended meanwhile
            continue
        yield process, told


def _answer(ask: Callable[[], Any]) -> Any:
    import psutil

    try:
        return ask()
    except psutil.ZombieProcess:
        return None
    except psutil.NoSuchProcess:
        raise
    except (psutil.Error, OSError):
        return None
