"""``sendlogs send``: the whole job, from the question to the receipt."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import click

from agent import consent, delivery, pipeline
from agent.cli import interview
from agent.cli.crashes import kept, sending
from agent.cli.options import RequestWords, request_options, verb
from agent.cli.output import Output
from agent.cli.request import make_request, may_ask, planned, progress_of, tell_missing_profiles
from agent.cli.session import Session, open_session
from agent.errors import EXIT_DECLINED, EXIT_QUEUED, AgentError, Busy, UsageError
from agent.events import Planned
from agent.flow import Archive, Consent, Declined, ExistingTicket, Outcome, Plan, Queued, Receipt, Ticket
from agent.watch import snapshot
from agent.wording import counted


@verb(example='sendlogs send --profile nginx --new "502 since noon" --severity 2 --to desk:https://desk.example')
@request_options
@click.option("--crash", "crash_id", metavar="ID", help="With what was kept of this crash; see 'sendlogs crashes'.")
@click.option("--dry-run", is_flag=True, help="Check the ticket and show the plan; gather and send nothing.")
def command(output: Output, words: RequestWords, *, crash_id: str | None, dry_run: bool) -> int | None:
    """Gather a bundle, remove what support must not see, and attach it to a ticket, new or existing.

    On a terminal it asks for what is missing and before anything leaves; elsewhere, add --yes. Exit code 4: it
    could not be delivered now and waits in the outbox; 5: you said no.
    """
    asking = may_ask(output, words)
    if not (asking or words.yes or dry_run):
        raise UsageError("Nobody is here to say yes.", advice="Add --yes to send without being asked.")
    session = open_session()
    tell_missing_profiles(output, session)
    crash = kept(session, crash_id) if crash_id else None
    words = _with(words, crash) if crash else words
    session.step_aside()
    endpoint = session.connect(session.endpoint(words.to))
    plan = planned(make_request(words, session, asking=asking, purpose="send"), session, looking=dry_run)
    ticket = pipeline.check_ticket(plan, endpoint)
    _tell_ticket(output, plan, ticket)
    if asking or dry_run:
        output.say("\n".join(interview.plan_lines(plan)))
    output.event(Planned(plan=plan))
    if dry_run:
        return None
    with sending(session, crash, plan.bundle_id) if crash else contextlib.nullcontext():
        outcome = pipeline.send(
            plan,
            session.rules,
            state=session.state,
            outbox=session.outbox,
            endpoint=endpoint,
            agree=_agreement(output, _where(plan), asking=asking),
            progress=progress_of(output, words),
        )
    _tell(output, outcome)
    if crash is not None and isinstance(outcome, Receipt | Queued):
        snapshot.forget(crash)
    if isinstance(outcome, Receipt):
        _deliver_the_rest(output, session)
    return {Queued: EXIT_QUEUED, Declined: EXIT_DECLINED}.get(type(outcome))


def _tell_ticket(output: Output, plan: Plan, ticket: Ticket | None) -> None:
    if ticket is not None:
        output.note(f"Ticket {ticket.number}: {ticket.subject} ({ticket.status})")
    elif isinstance(plan.request.ticket, ExistingTicket):
        output.note("The endpoint cannot be asked about this ticket now; it is asked again before anything leaves.")


def _with(words: RequestWords, crash: Path) -> RequestWords:
    """The request for what was kept of a crash too, of its application unless another is said."""
    profile = words.profile or snapshot.told(crash).get("profile")
    return dataclasses.replace(words, profile=profile, log_folders=(*words.log_folders, crash))


def _where(plan: Plan) -> str:
    ticket = plan.request.ticket
    return f"{plan.endpoint}, " + (f"ticket {ticket.number}" if isinstance(ticket, ExistingTicket) else "a new ticket")


def _agreement(output: Output, where: str, *, asking: bool) -> pipeline.Agree:
    def agree(archive: Archive) -> Consent | None:
        output.quiet()
        if not asking:
            output.note(interview.summary(archive))
            return consent.given(archive, "flag", datetime.now(UTC))
        agreed = interview.ask_agreement(archive, where)
        return consent.given(archive, "asked", datetime.now(UTC)) if agreed else None

    return agree


def _tell(output: Output, outcome: Outcome) -> None:
    match outcome:
        case Receipt():
            output.say(f"Ticket {outcome.ticket}\nLink    {outcome.link}\nSHA-256 {outcome.sha256}")
        case Queued():
            output.say(
                f"queued: {outcome.reason}\n"
                f"Bundle {outcome.bundle_id} waits in the outbox; the next 'sendlogs send' or 'sendlogs outbox retry' "
                "delivers it."
            )
        case Declined():
            output.record("declined", {}, "Nothing was sent, and nothing was kept.")


def _deliver_the_rest(output: Output, session: Session) -> None:
    """Deliver what waited from before; its troubles are told, and do not spoil this delivery's success."""
    try:
        entries = session.outbox.entries()
        if not entries:
            return
        if waiting := sum(entry.quarantined is None for entry in entries):  # of others the too old are given up
            output.note(f"{counted(waiting, 'older bundle')} in the outbox: tried too.")
        outcomes = delivery.retry(session.outbox, session.connect, output.event)
    except Busy:
        return  # another process delivers them right now
    except AgentError as trouble:
        output.note(f"What waits in the outbox could not be tried: {trouble} {trouble.advice}".rstrip())
        return
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            output.say(f"Delivered from the outbox: ticket {outcome.ticket}, SHA-256 {outcome.sha256}")
