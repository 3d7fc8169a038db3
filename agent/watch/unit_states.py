"""Which units of systemd have started or stopped since the last look, by the links that it keeps of those that run.

    /run/systemd/units/invocation:NAME.service -> the id of this start of it

A unit that starts gets a link, one that stops loses it, one that was started anew gets another (systemd 235 and
newer, where the journal reads it). So a look costs one ``stat`` while nothing starts or stops, neither D-Bus nor
a process that waits. Whether a unit has *failed* is asked of systemd only then, by the errand (``unit_failures``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fnmatch import translate
from pathlib import Path

UNITS_FOLDER = Path("/run/systemd/units")
_LINK = "invocation:"
_MOST_CHANGED = 32  # that are asked about at once


class UnitStates:
    """Looks after units, which patterns name for each application (profile → patterns of unit names)."""

    def __init__(self, patterns: Mapping[str, Sequence[str]], folder: Path = UNITS_FOLDER) -> None:
        self._named = {profile: _any_of(each) for profile, each in patterns.items() if each}
        self._of_anybody = _any_of([pattern for each in patterns.values() for pattern in each])
        self._folder = str(folder)
        self._changed_at = self._time() if self._named else 0
        self._seen = self._links()

    def look(self) -> dict[str, list[str]]:
        """Of each application, its units that started or stopped since the last look, by name."""
        if not self._named or (changed_at := self._time()) == self._changed_at:
            return {}
        before, self._seen, self._changed_at = self._seen, self._links(), changed_at
        changed = sorted(unit for unit in before.keys() | self._seen.keys() if before.get(unit) != self._seen.get(unit))
        found = {profile: list(filter(named, changed))[:_MOST_CHANGED] for profile, named in self._named.items()}
        return {profile: units for profile, units in found.items() if units}

    def _links(self) -> dict[str, str]:
        """The units that run, of those that are looked after, and which start of each it is."""
        found = dict[str, str]()
        if self._named:
            with suppress(OSError):
                for name in os.listdir(self._folder):  # noqa: PTH208 - no Path for each
                    unit = name.removeprefix(_LINK)
                    if unit != name and self._of_anybody(unit):
                        with suppress(OSError):  # it has stopped meanwhile
                            found[unit] = os.readlink(f"{self._folder}/{name}")  # noqa: PTH115 - the same
        return found

    def _time(self) -> int:
        try:
            return os.stat(self._folder).st_mtime_ns  # noqa: PTH116 - the same
        except OSError:  # no systemd
            return 0


def _any_of(patterns: Sequence[str]) -> Callable[[str], object]:
    """One look at a name for all of them: a computer that starts containers all day has thousands of names."""
    return re.compile("|".join(map(translate, patterns))).match
