"""Which crashes were seen, so that each is told once: also after a restart, and not a hundred times in a crash loop.

    STATE/watch/crashes.json   {"format", "seen": {profile: {path: time of change}}, "told": {profile: time}}

Told is a file that was not there before, or that was written anew a while after it was seen last; while a dump is
being written it is one crash. What is there when an application is watched for the first time is old, and not told.
Of crashes within ``QUIET_SECONDS`` of one that was told, only the first is: the others are seen, and stay untold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.private_files import make_private_folder, read_private, remove_cut_short, write_private

QUIET_SECONDS = 600.0
_ONE_CRASH_SECONDS = 60.0  # between two changes of one file, while one dump is written
_MOST_SEEN = 500  # of an application, the newest; what is older than all those was told or is old
_FORMAT = 1


class KnownCrashes:
    """What is remembered of crashes, by one process at a time (the service's own lock sees to that)."""

    def __init__(self, state: Path) -> None:
        self._file = state / "watch" / "crashes.json"
        self._seen: dict[str, dict[str, float]] = {}
        self._told: dict[str, float] = {}
        self._read()

    def note(self, profile: str, found: Mapping[str, float], now: float) -> str | None:
        """Remember the files ``found`` (path → time of change, in POSIX seconds); return the newest to be told, if any.

        When this returns, it is on the disk: a kill afterwards does not let it be told again. Raise ``OSError``; then
        nothing is remembered.
        """
        seen = self._seen.get(profile)
        newest = dict(sorted(found.items(), key=lambda each: each[1])[-_MOST_SEEN:])
        fresh = [path for path, at in newest.items() if seen is not None and _is_new(path, at, seen)]
        told = fresh[-1] if fresh and not self.is_quiet(profile, now) else None
        told_at = self._told if told is None else {**self._told, profile: now}
        if seen != newest:
            self._write({**self._seen, profile: newest}, told_at)
        return told

    def is_quiet(self, profile: str, now: float) -> bool:
        """Whether a crash of the application was told so lately that another one is not."""
        return abs(now - self._told.get(profile, 0.0)) < QUIET_SECONDS

    def note_said(self, profile: str, now: float) -> bool:
        """Remember that the application's own log, or systemd, tells of a crash; return whether that is to be told.

        On the disk when this returns, as with ``note``. Raise ``OSError``; then nothing is remembered.
        """
        if self.is_quiet(profile, now):
            return False
        self._write(self._seen, {**self._told, profile: now})
        return True

    def _read(self) -> None:
        """What cannot be read is as if nothing had been seen: then what is there now is old."""
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            values = json.loads(read_private(self._file))
            if values["format"] == _FORMAT:
                seen = {str(name): {str(p): float(at) for p, at in f.items()} for name, f in values["seen"].items()}
                self._told = {str(name): float(at) for name, at in values["told"].items()}
                self._seen = seen

    def _write(self, seen: dict[str, dict[str, float]], told: dict[str, float]) -> None:
        make_private_folder(self._file.parent)
        remove_cut_short(self._file)
        values = {"format": _FORMAT, "seen": seen, "told": told}
        write_private(self._file, json.dumps(values).encode("ascii"))
        self._seen, self._told = seen, told


def _is_new(path: str, at: float, seen: Mapping[str, float]) -> bool:
    if path in seen:
        return at > seen[path] + _ONE_CRASH_SECONDS
    return len(seen) < _MOST_SEEN or at > min(seen.values())  # what is older was forgotten, not unseen
