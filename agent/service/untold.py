"""What the desk has not heard yet of each request: kept with the request, told in order, each until it was heard.

What a person or this computer alone decided gets its line in the local audit first (``notes``), and the desk is told
the head of the audit with it.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.service.children import Lane
from agent.service.notes import Notes
from agent.service.records import Record, Records
from agent.service.telling import Telling


class Untold:
    """The untold of all ``records``. ``tell`` is called when there is something."""

    def __init__(self, records: Records, quick: Lane, tell: Callable[[], None], log: Callable[[str], None]) -> None:
        self._records, self._tell = records, tell
        self._notes = Notes(records, quick, self._has_line, log)
        for record in records:
            for telling in () if record.notes else record.untold:  # kept by a version that did not keep the lines
                if telling.get("note"):
                    self._notes.add(record, telling["note"], telling["words"], is_told=True)

    def add(
        self,
        record: Record,
        state: str,
        words: str = "",
        *,
        bundle_id: str | None = None,
        head: str = "",
        note: str = "",
        detail: str = "",
    ) -> None:
        """Let the desk be told, after a line in the audit where ``note`` names one. The record is on the disk then.

        That line says ``detail``, or else the ``words``.
        """
        shown = _printable(words)[:1000]
        telling = {"state": state, "words": shown, "bundle_id": bundle_id, "audit_head": head}
        if note:
            by = f"{record.answered_by}: " if record.answered_by else ""
            self._notes.add(record, note, detail or by + shown, is_told=True)
        record.untold.append({**telling, "note": note} if note else telling)
        self._records.save(record)
        self._tell()
        self.write_notes()

    def note(self, record: Record, what: str, detail: str) -> None:
        """Let the audit have a line of which the desk is told nothing. The record is on the disk then."""
        self._notes.add(record, what, detail, is_told=False)
        self._records.save(record)
        self.write_notes()

    def write_notes(self) -> None:
        """Have the lines written that the audit has not taken yet."""
        self._notes.write()

    def next(self) -> Telling | None:
        """What the desk is to hear next; what comes of it goes to ``was_heard``."""
        for record in self._records:
            if not record.untold or (record.notes and record.untold[0].get("note")):
                continue
            first = record.untold[0]
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

    def _has_line(self, record: Record, head: str) -> None:
        of_it = next((telling for telling in record.untold if telling.get("note")), None)
        if head and of_it is not None:
            del of_it["note"]
            of_it["audit_head"] = head
        self._records.save(record)
        self._tell()


def _printable(words: str) -> str:
    """``words`` on one line, without what a desk would refuse."""
    return "".join(character for character in " ".join(words.split()) if character.isprintable())
