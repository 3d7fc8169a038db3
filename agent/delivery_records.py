"""What the outbox keeps on disk, as values and as JSON: entries that wait, receipts, and what was given up.

The files outlive program versions, crashes and curious editors, so that reading one trusts nothing: whatever
is not exactly what it should be is a ``DamagedRecord`` with a sentence, never a half-read entry.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from agent.flow import Archive, Consent, Receipt, Severity, TicketDraft
from agent.sealed_archive import SealedArchive

FORMAT = 1  # of each file; a program that meets a higher one leaves the entry alone
SEALED_NAME = "archive.sealed"
OPEN_NAME = "archive.7z"  # as programs before this one kept it
_LONGEST_SECONDS = 2**32  # more than a century: no honest time span


class DamagedRecord(ValueError):
    """A file of the outbox does not hold what it should; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A bundle that waits for its receipt.

    ``draft`` is what a new ticket is to say, or ``None`` for a bundle of an existing one; ``ticket`` is the
    number, ``None`` until a new ticket is open. ``quarantined`` says why it can never be delivered as it is, and
    ``kept_until`` that the endpoint has it all the same, without a ticket, until that day.
    What ``seen_at`` and the seconds are for is told in ``agent.delivery_times``.
    """

    archive: Archive
    consent: Consent
    endpoint: str
    pseudonym_scope: str
    draft: TicketDraft | None
    ticket: str | None
    queued_at: datetime
    attempts: int = 0
    last_error: str | None = None
    quarantined: str | None = None
    kept_until: str | None = None
    seen_at: datetime | None = None  # when a deliverer last tried it, or saw it in quarantine
    wait_seconds: float = 0.0  # from ``seen_at`` until the next attempt
    asked_to_wait: bool = False  # by the endpoint; otherwise the wait is our own
    waited_seconds: float = 0.0  # in the outbox, as far as clocks can be believed

    @property
    def bundle_id(self) -> str:
        """The bundle's UUID: the name of the entry, and the idempotency key of everything done with it."""
        return self.archive.bundle_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What is left of a bundle that was given up: that it was there, where it should have gone, and why it did not.

    ``kept_until`` is the day until which the endpoint keeps it without a ticket, if it does.
    """

    bundle_id: str
    endpoint: str
    ticket: str | None
    size_bytes: int
    sha256: str
    queued_at: datetime
    attempts: int
    dropped_at: datetime
    reason: str
    kept_until: str | None = None

    @staticmethod
    def of(entry: Entry, reason: str, now: datetime) -> Dropped:
        """The record of ``entry``, which is given up now."""
        return Dropped(
            bundle_id=entry.bundle_id,
            endpoint=entry.endpoint,
            ticket=entry.ticket,
            size_bytes=entry.archive.size_bytes,
            sha256=entry.archive.sha256,
            queued_at=entry.queued_at,
            attempts=entry.attempts,
            dropped_at=now,
            reason=reason,
            kept_until=entry.kept_until,
        )


def entry_to_json(entry: Entry) -> bytes:
    """The entry without its archive's contents list, which the archive carries itself."""
    kept = ("bundle_id", "size_bytes", "sha256", "made_at", "volume_bytes")
    archive = {name: getattr(entry.archive, name) for name in kept}
    rest = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry) if f.name != "archive"}
    return _to_json({"archive": archive, **rest})


def entry_from_json(data: bytes, folder: Path, key_file: Path) -> Entry:
    """The entry whose archive lies in ``folder``, sealed with the key in ``key_file`` unless it is an old one.

    Its ``archive`` has no members, facts and counts any more.
    """
    fields = _Fields.of(data)
    draft = fields.inner("draft") if fields.values.get("draft") is not None else None
    return Entry(
        archive=_archive(fields.inner("archive"), folder, key_file),
        consent=_consent(fields.inner("consent")),
        endpoint=fields.text("endpoint"),
        pseudonym_scope=fields.text("pseudonym_scope"),
        draft=_draft(draft) if draft else None,
        ticket=fields.text_or_none("ticket"),
        queued_at=fields.moment("queued_at"),
        attempts=fields.whole("attempts"),
        last_error=fields.text_or_none("last_error"),
        quarantined=fields.text_or_none("quarantined"),
        kept_until=fields.text_or_none("kept_until"),
        seen_at=None if fields.values.get("seen_at") is None else fields.moment("seen_at"),
        wait_seconds=fields.seconds("wait_seconds"),
        asked_to_wait=fields.values.get("asked_to_wait") is True,
        waited_seconds=fields.seconds("waited_seconds"),
    )


