"""``sendlogs doctor``: what on this computer would keep a bundle from arriving."""

from __future__ import annotations

import os

import click

from agent.cli.options import verb
from agent.cli.output import Output
from agent.cli.session import connect
from agent.errors import Unhealthy

_MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}


@verb(example="sendlogs doctor --profile nginx --to desk:https://desk.example")
@click.option("--profile", metavar="NAME", help="Also see whether this application's logs can be read.")
@click.option("--to", "endpoint", metavar="ENDPOINT", help="The endpoint; by default the configured one.")
def command(output: Output, profile: str | None, endpoint: str | None) -> None:
    """Look for what would keep a bundle from arriving: rights, space, settings, proxy, network, clock, endpoint.

    Nothing is gathered. Exit code 12 if there is a problem; warnings alone do not count.
    """
    from agent import doctor

    problems = 0
    for finding in doctor.examine(os.environ, connect, endpoint=endpoint, profile=profile):
        told = f"{_MARKS[finding.level]}  {finding.name}: {finding.message}"
        advice = f"\n         {finding.advice}" if finding.advice else ""
        values = {"name": finding.name, "level": finding.level, "message": finding.message, "advice": finding.advice}
        output.record("finding", values, told + advice)
        problems += finding.level == "problem"
    if problems:
        count = "One problem keeps" if problems == 1 else f"{problems} problems keep"
        raise Unhealthy(f"{count} a bundle from arriving.", advice="Each is named above, with what to do.")
