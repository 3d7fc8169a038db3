"""``sendlogs bundle``: everything up to the finished, redacted and scanned archive; nothing leaves."""

from __future__ import annotations

from pathlib import Path

import click

from agent import pipeline
from agent.cli.interview import summary
from agent.cli.options import FilePath, RequestWords, request_options, verb
from agent.cli.output import Output
from agent.cli.request import make_request, may_ask, planned, progress_of, tell_missing_profiles
from agent.cli.session import open_session
from agent.errors import UsageError
from agent.events import Planned
from agent.finished_file import publish, require_place_for


@verb(example="sendlogs bundle --profile nginx --since 24h --output nginx.7z")
@request_options
@click.option(
    "--output",
    "file",
    metavar="FILE.7z",
    required=True,
    type=FilePath(folder=False, whole=True),
    help="Where to put the bundle; the file must not exist.",
)
def command(output: Output, words: RequestWords, file: Path) -> None:
    """Gather, redact and pack a bundle, scan it again, and keep it here; look into it with any 7-Zip."""
    if not file.parent.is_dir():
        raise UsageError(f"There is no folder {file.parent}.", advice="Make it first, or choose another --output.")
    if file.suffix.lower() != ".7z":
        raise UsageError(f"{file.name} does not end in .7z, which the bundle is.", advice=f"Write {file.stem}.7z.")
    if file.exists():
        raise UsageError(f"{file} exists already.", advice="Choose another --output, or remove that file first.")
    require_place_for(file)
    session = open_session()
    tell_missing_profiles(output, session)
    session.step_aside()
    request = make_request(words, session, asking=may_ask(output, words), purpose="keep")
    plan = planned(request, session)
    output.event(Planned(plan=plan))
    with pipeline.made(
        plan,
        session.rules,
        state=session.state,
        outbox=session.outbox,
        progress=progress_of(output, words),
        name=file.name,
    ) as (bundle, _):
        archive = publish(bundle.archive, file)  # only what the gate released ever stands under that name
    output.record("bundle", {"file": file, "sha256": archive.sha256}, f"{summary(archive)}\n{file}")
