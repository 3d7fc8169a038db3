"""``sendlogs crashes``: which applications crashed while the service ran, and the copies of their logs that it kept.

The copies themselves are read, so that this needs no running service; sending one is ``sendlogs send --crash``.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.session import open_session, typed_command
from agent.errors import UsageError
from agent.watch import snapshot

command = verb_group(
    "crashes",
    example="sendlogs crashes list",
    told="See which applications crashed while the service ran, and what was kept of their logs. Nothing is sent.",
)


def kept(crash_id: str) -> Path:
    """The folder of the snapshot of that id. Raise ``UsageError``."""
    for folder in snapshot.snapshots(open_session().state):
        if folder.name == crash_id:
            return folder
    raise UsageError(f"No crash '{crash_id}' is kept.", advice="See: sendlogs crashes list")


@command.add_command
@verb(name="list", example="sendlogs crashes list")
def list_crashes(output: Output) -> None:
    """List the crashes of which logs are kept, oldest first: when, which application, and where the logs lie."""
    begin = typed_command(os.environ)
    for folder in snapshot.snapshots(open_session().state):
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
    snapshot.forget(kept(crash_id))
    output.record("dismissed", {"crash_id": crash_id}, "Removed.")
