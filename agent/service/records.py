"""What the service keeps of each request, on the disk before anything comes of it.

    STATE/service/requests/<request id>.json   one ``Record``, put in place in one step

So a kill at any moment leaves the request as it was before a step or after it; which of the two, the errand that
takes the step finds out (``requests``). What was ended and told stays for a while, for ``sendlogs requests`` to tell.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from config.private_files import make_private_folder, read_private, write_private

KEPT_ENDED = 20
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ENDED = "ended"
_ASKED = ("request_id", "step", "policy", "requester", "reason", "profile", "ticket", "since_seconds", "expires_at")


class Record:
    """One request; every attribute may be given by its name.

    ``step`` is ``checking``, ``asking``, ``waiting`` (for its turn), ``gathering``, ``uploading`` or ``ended``. Not a
    dataclass: those load more than 1 MB that stays.
    """

    request_id: str
    envelope: str
    received_at: str  # as all times here: 2026-11-26T09:00:00Z
    step: str = "checking"
    policy: str = ""  # ask, notify or allow, once it was checked
    requester: str = ""
    reason: str = ""
    profile: str = ""
    ticket: str = ""
    since_seconds: int | None = None
    expires_at: str = ""
    exclude: list[str]
    preview: dict[str, Any]  # what is known of the bundle that is kept to be looked at; see ``previews``
    agreed_sha256: str = ""  # of the kept bundle that the person said yes to; "" where none was looked at
    answered_by: str = ""  # the log-in name of who said yes or no
    attempts: int = 0  # how often gathering was begun
    outcome: str = ""  # the state that it ended with: done, declined, refused, failed, cancelled, expired
    words: str = ""
    ended_at: str = ""
    untold: list[dict[str, Any]]  # what the desk has not heard yet, in order
    notes: list[dict[str, Any]]  # the lines that the audit has not taken yet, in order
    to_forget: str = ""  # the audit's word for it, while what was gathered for it may not have been removed yet

    def __init__(self, *, request_id: str, envelope: str, received_at: str, **more: Any) -> None:
        """Raise ``TypeError`` for a name that is none."""
        if unknown := more.keys() - self.__annotations__.keys():
            raise TypeError(f"a record has no {min(unknown)}")
        self.__dict__.update(request_id=request_id, envelope=envelope, received_at=received_at)
        self.__dict__.update({"exclude": [], "untold": [], "notes": [], "preview": {}} | more)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.values == other.values

    __hash__ = None  # type: ignore[assignment]  # it changes

    @property
    def values(self) -> dict[str, Any]:
        """Every attribute by its name."""
        return {name: getattr(self, name) for name in self.__annotations__}

    def told(self, *more: str) -> dict[str, Any]:
        """What is asked, by the attributes' names, and ``more`` of them: for an errand, or for a program."""
        return {name: getattr(self, name) for name in (*_ASKED, *more)}

    @property
    def is_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.step == ENDED

    @property
    def is_over(self) -> bool:
        """Whether all is said and done as well."""
        return self.is_ended and not (self.untold or self.notes or self.to_forget)


class Records:
    """All records of a state folder. Every change may raise ``OSError``, and then has changed nothing."""

    def __init__(self, state: Path) -> None:
        """Read them; what cannot be read is as if it were not there."""
        self._folder = make_private_folder(state / "service" / "requests")
        self.damaged: list[str] = []
        self._known: dict[str, Record] = {}
        self._written: dict[str, bytes] = {}
        for cut_short in self._folder.glob(".*.new"):  # by a kill; the one service alone writes here
            cut_short.unlink()
        for file in sorted(self._folder.glob("*.json")):
            try:
                values = json.loads(read_private(file))
                record = Record(**values)
            except (OSError, ValueError, TypeError):
                self.damaged.append(file.name)
            else:
                self._known[record.request_id] = record
                self._written[record.request_id] = _bytes(record)

    def __iter__(self) -> Any:
        return iter(sorted(self._known.values(), key=lambda record: (record.received_at, record.request_id)))

    def get(self, request_id: str) -> Record | None:
        """The record of that id."""
        return self._known.get(request_id)

    @property
    def open_count(self) -> int:
        """How many are not ended, or have lines that the audit must still take."""
        return sum(not record.is_ended or bool(record.notes) for record in self._known.values())

    def save(self, record: Record) -> None:
        """Put the record as it is now on the disk, and let go of the oldest that are over.

        Where the disk does not take it, the record is again what it was: nobody acts on what a kill would undo.
        """
        written = _bytes(record)
        try:
            write_private(self._file(record), written)
        except OSError:
            record.__dict__.update(json.loads(self._written.get(record.request_id, written)))
            raise
        self._known[record.request_id], self._written[record.request_id] = record, written
        over = [known for known in self if known.is_over][:-KEPT_ENDED]
        for old in over:
            self._file(old).unlink(missing_ok=True)
            del self._known[old.request_id], self._written[old.request_id]

    def _file(self, record: Record) -> Path:
        return self._folder / f"{record.request_id}.json"


def now_text() -> str:
    """The moment, as records have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _bytes(record: Record) -> bytes:
    return json.dumps(record.values).encode("ascii")


def is_request_id(text: object) -> bool:
    """Whether that is a UUID in its one spelling, which may be part of a file's name."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
