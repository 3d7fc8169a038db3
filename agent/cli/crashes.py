"""``sendlogs crashes``: which applications crashed while the service ran, and the copies of their logs that it kept.

The copies themselves are read, so that this needs no running service; sending one is ``sendlogs send --crash``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from agent import file_lock
from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.session import Session, open_session, typed_command
from agent.errors import UsageError
from agent.watch import snapshot

command = verb_group(
    "crashes",
    example="sendlogs crashes list",
    told="See which applications crashed while the service ran, and what was kept of their logs. Nothing is sent.",
)


def kept(session: Session, crash_id: str) -> Path:
    """The folder of the snapshot of that id. Raise ``UsageError``."""
    for folder in snapshot.snapshots(session.state):
        if folder.name == crash_id:
            return folder
    raise UsageError(f"No crash '{crash_id}' is kept.", advice="See: sendlogs crashes list")


@contextlib.contextmanager
def sending(session: Session, folder: Path, bundle_id: str) -> Iterator[None]:
    """Held while this bundle is made of a snapshot and leaves, so that no other one takes it too.

    Raise ``Busy`` while another is sent, ``UsageError`` for one that was removed or is in a bundle already.
    """
    with file_lock.hold(session.state / "watch" / ".sending.lock", "What was kept of a crash is being sent right now."):
        if not folder.is_dir():
            raise UsageError("What was kept of that crash was sent or removed meanwhile.")
        before = str(snapshot.told(folder).get("bundle_id", ""))
        waiting = {entry.bundle_id for entry in session.outbox.entries()}
        if before and (before in waiting or session.outbox.receipt(before)):
            snapshot.forget(folder)  # whoever sent it was ended before they could
            raise UsageError(f"That crash is in the bundle {before} already.", advice="See: sendlogs outbox list")
        snapshot.note_bundle(folder, bundle_id)
        yield


@command.add_command
@verb(name="list", example="sendlogs crashes list")
def list_crashes(output: Output) -> None:
    """List the crashes of which logs are kept, oldest first: when, which application, and where the logs lie."""
    begin = typed_command(os.environ)
    folders = snapshot.snapshots(open_session().state)
    if not folders:
        output.note("No crash is kept.")
    for folder in folders:
        told = snapshot.told(folder)
        profile, at, crash = (str(told.get(name, "?")) for name in ("profile", "crashed_at", "crash"))
        logs = told.get("logs")
        files = sum("file" in line for line in logs) if isinstance(logs, list) else 0
        values = {"crash_id": folder.name, "profile": profile, "at": at, "seen": crash, "files": files}
        lines = [
            f"{folder.name}  '{profile}' crashed, {at}, as {crash} tells",
            f"    the ends of {files} logs: {folder}",
            f"    {begin} send --crash {folder.name}, or: {begin} crashes dismiss {folder.name}",
        ]
        output.record("crash", {**values, "folder": str(folder)}, "\n".join(lines))


@command.add_command
@verb(name="dismiss", example="sendlogs crashes dismiss 20261126T103012123456Z-nginx")
@click.argument("crash_id", metavar="ID")
def dismiss(output: Output, crash_id: str) -> None:
    """Remove what was kept of a crash; the application's own logs stay as they are."""
    snapshot.forget(kept(open_session(), crash_id))
    output.record("dismissed", {"crash_id": crash_id}, "Removed.")
