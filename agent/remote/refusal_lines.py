"""Refusals in the audit: each with its reason, and not more of them than the disk can bear for ever.

Whoever can send nonsense can send it without end. So at most ``MOST_A_DAY`` refusals of a day get a line of their
own; the others are counted, and the first refusal of another day is preceded by a line that says how many there were.
A flood that never ends costs some 20 kB a day, or 100 kB if the pinned desk signs it. Of what was refused a line
repeats nothing but who asked for what, where that desk signed it: the rest is this program's own text.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import audit, file_lock
from agent.errors import AgentError
from agent.remote.refusals import Refused
from config.private_files import make_private_folder, read_private, remove_cut_short, write_private

MOST_A_DAY = 50
_DAY = timedelta(hours=24)
_WAIT_SECONDS = 10.0


def write(state: Path, what: str, about: str, refused: Refused, *, now: datetime) -> bool:
    """Tell the audit, as far as the day's lines go, and return whether it took it.

    A disk that does not take it changes nothing: it stays refused.
    """
    folder = state / "remote"
    with suppress(AgentError, OSError):
        make_private_folder(folder)
        with file_lock.hold(folder / ".refusals.lock", "Another sendlogs refuses.", wait_seconds=_WAIT_SECONDS):
            began, count = _read(folder / "refusals.json")
            if not began <= now < began + _DAY:  # also when the clock was set back
                if count > MOST_A_DAY:
                    told = f"{count - MOST_A_DAY} more since {began:%Y-%m-%dT%H:%M:%SZ} have no line of their own"
                    audit.append(state, "requests-refused", "requests of that day", told, at=now)
                began, count = now, 0
            _write(folder / "refusals.json", began, count + 1)
            if count < MOST_A_DAY:
                asked = f" ({refused.asked})" if refused.asked else ""
                audit.append(state, what, about, f"{refused.reason}: {refused.sentence}{asked}", at=now)
            return True
    return False


def _read(file: Path) -> tuple[datetime, int]:
    """When the day of the count began, and the count. What cannot be read counts as a day that is over."""
    try:
        values = json.loads(read_private(file))
        return datetime.fromisoformat(values["began"]).astimezone(UTC), int(values["count"])
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return datetime(1970, 1, 2, tzinfo=UTC), 0


def _write(file: Path, began: datetime, count: int) -> None:
    remove_cut_short(file)
    write_private(file, json.dumps({"began": began.isoformat(), "count": count}).encode("ascii"))