def _archive(fields: _Fields, folder: Path, key_file: Path) -> Archive:
    values: dict[str, Any] = {
        "bundle_id": fields.text("bundle_id"),
        "size_bytes": fields.whole("size_bytes"),
        "sha256": fields.text("sha256"),
        "made_at": fields.moment("made_at"),
        "volume_bytes": fields.whole("volume_bytes") or None if fields.values.get("volume_bytes") else None,
        "members": (),
        "skipped": (),
        "facts": {},
        "counts": {},
    }
    if (folder / OPEN_NAME).exists():
        return Archive(file=folder / OPEN_NAME, **values)
    return SealedArchive(file=folder / SEALED_NAME, key_file=key_file, **values)


def receipt_to_json(receipt: Receipt) -> bytes:
    """The receipt, for its file."""
    return _to_json({f.name: getattr(receipt, f.name) for f in dataclasses.fields(receipt)})


def receipt_from_json(data: bytes) -> Receipt:
    """The receipt of a file. Raise ``DamagedRecord``."""
    fields = _Fields.of(data)
    texts = {
        name: fields.text(name) for name in ("bundle_id", "endpoint", "ticket", "link", "sha256", "pseudonym_scope")
    }
    return Receipt(
        **texts,
        size_bytes=fields.whole("size_bytes"),
        delivered_at=fields.moment("delivered_at"),
        consent=_consent(fields.inner("consent")),
    )


def dropped_to_json(dropped: Dropped) -> bytes:
    """The record of a bundle that was given up, for its file."""
    return _to_json({f.name: getattr(dropped, f.name) for f in dataclasses.fields(dropped)})


def dropped_from_json(data: bytes) -> Dropped:
    """The record of a file. Raise ``DamagedRecord``."""
    fields = _Fields.of(data)
    return Dropped(
        bundle_id=fields.text("bundle_id"),
        endpoint=fields.text("endpoint"),
        ticket=fields.text_or_none("ticket"),
        size_bytes=fields.whole("size_bytes"),
        sha256=fields.text("sha256"),
        queued_at=fields.moment("queued_at"),
        attempts=fields.whole("attempts"),
        dropped_at=fields.moment("dropped_at"),
        reason=fields.text("reason"),
        kept_until=fields.text_or_none("kept_until"),
    )


def _consent(fields: _Fields) -> Consent:
    how = fields.text("how")
    if how not in ("asked", "flag", "notified", "policy"):
        raise DamagedRecord(f"'{how}' is no way to consent")
    return Consent(
        archive_sha256=fields.text("archive_sha256"),
        given_by=fields.text("given_by"),
        how=cast("Literal['asked', 'flag', 'notified', 'policy']", how),
        given_at=fields.moment("given_at"),
    )


_DRAFT_TEXTS = (
    "idempotency_key", "subject", "description", "product", "computer_id", "operating_system", "account", "version",
)  # fmt: skip


def _draft(fields: _Fields) -> TicketDraft:
    texts = {name: fields.text(name) for name in _DRAFT_TEXTS}
    try:
        severity = Severity(fields.whole("severity"))
    except ValueError as error:
        raise DamagedRecord("no such severity") from error
    cloud = fields.get("cloud", (bool, type(None)), "yes, no or null")
    return TicketDraft(**texts, severity=severity, cloud=cloud)


def _to_json(values: Mapping[str, object]) -> bytes:
    return json.dumps({"format": FORMAT, **values}, default=_plain, indent=1).encode("ascii")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, TicketDraft | Consent):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    raise TypeError(type(value).__name__)


@dataclass(frozen=True, slots=True)
class _Fields:
    """A JSON object whose values are taken by name and type."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, data: bytes) -> _Fields:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise DamagedRecord("it is not JSON") from error
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise DamagedRecord(f"it is not of format {FORMAT}; a newer program may have written it")
        return cls(values)

    def get(self, name: str, kinds: type | tuple[type, ...], shape: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, kinds):
            raise DamagedRecord(f"'{name}' is not {shape}")
        return value

    def inner(self, name: str) -> _Fields:
        return _Fields(self.get(name, dict, "an object"))

    def text(self, name: str) -> str:
        return str(self.get(name, str, "a text"))

    def text_or_none(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def whole(self, name: str) -> int:
        value: int = self.get(name, int, "a whole number")
        if isinstance(value, bool) or value < 0:
            raise DamagedRecord(f"'{name}' is not a whole number")
        return value

    def seconds(self, name: str) -> float:
        """A time span; none where an older program wrote none."""
        value: float = self.get(name, (int, float), "a number") if name in self.values else 0.0
        if not 0 <= value < _LONGEST_SECONDS:
            raise DamagedRecord(f"'{name}' is no time span")
        return float(value)

    def moment(self, name: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise DamagedRecord(f"'{name}' is not a time") from error
        if value.tzinfo is None:
            raise DamagedRecord(f"'{name}' is a time without a zone")
        return value
