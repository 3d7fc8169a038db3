"""Who did what at the desk, each line chained to the one before, so that one altered or taken out shows.

The digest of a line is SHA-256 over the digest before it and the line's own fields, written as a JSON array: no two
lines write the same bytes, wherever their fields begin and end. Whoever may write to the database can make the whole
chain anew, or cut off its end; the newest digest (``Verified.head``), noted down elsewhere from time to time, shows
that too.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone

from desk.models import AuditEntry
from desk.one_writer import alone

DESK = "desk"  # who, where nobody asked
_BEFORE_THE_FIRST = "0" * 64
_CHUNK_LINES = 1000  # read at once; a line is at most some 2 KB


@dataclass(frozen=True, slots=True)
class Verified:
    """How many lines fit, the digest of the last that does, and the id of the first that does not, if one does not."""

    entries: int
    head: str
    first_wrong: int | None


def record(who: str, what: str, about: str, detail: str = "") -> AuditEntry:
    """Add a line, in the transaction of the caller if there is one: then both are kept or neither.

    What is longer than its column is cut: a long name must not keep a deed from being recorded.
    """
    with alone("audit"):
        last = AuditEntry.objects.order_by("-pk").first()
        entry = AuditEntry(
            at=timezone.now(),
            who=who[:200],
            what=what[:64],
            about=about[:200],
            detail=detail[:1000],
            previous=last.digest if last is not None else _BEFORE_THE_FIRST,
        )
        entry.digest = _digest(entry)
        entry.save(force_insert=True)
    return entry


def verify() -> Verified:
    """Read the whole chain, a piece at a time, up to the first line that does not fit."""
    head, entries = _BEFORE_THE_FIRST, 0
    for entry in AuditEntry.objects.order_by("pk").iterator(chunk_size=_CHUNK_LINES):
        if entry.previous != head or entry.digest != _digest(entry):
            return Verified(entries, head, entry.pk)
        head, entries = entry.digest, entries + 1
    return Verified(entries, head, None)


def _digest(entry: AuditEntry) -> str:
    at: datetime = entry.at
    written = at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [entry.previous, written, entry.who, entry.what, entry.about, entry.detail]
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()
