"""What the desk has not heard yet of each request: kept with the request, told in order, each until it was heard.

What a person or this computer alone decided gets its line in the local audit first, and the desk is told the head of
the audit with it.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.service.children import Errand, Event, Lane
from agent.service.records import Record, Records
from agent.service.telling import Telling


class Untold:
    """The untold of all ``records``. ``tell`` is called when there is something."""

    def __init__(self, records: Records, quick: Lane, tell: Callable[[], None]) -> None:
        self._records, self._quick, self._tell = records, quick, tell

    def add(
        self,
        record: Record,
        state: str,
        words: str = "",
        *,
        bundle_id: str | None = None,
        head: str = "",
        note: str = "",
    ) -> None:
        """Let the desk be told, after a line in the audit where ``note`` names one. The record is on the disk then."""
        telling = {"state": state, "words": _printable(words)[:1000], "bundle_id": bundle_id, "audit_head": head}
        record.untold.append({**telling, "note": note} if note else telling)
        self._records.save(record)
        self._tell()

    def next(self) -> Telling | None:
        """What the desk is to hear next; what comes of it goes to ``was_heard``."""
        for record in self._records:
            if not record.untold:
                continue
            first = record.untold[0]
            if "note" in first:
                self._note(record)
                continue
            return Telling(
                key=record.request_id,
                method="POST",
                path=f"/requests/{record.request_id}/state",
                value={name: first[name] for name in ("state", "words", "bundle_id", "audit_head")},
            )
        return None

    def was_heard(self, telling: Telling) -> Record | None:
        """The desk will never hear it (or has heard it): it is not told again."""
        record = self._records.get(telling.key)
        if record is not None and record.untold:
            record.untold.pop(0)
            self._records.save(record)
        return record

    def _note(self, record: Record) -> None:
        about = f"note {record.request_id}"
        if self._quick.has("note", about):
            return
        first = record.untold[0]

        def ended(outcome: Event) -> None:
            first.pop("note", None)
            first["audit_head"] = str(outcome.get("audit_head", ""))
            self._records.save(record)
            self._tell()

        by = f"{record.answered_by}: " if record.answered_by else ""
        arguments = {"what": first["note"], "about": f"request {record.request_id}", "detail": by + first["words"]}
        self._quick.add(Errand(name="note", arguments=arguments, about=about, ended=ended))


def _printable(words: str) -> str:
    """``words`` on one line, without what a desk would refuse."""
    return "".join(character for character in " ".join(words.split()) if character.isprintable())
