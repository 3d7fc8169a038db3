"""What a process may be called in a bundle: never a word of its arguments, where secrets stand."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

from collectors import Platform

_LINUX_NAME_LENGTH = 15  # TASK_COMM_LEN less its NUL, prctl(2)


def short_name(name: str, platform: Platform) -> str:
    """The name as the kernel has it. On Linux psutil lengthens a cut one from the command line.

    A program that writes its own command line anew may have put its arguments there.
    """
    return name[:_LINUX_NAME_LENGTH] if platform == "linux" else name


def program_of(executable: str) -> str:
    """The file name of an executable, from a path of any platform."""
    return PureWindowsPath(executable).name if "\\" in executable else PurePosixPath(executable).name
