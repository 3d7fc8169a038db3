"""Handing a waiting bundle over: exactly one attachment on the right ticket, however often it is tried.

What makes repeating safe: a new ticket is opened under the bundle's id as idempotency key, and its number is
on the disk before anything else happens; the attachment carries the same id, and the endpoint is asked whether
it holds it already; the receipt is on the disk before the entry goes. So a crash between any two steps leads to
the same step again, which then finds its work done.
"""

from __future__ import annotations

import dataclasses
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent import delivery_times
from agent.delivery_progress import Delivering
from agent.endpoints import AsideEndpoint, Endpoint
from agent.errors import AgentError, EndpointError, NotEnrolled, StorageError, UnknownTicket, Unreachable
from agent.events import Delivered, GivenUp, Progress, Uploading
from agent.flow import Archive, Queued, Receipt, Ticket
from agent.outbox import Entry, Outbox
from agent.sealed_archive import Unreadable

PATIENCE_SECONDS = 15.0  # most deliveries are over by then; a person who sends waits no longer for another one

Connect = Callable[[str], Endpoint]
"""Makes the endpoint of an address; raises ``AgentError``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """The bundle stays in the outbox but is not tried again: ``reason`` says what would refuse it each time."""

    bundle_id: str
    reason: str


Tried = Receipt | Queued | Quarantined | GivenUp
"""What became of one entry in a walk through the outbox; what a whole run came to is ``flow.Outcome``."""


def deliver(entry: Entry, outbox: Outbox, endpoint: Endpoint, progress: Progress) -> Receipt:
    """Deliver one entry, and let it go from the outbox. A bundle delivered before gives its receipt again.

    Raise ``Unreachable`` or ``NotEnrolled`` (the entry keeps waiting), another ``EndpointError`` or ``StorageError``
    (the entry is quarantined when repeating cannot help), or ``Busy`` when another process delivers for long.
    """
    with outbox.lock(wait_seconds=PATIENCE_SECONDS):
        delivered = outbox.receipt(entry.bundle_id)
        return delivered or _deliver(outbox.entry(entry.bundle_id), outbox, lambda _: endpoint, progress)


def retry(
    outbox: Outbox, connect: Connect, progress: Progress, *, only: str | None = None, due_only: bool = False
) -> list[Tried]:
    """Try everything that waits once, oldest first, and tell what became of each, also of the damaged.

    An endpoint that asked to wait is not asked before. ``due_only`` leaves out what is to be tried later, and looks at
    what is in quarantine once a day alone, to give up what is too old; ``only`` tries the bundle of that id, whatever
    it waits for. Raise ``Busy`` while another process delivers, ``UsageError`` when ``only`` does not wait; whatever
    befalls one entry does not keep the others.
    """
    with outbox.lock():
        now = datetime.now(UTC)
        run = _Run(outbox=outbox, connect=connect, progress=progress, forced=only is not None)
        if only is not None:
            return [run.one(outbox.entry(only))]
        if due_only:
            return [run.one(entry) for entry in outbox.entries() if delivery_times.due_at(entry, now) <= now]
        outcomes = [run.one(entry) for entry in outbox.entries()]
        damaged = [Quarantined(bundle_id=found.name, reason=found.reason) for found in outbox.damaged()]
    return [*outcomes, *damaged]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One walk through the outbox; ``asked`` is how many seconds which endpoint asked to wait in it."""

    outbox: Outbox
    connect: Connect
    progress: Progress
    forced: bool
    asked: dict[str, float] = field(default_factory=dict)

    def one(self, entry: Entry) -> Tried:
        """Try this entry, unless it is to wait; a bundle that waited too long, in vain, is given up.

        One whose state cannot be read or written now stays as it is, and keeps no other.
        """
        outcome: Tried
        try:
            outcome = self._tried_or_given_up(entry)
        except AgentError as trouble:
            stays = Queued if entry.quarantined is None else Quarantined
            outcome = stays(bundle_id=entry.bundle_id, reason=str(trouble))
        if isinstance(outcome, Queued | GivenUp):
            self.progress(outcome)
        return outcome

    def _tried_or_given_up(self, entry: Entry) -> Tried:
        outcome = self._tried_or_kept(entry)
        if isinstance(outcome, Receipt):
            return outcome
        now = self.outbox.entry(entry.bundle_id)
        if not self.outbox.is_too_old(now):
            return outcome
        why = now.quarantined or now.last_error or outcome.reason
        return self.outbox.give_up(now, f"It waited longer than bundles are kept. At last: {why}")

    def _tried_or_kept(self, entry: Entry) -> Receipt | Queued | Quarantined:
        now = datetime.now(UTC)
        if self.forced:
            return self._tried(entry)
        if entry.quarantined is not None:
            self.outbox.update(delivery_times.seen(entry, now))
            return Quarantined(bundle_id=entry.bundle_id, reason=entry.quarantined)
        if entry.endpoint in self.asked:
            seen = delivery_times.seen(entry, now)
            entry = self.outbox.update(delivery_times.to_wait(seen, self.asked[entry.endpoint], 0))
        due_at = delivery_times.due_at(entry, now)
        if entry.asked_to_wait and due_at > now:
            reason = f"The ticketing side asked to wait until {due_at:%Y-%m-%d %H:%M:%S} UTC."
            return Queued(bundle_id=entry.bundle_id, reason=reason)
        return self._tried(entry)

    def _tried(self, entry: Entry) -> Receipt | Queued | Quarantined:
        try:
            return _deliver(entry, self.outbox, self.connect, self.progress)
        except AgentError as trouble:
            if isinstance(trouble, Unreachable) and trouble.wait_seconds:
                self.asked[entry.endpoint] = trouble.wait_seconds
            if self.outbox.entry(entry.bundle_id).quarantined:
                return Quarantined(bundle_id=entry.bundle_id, reason=str(trouble))
            reason = str(trouble)
        except Exception as unexpected:
            reason = f"Something unexpected happened ({type(unexpected).__name__})."
            self.outbox.update(_after(self.outbox.entry(entry.bundle_id), AgentError(reason)))
        return Queued(bundle_id=entry.bundle_id, reason=reason)


