"""``sendlogs outbox``: the bundles that wait for a receipt."""

from __future__ import annotations

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.plain import size
from agent.cli.session import open_session
from agent.errors import EXIT_QUEUED, EndpointError

command = verb_group("outbox", example="sendlogs outbox list", told="List, deliver or drop the bundles that wait.")


@command.add_command
@verb(name="list", example="sendlogs outbox list")
def list_entries(output: Output) -> None:
    """List what waits: its id, size, where it goes, how often that was tried, and what kept it."""
    box = open_session().outbox
    for entry in box.entries():
        goes_to = f"ticket {entry.ticket}" if entry.ticket else "a new ticket"
        state = entry.quarantined or entry.last_error or "not tried yet"
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
        }
        told = f"{entry.bundle_id}  {entry.queued_at:%Y-%m-%d %H:%M} UTC  {size(entry.archive.size_bytes)}"
        output.record("waiting", values, f"{told}\n    {goes_to} at {entry.endpoint}, {entry.attempts} tries: {state}")
    for broken in box.damaged():
        told = f"{broken.name}  damaged: {broken.reason}"
        output.record("damaged", {"bundle_id": broken.name, "reason": broken.reason}, told)


@command.add_command
@verb(name="retry", example="sendlogs outbox retry")
def retry_entries(output: Output) -> int | None:
    """Try to deliver everything that waits, once each; what was delivered before is not sent again.

    Exit code 0: nothing waits any more; 4: something still waits; 20: something can never be delivered as it is.
    """
    from agent import delivery, workspace
    from agent.flow import Queued, Receipt

    session = open_session()
    workspace.sweep(session.state)
    outcomes = delivery.retry(session.outbox, session.connect, output.event)
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            output.say(f"Delivered: ticket {outcome.ticket}\n  {outcome.link}\n  SHA-256 {outcome.sha256}")
        elif isinstance(outcome, delivery.Quarantined):
            values = {"bundle_id": outcome.bundle_id, "reason": outcome.reason}
            output.record("quarantined", values, f"Cannot be delivered: {outcome.bundle_id}: {outcome.reason}")
    if any(isinstance(outcome, delivery.Quarantined) for outcome in outcomes):
        output.note("Look at it with 'sendlogs outbox list', or remove it with 'sendlogs outbox drop ID'.")
        return EndpointError.exit_code
    return EXIT_QUEUED if any(isinstance(outcome, Queued) for outcome in outcomes) else None


@command.add_command
@verb(name="drop", example="sendlogs outbox drop 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@click.argument("bundle_id", metavar="ID")
def drop_entry(output: Output, bundle_id: str) -> None:
    """Remove a waiting bundle for good."""
    open_session().outbox.drop(bundle_id)
    output.record("dropped", {"bundle_id": bundle_id}, f"Removed {bundle_id}; it was not sent.")
