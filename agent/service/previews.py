"""Bundles that are gathered for a person to look at before the answer: one for each request that waits for it.

The desk hears nothing of this: for it, the request waits for the person. What an errand made lies in the state folder
(``agent.previews``); the record knows which it is, so that a yes is to that one and to no other.
"""

from __future__ import annotations

from functools import partial

from agent.service.children import Errand, Event, Lane
from agent.service.records import Record, Records

_SHOWN = ("received_at", "outcome", "words", "ended_at", "answered_by", "exclude")
_FOUND = ("file", "sha256", "size_bytes")
_TROUBLE = ("sentence", "advice", "exit_code")


class Previews:
    """The previews of all ``records``; they are gathered in the lane ``long``."""

    def __init__(self, records: Records, long: Lane) -> None:
        self._records, self._long = records, long

    def make(self, record: Record, exclude: list[str], by: str) -> Event:
        """Gather the bundle of that request, or gather it anew, without what ``exclude`` names; ``by`` wants to see it.

        Raise ``ValueError`` while it is being gathered.
        """
        if self._is_being_made(record):
            raise ValueError("Its bundle is being gathered already; wait until that is done.")
        record.preview = {"exclude": exclude}  # before the errand: whatever that leaves behind is removed at the end
        self._records.save(record)
        errand = Errand(
            name="preview",
            arguments={**record.told(), "exclude": exclude, "answered_by": by},
            about=record.request_id,
            ended=partial(self._made, record),
        )
        self._long.add(errand)
        return self.shown(record)

    def agree(self, record: Record, sha256: str, exclude: list[str], by: str) -> None:
        """Note what the person said yes to: the kept bundle of that hash; or, with no hash, whatever is gathered.

        Raise ``ValueError`` unless the bundle of that hash is the one that is kept.
        """
        if sha256 and (self._is_being_made(record) or record.preview.get("sha256") != sha256):
            raise ValueError("The bundle that is kept for it is not the one you looked at; look at it again.")
        self._long.end(record.request_id)
        record.agreed_sha256, record.exclude = sha256, record.preview["exclude"] if sha256 else exclude
        record.step, record.answered_by = "waiting", by
        self._records.save(record)

    def shown(self, record: Record) -> Event:
        """The request and its preview, as a program sees them."""
        return {**record.told(*_SHOWN), "preview": {**record.preview, "is_being_made": self._is_being_made(record)}}

    def _is_being_made(self, record: Record) -> bool:
        return self._long.has("preview", record.request_id)

    def _made(self, record: Record, outcome: Event) -> None:
        is_kept = outcome.get("event") == "result"
        if is_kept and record.is_ended:  # it was done before it heard that it is to end
            record.to_forget = record.to_forget or "preview-removed"
            self._records.save(record)
        if record.step != "asking":
            return
        names = _FOUND if is_kept else _TROUBLE
        record.preview = {**record.preview, **{name: outcome[name] for name in names if name in outcome}}
        self._records.save(record)
