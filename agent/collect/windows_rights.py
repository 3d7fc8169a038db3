r"""Who else could be behind what lies on a disk of Windows: asked before a program is run or a link followed.

An elevated agent, and the system's own, does with its rights what a file tells it to. On Windows every account may make
folders in ``C:\``, and installers give the Users rights in folders that stay the administrators': neither where
something lies nor whose it is says who may have changed it. So the lists are asked who may.

The administrators, the system and the account this runs as are trusted; all the rest are told by name.
"""

from __future__ import annotations

import sys
from pathlib import Path

import win32api
import win32con
import win32security

from config import windows_access

assert sys.platform == "win32"  # what is imported is not there elsewhere, and mypy reads no further


def is_elevated() -> bool:
    """Whether this process may do what an ordinary account may not. Raise ``pywintypes.error``."""
    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
    elevation = win32security.GetTokenInformation(token, win32security.TokenElevation)
    return bool(elevation) or _identifier() == windows_access.SYSTEM


def others_behind_program(program: Path) -> list[str]:
    """The names of who else could have put the program there, or a library beside it that it would load.

    ``program`` has no link in it. Beside the file and its folder, every folder above counts by who may rename it: its
    name could then be another's. Raise ``OSError``.
    """
    found = {*windows_access.who_else_writes(program), *windows_access.who_else_writes(program.parent)}
    for place in (program, *program.parents[:-1]):  # the last is the disk itself, which nobody renames
        found.update(windows_access.who_else_replaces(place))
    return _but_us(found)


def others_behind_link(link: Path) -> list[str]:
    """The names of who else could have made the link, or led it elsewhere.

    Any empty folder becomes a link by the right to write to it, and stays its owner's (learn.microsoft.com,
    "FSCTL_SET_REPARSE_POINT"); whoever may write to the folder around may put another there. Raise ``OSError``.
    """
    return _but_us({*windows_access.who_else_writes(link), *windows_access.who_else_writes(link.parent)})


def _but_us(names: set[str]) -> list[str]:
    return sorted(names - {_name()})


def _name() -> str:
    """The account this runs as, as ``config.windows_access`` names it."""
    return windows_access.name_of(_identifier())


def _identifier() -> str:
    return windows_access.account_of(win32security.TokenUser)
