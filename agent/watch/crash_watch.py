"""Notice a crash when its report or its dump appears, or its log or its unit tells of it, by looking.

A folder changes its time when a name in it comes or goes, and a log grows: so a look is a few calls of ``stat``, and
only what has changed is looked at more closely. That takes some 30 µs of a processor and no memory, where watchdog
takes 3 MB of the few that the process that stays may have, and inotify by ``ctypes`` 1 MB and another way for each
system. A folder in which something is always made anew, a home or the temporary one, is looked at once a minute.

A change is a hint only: then the patterns are looked up, and what they match is compared with what is known. So one
that was lost, doubled or forged does no harm. Nothing is opened but those logs; a link or a folder is no crash.
"""

from __future__ import annotations

import glob
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from agent.watch.known_crashes import KnownCrashes
from agent.watch.telling_logs import TellingLogs
from agent.watch.unit_states import UnitStates

OnCrash = Callable[[str, str, float], None]
OnUnits = Callable[[str, list[str], float], None]
_MOST_FOLDERS = 64  # that are looked at often; the others once a minute
_MOST_FILES = 2000  # that are looked at of one pattern
_Number = tuple[int, int, int] | None


class CrashWatch:
    """Looks for crashes of applications, each by the name of its profile, with lists of texts.

    Of an application, ``crashes`` are patterns of whole paths of reports and dumps, ``telling_logs`` those of logs that
    tell of crashes, ``phrases`` what is said there, and ``units`` those of names of systemd's services.
    ``on_crash(profile, path, at)`` is called once for each crash that is to be told (``at`` in POSIX seconds), from
    within the looks; ``on_units(profile, units, at)`` for units that started or stopped, which may be a crash.
    """

    def __init__(
        self,
        applications: Mapping[str, Mapping[str, Sequence[str]]],
        on_crash: OnCrash,
        on_units: OnUnits,
        *,
        state: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._applications, self._clock = applications, clock
        self._on_crash, self._on_units = on_crash, on_units
        self._known = KnownCrashes(state)
        self._logs = {
            profile: TellingLogs(told["telling_logs"], told["phrases"]) for profile, told in applications.items()
        }
        self._units = UnitStates({profile: told["units"] for profile, told in applications.items()})
        self._folders: dict[str, _Number] = {}
        self._of_folder: dict[str, set[str]] = {}

    def look(self) -> None:
        """Look whether anything has changed. To be called all the time."""
        changed = [folder for folder, seen in self._folders.items() if _number(folder) != seen]
        for profile in sorted({profile for folder in changed for profile in self._of_folder[folder]}):
            self._look_closely(profile)
        if changed:
            self._find_folders()
        for profile, logs in self._logs.items():
            if log := logs.look():
                self._tell_by_log(profile, log)
        for profile, units in self._units.look().items():
            if not self._known.is_quiet(profile, now := self._clock()):
                self._on_units(profile, units, now)

    def look_closely(self) -> None:
        """Look at every place. To be called first, so that what crashed meanwhile is told, and once a minute or so."""
        self._find_folders()
        for profile in self._applications:
            self._look_closely(profile)

    def note_failed_unit(self, profile: str) -> None:
        """What ``on_units`` was called for was a crash: it is told now."""
        with suppress(OSError):  # a disk that is full: it may be told twice
            self._known.note_said(profile, self._clock())

    @property
    def folders(self) -> frozenset[str]:
        """The folders that ``look`` looks at: those that were there at the last close look."""
        return frozenset(self._folders)

    def _look_closely(self, profile: str) -> None:
        self._logs[profile].find()
        found = {path: at for pattern in self._applications[profile]["crashes"] for path, at in _files(pattern)}
        with suppress(OSError):  # a disk that is full: the next look tells it
            if (told := self._known.note(profile, found, self._clock())) is not None:
                self._on_crash(profile, told, found[told])

    def _tell_by_log(self, profile: str, log: str) -> None:
        now = self._clock()
        with suppress(OSError):
            if self._known.note_said(profile, now):
                self._on_crash(profile, log, now)

    def _find_folders(self) -> None:
        never, of_folder = _never(), dict[str, set[str]]()
        for profile, told in self._applications.items():
            for pattern in (*told["crashes"], *told["telling_logs"]):
                for folder in _folders(pattern) - never:
                    of_folder.setdefault(folder, set()).add(profile)
        there = {folder: number for folder in sorted(of_folder) if (number := _number(folder)) is not None}
        self._folders = dict(islice(there.items(), _MOST_FOLDERS))
        self._of_folder = {folder: of_folder[folder] for folder in self._folders}


def _folders(pattern: str) -> set[str]:
    """The folders in which a pattern's files may appear, and the one above its first wildcard."""
    above = Path(pattern).parent
    if not above.is_absolute():
        return set()
    fixed = above
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    within = islice(glob.iglob(str(above)), _MOST_FOLDERS) if fixed != above else ()  # noqa: PTH207 - a whole path's pattern
    return {os.path.realpath(folder) for folder in (fixed, *within)}


def _never() -> set[str]:
    """Folders in which something is always made anew, whatever a profile's pattern says."""
    temporary = [os.environ.get(name, "/tmp") for name in ("TMPDIR", "TEMP", "TMP")]  # noqa: S108 - nothing is put there
    home = os.path.expanduser("~")  # noqa: PTH111 - Path raises for an account that has none
    return {os.path.realpath(folder) for folder in ("/", "/var/tmp", home, *temporary)}  # noqa: S108 - the same


def _number(folder: str) -> _Number:
    try:
        found = os.stat(folder)  # noqa: PTH116 - without a Path for each, all day
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_dev


def _files(pattern: str) -> Iterator[tuple[str, float]]:
    """Each regular file that matches, and when it was changed last."""
    if not Path(pattern).is_absolute():
        return
    for path in islice(glob.iglob(pattern), _MOST_FILES):  # noqa: PTH207 - a whole path's pattern
        with suppress(OSError):
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode):
                yield path, found.st_mtime
