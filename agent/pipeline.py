"""The one way from a plan to an outcome: collect, redact, pack, gate, preview, deliver.

Every front calls ``make_bundle`` and ``send`` and nothing below them. What a front must decide (does the
person agree?) it hands in as a function; what it shows arrives as events. No stage here prints or reads
configuration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent import delivery, gate, identity
from agent.archive import RulesetInfo, pack
from agent.collect import collect
from agent.disk_room import within_disk
from agent.endpoints import Endpoint, require_place
from agent.errors import Busy, ClosedTicket, NotEnrolled, TooLarge, UnknownTicket, Unreachable, Untrusted
from agent.events import Archived, Gated, Progress, ignore_progress
from agent.flow import Archive, Consent, Declined, ExistingTicket, NewTicket, Outcome, Plan, Queued, Ticket, TicketDraft
from agent.outbox import Entry, Outbox
from agent.redact import Crew, LocalFacts, Redactor, RuleSet, redact
from agent.workspace import compiled_rules, private_work_folder
from collectors import Artifact, Fact, RequestItem, Skipped

Agree = Callable[[Archive], Consent | None]
"""Shows a finished archive to whoever must agree; ``None`` means no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A finished archive with what the ticket's own words need beside it."""

    archive: Archive
    account: str  # as it is, for the ticket; in the archive it is a pseudonym
    redactor: Redactor


def check_ticket(plan: Plan, endpoint: Endpoint) -> Ticket | None:
    """Ask the endpoint, before anything is gathered, whether this bundle could be delivered there.

    Return the ticket, or ``None`` when a new one is to be opened or the endpoint cannot be asked now (the
    delivery asks again). Raise ``UnknownTicket``, ``ClosedTicket``, ``NotEnrolled`` and their like, ``Untrusted``,
    and ``UsageError`` for a place that never was there.
    """
    require_place(endpoint)
    asked = plan.request.ticket
    try:
        if not isinstance(asked, ExistingTicket):
            endpoint.check()
            return None
        ticket = endpoint.look_up(asked.number)
    except Untrusted:
        raise
    except Unreachable:
        return None
    if asked.queue and ticket.queue and asked.queue != ticket.queue:
        raise UnknownTicket(f"There is no ticket {asked.queue}-{ticket.number}: it is {ticket.queue}-{ticket.number}.")
    if not ticket.accepts_bundles:
        raise ClosedTicket(f"Ticket {ticket.number} ({ticket.subject}) is {ticket.status.lower()} and takes no bundle.")
    return ticket


def make_bundle(
    plan: Plan,
    rules: RuleSet,
    *,
    state: Path,
    scope: str,
    work: Path,
    output: Path,
    progress: Progress,
    workers: int | None = None,
) -> Bundle:
    """Gather, redact, pack and gate; the archive is at ``output``, owner-only, or there is none.

    ``scope`` keys the pseudonyms, ``work`` is a private folder. At most ``workers`` processes redact (without it, one
    for each core, up to two), and as many threads pack, up to three (without it, one for each core); the archive's
    bytes do not depend on it. Raise ``NothingGathered``, ``StorageError``, ``GateRefused``, ``TooLarge``.
    """
    account = plan.request.account or _account_on_this_machine(plan)
    known = LocalFacts.of_this_machine([("mail" if "@" in account else "user", account)] if account else [])
    key = identity.pseudonym_key(state, scope)
    make_redactor = partial(Redactor, rules, key, known, plan.keep_hosts, compiled=compiled_rules(state))
    redactor = make_redactor()
    crew = Crew(redactor, make_redactor, work, count=workers)
    gathered = within_disk(_gathered, plan, progress, work, output.parent)
    with closing(redact(gathered, redactor, work, progress, crew)) as items:
        archive = pack(
            items,
            plan,
            RulesetInfo(version=rules.version, families=rules.families),
            output,
            progress,
            redact_text=lambda text: redactor.text(text)[0],
            threads=workers,
            signing_key=identity.signing_key(state),
        )
    with _removed_unless_released(output):
        progress(Archived(archive=archive))
        report = _gated(archive, plan, redactor)
    progress(Gated(members=report.members, scanned_bytes=report.scanned_bytes))
    return Bundle(archive=archive, account=account, redactor=redactor)


def _gated(archive: Archive, plan: Plan, redactor: Redactor) -> gate.GateReport:
    """What the gate says of an archive that may leave. Raise ``GateRefused`` and ``TooLarge`` for another."""
    report = gate.require_clean(archive.file, redactor.known_everywhere, _way_round)
    most_bytes = plan.volumes_bytes or plan.limit_bytes
    if archive.size_bytes > most_bytes:
        raise TooLarge(
            f"The bundle has {archive.size_bytes:,} bytes; at most {most_bytes:,} may be sent.",
        )
    return report


def _way_round(finds: Iterable[gate.Find]) -> str:
    """What to do: the bundle's own pages and names only repeat what stands in a file, so that is left out."""
    names = sorted({find.member.rpartition("/")[2] for find in finds if "/" in find.member})
    options = " ".join(f"--exclude '{name}'" for name in names[:5]) or "--exclude"
    return (
        f"Nothing was sent and the bundle was destroyed. Leave that out: {options}. "
        "And please report the rule's name: redaction should have caught it first."
    )


