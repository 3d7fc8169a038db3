"""The lines of the local audit about what this service alone knows: what a person answered, what came to nothing.

Each is kept with the request that it is about until an errand has written it. They are written in the order in which it
all happened (to the second), one at a time, whether or not a desk can be told. One that cannot be written, such as on a
full disk, is tried again with the next one, and once a minute.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.service.children import Errand, Event, Lane
from agent.service.records import Record, Records, now_text

_ABOUT = "notes"  # of no request: an errand that ends with its request would lose a line


class Notes:
    """The unwritten lines of all ``records``.

    ``written`` gets the record, and the new head of the audit if the desk is to be told it. It saves the record.
    """

    def __init__(
        self, records: Records, quick: Lane, written: Callable[[Record, str], None], log: Callable[[str], None]
    ) -> None:
        self._records, self._quick, self._written, self._log = records, quick, written, log
        self._trouble = ""

    @staticmethod
    def add(record: Record, what: str, detail: str, *, is_told: bool) -> None:
        """Put a line to those of a record, for the caller to save. ``is_told``: the desk will be told as well."""
        record.notes.append({"what": what, "detail": detail, "at": now_text(), "is_told": is_told})

    def write(self) -> None:
        """Have the oldest line written, and then the others."""
        waiting = [record for record in self._records if record.notes]
        if not waiting or self._quick.has("note", _ABOUT):
            return
        record = min(waiting, key=lambda record: record.notes[0]["at"])
        line = {name: record.notes[0][name] for name in ("what", "detail", "at")}

        def ended(outcome: Event) -> None:
            if outcome.get("event") == "result":
                self._trouble = ""
                is_told = record.notes.pop(0)["is_told"]
                self._written(record, str(outcome.get("audit_head", "")) if is_told else "")
                self.write()
            elif (trouble := str(outcome.get("sentence", ""))) != self._trouble:
                self._trouble = trouble
                self._log(f"The audit takes no line, which is tried again: {trouble}")

        self._quick.add(
            Errand(name="note", arguments={**line, "about": f"request {record.request_id}"}, about=_ABOUT, ended=ended)
        )
