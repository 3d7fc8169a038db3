"""``sendlogs outbox``: the bundles that wait for a receipt."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.plain import size
from agent.cli.session import open_session
from agent.errors import EXIT_QUEUED, EndpointError, UsageError
from agent.outbox import Outbox
from agent.wording import counted

_LEAST_OF_ID = 6  # characters by which a bundle may be named, as a request may

command = verb_group("outbox", example="sendlogs outbox list", told="List, deliver or drop the bundles that wait.")


@command.add_command
@verb(name="list", example="sendlogs outbox list")
def list_entries(output: Output) -> None:
    """List what waits: where it goes, what kept it, how far its delivery is, or when it is tried again."""
    from agent.delivery_times import due_at

    box, now = open_session().outbox, datetime.now(UTC)
    delivering = box.delivering()
    entries = box.entries()
    for entry in entries:
        goes_to = f"ticket {entry.ticket}" if entry.ticket else "a new ticket"
        state = entry.quarantined or entry.last_error or "not tried yet"
        due = due_at(entry, now)
        values = {
            "bundle_id": entry.bundle_id,
            "endpoint": entry.endpoint,
            "ticket": entry.ticket,
            "queued_at": entry.queued_at,
            "size_bytes": entry.archive.size_bytes,
            "sha256": entry.archive.sha256,
            "attempts": entry.attempts,
            "last_error": entry.last_error,
            "quarantined": entry.quarantined,
            "next_attempt_at": None if entry.quarantined else due,
            "sent_bytes": None,
        }
        if delivering is not None and delivering.bundle_id == entry.bundle_id:
            values["sent_bytes"] = delivering.sent_bytes
            when = f"being sent: {size(delivering.sent_bytes)} of {size(delivering.total_bytes)}"
        elif entry.quarantined:
            when = f"quarantined: mend the cause, then 'sendlogs outbox retry {entry.bundle_id}'; or 'outbox drop' it"
        else:
            when = f"next attempt: {'the next time' if due <= now else f'{due:%Y-%m-%d %H:%M} UTC'}"
        told = f"{entry.bundle_id}  {entry.queued_at:%Y-%m-%d %H:%M} UTC  {size(entry.archive.size_bytes)}"
        tried = f"{goes_to} at {entry.endpoint}, {counted(entry.attempts, 'try')}: {state}"
        output.record("waiting", values, f"{told}\n    {tried}\n    {when}")
    damaged = box.damaged()
    if not (entries or damaged):
        output.note("Nothing waits to be delivered.")
    for broken in damaged:
        told = f"{broken.name}  damaged: {broken.reason}"
        output.record("damaged", {"bundle_id": broken.name, "reason": broken.reason}, told)


@command.add_command
@verb(name="retry", example="sendlogs outbox retry")
@click.argument("bundle_id", metavar="[ID]", required=False)
@click.option("--due", is_flag=True, help="Only what is due; for schedulers.")
def retry_entries(output: Output, bundle_id: str | None, *, due: bool) -> int | None:
    """Try to deliver everything that waits, once each; what was delivered before is not sent again.

    With ID, or six characters of it, try that bundle alone, even a quarantined one. Exit code 0: nothing waits any
    more (with --due: that is due); 4: something still waits; 20: something can never be delivered as it is, or was
    given up.
    """
    from agent import delivery, workspace
    from agent.events import GivenUp
    from agent.flow import Queued, Receipt

    if due and bundle_id:
        raise UsageError("--due is for all bundles.", advice="Leave out --due or the ID.")
    session = open_session()
    workspace.sweep(session.state)
    only = _meant(session.outbox, bundle_id) if bundle_id else None
    outcomes = delivery.retry(session.outbox, session.connect, output.event, only=only, due_only=due)
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            output.say(f"Delivered: ticket {outcome.ticket}\n  {outcome.link}\n  SHA-256 {outcome.sha256}")
        elif isinstance(outcome, delivery.Quarantined):
            values = {"bundle_id": outcome.bundle_id, "reason": outcome.reason}
            output.record("quarantined", values, f"Cannot be delivered: {outcome.bundle_id}: {outcome.reason}")
    if any(isinstance(outcome, delivery.Quarantined | GivenUp) for outcome in outcomes):
        output.note(
            "Mend the cause and run 'sendlogs outbox retry ID', or remove it with 'sendlogs outbox drop ID'. "
            "What was given up stands in 'sendlogs outbox dropped'."
        )
        return EndpointError.exit_code
    return EXIT_QUEUED if any(isinstance(outcome, Queued) for outcome in outcomes) else None


@command.add_command
@verb(name="dropped", example="sendlogs outbox dropped")
def list_dropped(output: Output) -> None:
    """List what was removed from the outbox without being delivered: when, where it should have gone, and why."""
    dropped = open_session().outbox.dropped()
    if not dropped:
        output.note("Nothing was dropped.")
    for record in dropped:
        goes_to = f"ticket {record.ticket}" if record.ticket else "a new ticket"
        told = f"{record.bundle_id}  {record.dropped_at:%Y-%m-%d %H:%M} UTC  {size(record.size_bytes)}"
        text = f"{told}\n    for {goes_to} at {record.endpoint}, {counted(record.attempts, 'try')}: {record.reason}"
        text += f" It is there without a ticket until {record.kept_until}." if record.kept_until else ""
        output.record("dropped", {name: getattr(record, name) for name in record.__slots__}, text)


@command.add_command
@verb(name="drop", example="sendlogs outbox drop 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@click.argument("bundle_id", metavar="ID")
def drop_entry(output: Output, bundle_id: str) -> None:
    """Remove a waiting bundle for good. That it was there stands in 'sendlogs outbox dropped'.

    Six characters of its ID are enough where no other one begins so.
    """
    outbox = open_session().outbox
    bundle_id = _meant(outbox, bundle_id)
    kept_until = outbox.drop(bundle_id).kept_until
    left = f"it has left, and is kept without a ticket until {kept_until}" if kept_until else "it was not sent"
    output.record("dropped", {"bundle_id": bundle_id, "kept_until": kept_until}, f"Removed {bundle_id}; {left}.")


def _meant(outbox: Outbox, written: str) -> str:
    """The ID that begins with what was written, if that is long enough and no other one does; else what was written."""
    meant = [entry.bundle_id for entry in outbox.entries() if entry.bundle_id.startswith(written)]
    return meant[0] if len(written) >= _LEAST_OF_ID and len(meant) == 1 else written