def _deliver(entry: Entry, outbox: Outbox, connect: Connect, progress: Progress) -> Receipt:
    try:
        _require_unchanged(entry)
        endpoint = connect(entry.endpoint)
        ticket, link = _attached(entry, outbox, endpoint, progress)
    except AgentError as trouble:
        outbox.update(_after(outbox.entry(entry.bundle_id), trouble))
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


def _attached(entry: Entry, outbox: Outbox, endpoint: Endpoint, progress: Progress) -> tuple[Ticket, str]:
    """The ticket that the bundle is on, and the link to it. The ticket's number is on the disk before the bundle goes.

    A bundle whose ticket is gone is left with an endpoint that keeps such aside; that raises ``UnknownTicket`` too.
    """
    reporting = _reporting(entry, outbox, progress)
    try:
        ticket = _ticket_of(entry, endpoint)
        if ticket.number != entry.ticket:
            entry = outbox.update(dataclasses.replace(entry, ticket=ticket.number))
        return ticket, endpoint.attach(ticket, entry.archive, entry.consent, reporting)
    except UnknownTicket as gone:
        if entry.ticket is None or not isinstance(endpoint, AsideEndpoint):
            raise
        try:
            kept = endpoint.keep_aside(entry.ticket, entry.archive, entry.consent, reporting)
        except (Unreachable, NotEnrolled):
            raise  # and try both again
        except EndpointError as refused:
            raise UnknownTicket(f"{gone} It is not kept there: {refused}") from refused
        if kept.ticket is not None:
            return endpoint.look_up(kept.ticket), kept.link
        outbox.update(dataclasses.replace(entry, kept_until=kept.until))  # it has left this computer
        raise UnknownTicket(
            f"{gone} The bundle is kept there without a ticket until {kept.until}, SHA-256 {entry.archive.sha256}.",
            advice="Ask support to hang it on another ticket of this computer; then 'sendlogs outbox retry ID' tells.",
        ) from gone


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
        with archive.open() as file:
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
    final = isinstance(trouble, EndpointError | _Changed | Unreadable)
    hopeless = final and not isinstance(trouble, Unreachable | NotEnrolled)
    tried = dataclasses.replace(
        delivery_times.seen(entry, datetime.now(UTC)),
        attempts=entry.attempts + 1,
        last_error=str(trouble),
        quarantined=str(trouble) if hopeless else entry.quarantined,
    )
    asked_seconds = trouble.wait_seconds if isinstance(trouble, Unreachable) else None
    return delivery_times.to_wait(tried, asked_seconds or None, secrets.SystemRandom().random())


def _reporting(entry: Entry, outbox: Outbox, progress: Progress) -> Callable[[int, int], None]:
    def report(sent_bytes: int, total_bytes: int) -> None:
        progress(Uploading(sent_bytes=sent_bytes, total_bytes=total_bytes))
        outbox.note_progress(Delivering(bundle_id=entry.bundle_id, sent_bytes=sent_bytes, total_bytes=total_bytes))

    return report
