"""Handing a waiting bundle over: exactly one attachment on the right ticket, however often it is tried.

What makes repeating safe: a new ticket is opened under the bundle's id as idempotency key, and its number is
on the disk before anything else happens; the attachment carries the same id, and the endpoint is asked whether
it holds it already; the receipt is on the disk before the entry goes. So a crash between any two steps leads to
the same step again, which then finds its work done.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.endpoints import Endpoint
from agent.errors import AgentError, EndpointError, NotEnrolled, StorageError, Unreachable
from agent.events import Delivered, Progress, Uploading
from agent.flow import Archive, Queued, Receipt, Ticket
from agent.outbox import Entry, Outbox

Connect = Callable[[str], Endpoint]
"""Makes the endpoint of an address; raises ``AgentError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """The bundle stays in the outbox but is not tried again: ``reason`` says what would refuse it each time."""

    bundle_id: str
    reason: str


def deliver(entry: Entry, outbox: Outbox, endpoint: Endpoint, progress: Progress) -> Receipt:
    """Deliver one entry, and let it go from the outbox. A bundle delivered before gives its receipt again.

    Raise ``Unreachable`` or ``NotEnrolled`` (the entry keeps waiting), another ``EndpointError`` or ``StorageError``
    (the entry is quarantined when repeating cannot help), or ``Busy`` while another process delivers.
    """
    with outbox.lock():
        delivered = outbox.receipt(entry.bundle_id)
        return delivered or _deliver(outbox.entry(entry.bundle_id), outbox, lambda _: endpoint, progress)


def retry(outbox: Outbox, connect: Connect, progress: Progress) -> list[Receipt | Queued | Quarantined]:
    """Try everything that waits once, oldest first, and tell what became of each, also of the damaged.

    Raise ``Busy`` while another process delivers; whatever befalls one entry does not keep the others.
    """
    with outbox.lock():
        outcomes = [_retry_one(entry, outbox, connect, progress) for entry in outbox.entries()]
        damaged = [Quarantined(bundle_id=found.name, reason=found.reason) for found in outbox.damaged()]
    return [*outcomes, *damaged]


def _retry_one(entry: Entry, outbox: Outbox, connect: Connect, progress: Progress) -> Receipt | Queued | Quarantined:
    if entry.quarantined is not None:
        return Quarantined(bundle_id=entry.bundle_id, reason=entry.quarantined)
    try:
        return _deliver(entry, outbox, connect, progress)
    except AgentError as trouble:
        if any(entry.bundle_id == now.bundle_id and now.quarantined for now in outbox.entries()):
            return Quarantined(bundle_id=entry.bundle_id, reason=str(trouble))
        reason = str(trouble)
    except Exception as unexpected:
        reason = f"Something unexpected happened ({type(unexpected).__name__})."
    queued = Queued(bundle_id=entry.bundle_id, reason=reason)
    progress(queued)
    return queued


def _deliver(entry: Entry, outbox: Outbox, connect: Connect, progress: Progress) -> Receipt:
    try:
        _require_unchanged(entry)
        endpoint = connect(entry.endpoint)
        ticket = _ticket_of(entry, endpoint)
        if ticket.number != entry.ticket:
            entry = outbox.update(dataclasses.replace(entry, ticket=ticket.number))
        link = endpoint.attach(ticket, entry.archive, entry.consent, _reporting(progress))
    except AgentError as trouble:
        outbox.update(_after(entry, trouble))
        raise
    receipt = Receipt(
        bundle_id=entry.bundle_id,
        endpoint=entry.endpoint,
        ticket=ticket.number,
        link=link,
        sha256=entry.archive.sha256,
        size_bytes=entry.archive.size_bytes,
        delivered_at=datetime.now(UTC),
        consent=entry.consent,
        pseudonym_scope=entry.pseudonym_scope,
    )
    outbox.record(receipt)
    progress(Delivered(receipt=receipt))
    return receipt


def _require_unchanged(entry: Entry) -> None:
    """Only the bytes that were agreed to may leave."""
    if _sha256(entry.archive) != entry.consent.archive_sha256:
        raise _Changed(
            f"Bundle {entry.bundle_id} is not the one that was agreed to: its bytes have changed since.",
            advice="Drop it from the outbox, and gather the bundle anew.",
        )


class _Changed(StorageError):
    """The archive no longer has the agreed hash; that does not mend itself."""


def _sha256(archive: Archive) -> str:
    try:
        with archive.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise StorageError(f"{archive.file} cannot be read: {error.strerror}.") from error


def _ticket_of(entry: Entry, endpoint: Endpoint) -> Ticket:
    """The ticket to attach to. A closed one is ``attach``'s to refuse: it may hold this bundle already."""
    if entry.ticket is not None:
        return endpoint.look_up(entry.ticket)
    assert entry.draft is not None
    return endpoint.open(entry.draft)


def _after(entry: Entry, trouble: AgentError) -> Entry:
    """The entry after a failed attempt. A missing enrolment is the device's trouble, not the bundle's."""
    hopeless = isinstance(trouble, EndpointError | _Changed) and not isinstance(trouble, Unreachable | NotEnrolled)
    return dataclasses.replace(
        entry,
        attempts=entry.attempts + 1,
        last_error=str(trouble),
        quarantined=str(trouble) if hopeless else entry.quarantined,
    )


def _reporting(progress: Progress) -> Callable[[int, int], None]:
    return lambda sent, total: progress(Uploading(sent_bytes=sent, total_bytes=total))