@contextmanager
def _removed_unless_released(file: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _gathered(plan: Plan, progress: Progress) -> Iterator[Artifact | Fact | Skipped]:
    yield from plan.skipped
    yield from collect(plan, progress)


def _account_on_this_machine(plan: Plan) -> str:
    """The account as the application's own files tell it, or ""; gathered first, so that redaction knows it."""
    steps = tuple(step for step in plan.steps if step.collector == "account")
    for item in collect(dataclasses.replace(plan, steps=steps), ignore_progress):
        if isinstance(item, Fact) and item.item is RequestItem.ACCOUNT:
            return item.value
    return ""


def send(
    plan: Plan, rules: RuleSet, *, state: Path, outbox: Outbox, endpoint: Endpoint, agree: Agree, progress: Progress
) -> Outcome:
    """The whole job: check the ticket, make the bundle, ask, deliver; queue when nobody answers.

    The caller has checked the ticket already when it wants to show it; asking twice costs one request.
    """
    assert plan.endpoint is not None
    assert plan.request.ticket is not None
    check_ticket(plan, endpoint)
    with made(plan, rules, state=state, outbox=outbox, progress=progress) as (bundle, scope):
        consent = agree(bundle.archive)
        if consent is None:
            return Declined()
        ticket = plan.request.ticket
        target = draft(plan, bundle) if isinstance(ticket, NewTicket) else ticket.number
        entry = outbox.put(bundle.archive, target, consent, plan.endpoint, scope, progress=progress)
    return _delivered(entry, outbox, endpoint, progress)


@contextmanager
def made(
    plan: Plan, rules: RuleSet, *, state: Path, outbox: Outbox, progress: Progress, name: str = ""
) -> Iterator[tuple[Bundle, str]]:
    """The bundle of the plan and the scope of its pseudonyms; its file goes with the context. Raise ``AgentError``.

    The file is called ``name``, or by the bundle's id.
    """
    scope = pseudonym_scope(plan, outbox)
    with private_work_folder(state) as work:
        output = work / (name or f"sendlogs-{plan.bundle_id}.7z")
        yield make_bundle(plan, rules, state=state, scope=scope, work=work, output=output, progress=progress), scope


def send_made(
    archive: Archive,
    ticket: str,
    consent: Consent,
    address: str,
    scope: str,
    *,
    outbox: Outbox,
    endpoint: Endpoint,
    progress: Progress,
) -> Outcome:
    """Deliver an archive that ``make_bundle`` made before, under ``scope``, to a ticket of the endpoint at ``address``.

    Queue it when nobody answers. Raise ``StorageError`` if its file is not the one that its hash names any more.
    """
    return _delivered(
        outbox.put(archive, ticket, consent, address, scope, progress=progress), outbox, endpoint, progress
    )


def _delivered(entry: Entry, outbox: Outbox, endpoint: Endpoint, progress: Progress) -> Outcome:
    try:
        return delivery.deliver(entry, outbox, endpoint, progress)
    except (Unreachable, Busy, NotEnrolled) as trouble:  # Busy: another process delivers, and may take it along
        queued = Queued(bundle_id=entry.bundle_id, reason=str(trouble))
        progress(queued)
        return queued
    except KeyboardInterrupt:
        if outbox.receipt(entry.bundle_id) is None:  # who stopped it must know that it is not over
            drop = f"'sendlogs outbox drop {entry.bundle_id}'"
            reason = f"the delivery was interrupted, and will be tried again. If nothing is to leave: {drop}."
            progress(Queued(bundle_id=entry.bundle_id, reason=reason))
        raise


def pseudonym_scope(plan: Plan, outbox: Outbox) -> str:
    """What the stand-ins of this bundle are keyed by: one scope for all bundles of a ticket, ever.

    A new ticket has no number yet, so its first bundle's id is the scope; the receipt remembers that for
    the bundles that follow.
    """
    ticket = plan.request.ticket
    if not isinstance(ticket, ExistingTicket) or plan.endpoint is None:
        return plan.bundle_id
    return outbox.scope_of(plan.endpoint, ticket.number) or f"{plan.endpoint}#{ticket.number}"


def draft(plan: Plan, bundle: Bundle) -> TicketDraft:
    """What a new ticket says. The person's words keep their names but lose their credentials."""
    request, facts, masked = plan.request, bundle.archive.facts, bundle.redactor.masked
    ticket = request.ticket
    assert isinstance(ticket, NewTicket)
    cloud = {answer.item: answer.value for answer in plan.answers}[RequestItem.CLOUD]
    return TicketDraft(
        idempotency_key=plan.bundle_id,
        subject=masked(ticket.subject),
        description=masked(request.description),
        severity=request.severity,
        product=plan.product,
        computer_id=facts.get(RequestItem.COMPUTER_ID, plan.computer_id),
        operating_system=facts.get(RequestItem.OPERATING_SYSTEM, ""),
        account=bundle.account,
        version=facts.get(RequestItem.VERSION, ""),
        cloud=None if cloud is None else cloud == "yes",
    )
