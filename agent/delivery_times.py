"""When a waiting bundle is tried again, and how long it has waited: both safe from a clock that jumps.

No moment of the future is kept. An entry has the moment a deliverer last saw it and the seconds to wait from there:
a clock that went back shows that moment in the future, and then the entry is due; one that went forward makes it due
early. The time waited is summed up from sight to sight, and each sight adds seven days at most, so that a clock
that says 2036 for an hour does not make every bundle ten years old.

The waits double, up to a bound, and each is shortened by chance, so that a fleet whose server was down does not
come back at one moment ("equal jitter": M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from agent.delivery_records import Entry

FIRST_WAIT_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 6 * 3600.0  # some tries a day, also when a laptop is on for the working hours alone
QUARANTINED_WAIT_SECONDS = 24 * 3600.0  # well below the most that a sight adds, so that it grows old as others do
LONGEST_ASKED_WAIT_SECONDS = 24 * 3600.0  # a server that asks for more is mistaken, or its clock is
_MOST_WAITED_AT_ONCE_SECONDS = 7 * 24 * 3600.0


def due_at(entry: Entry, now: datetime) -> datetime:
    """The moment of the next attempt, or of the next look at a quarantined one; ``now`` for one that is due."""
    if entry.seen_at is None or entry.seen_at > now:
        return now
    wait_seconds = QUARANTINED_WAIT_SECONDS if entry.quarantined else entry.wait_seconds
    return max(now, entry.seen_at + timedelta(seconds=min(wait_seconds, LONGEST_ASKED_WAIT_SECONDS)))


def seen(entry: Entry, now: datetime) -> Entry:
    """The entry with the time until ``now`` added to what it has waited."""
    since_seconds = (now - (entry.seen_at or entry.queued_at)).total_seconds()
    added_seconds = min(max(since_seconds, 0.0), _MOST_WAITED_AT_ONCE_SECONDS)
    return replace(entry, seen_at=now, waited_seconds=entry.waited_seconds + added_seconds)


def to_wait(entry: Entry, asked_seconds: float | None, chance: float) -> Entry:
    """The entry with the wait before its next attempt: as its endpoint asked, else longer with each attempt.

    ``chance`` is a random number from 0 to 1.
    """
    if asked_seconds is not None:
        return replace(entry, wait_seconds=min(max(asked_seconds, 0.0), LONGEST_ASKED_WAIT_SECONDS), asked_to_wait=True)
    doublings = min(max(entry.attempts - 1, 0), 16)  # beyond the bound already
    longest = min(FIRST_WAIT_SECONDS * 2**doublings, LONGEST_WAIT_SECONDS)
    return replace(entry, wait_seconds=longest * (0.5 + chance / 2), asked_to_wait=False)
