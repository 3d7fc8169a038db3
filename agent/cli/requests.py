"""``sendlogs requests``: what champions ask of this computer, and the person's answer.

The running service is asked; it alone decides. What would be gathered is worked out here, from the same settings.
"""

from __future__ import annotations

from typing import Any

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.service import ask
from agent.errors import UsageError

command = verb_group(
    "requests",
    example="sendlogs requests list",
    told="See what champions ask of this computer, and answer. Exit code 10: no service answers.",
)

_ID = click.argument("request_id", metavar="ID")


@command.add_command
@verb(name="list", example="sendlogs requests list")
def list_requests(output: Output) -> None:
    """List the requests that wait, are in work, or ended lately: who asks, for what, and what came of it."""
    for request in _all():
        output.record("request", request, _line(request))


@command.add_command
@verb(name="show", example="sendlogs requests show 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@_ID
def show(output: Output, request_id: str) -> None:
    """Show who asks, why, and what would be gathered, from where."""
    from agent.cli import interview
    from agent.cli.errand_requests import request_of
    from agent.cli.plain import jsonable
    from agent.cli.request import planned
    from agent.cli.session import open_session

    found = next((request for request in _all() if request["request_id"] == request_id), None)
    if found is None:
        raise UsageError(f"There is no request {request_id}.", advice="See: sendlogs requests list")
    if not found["profile"]:
        output.record("request", {**found, "plan": None}, _line(found))
        return
    session = open_session()
    plan = planned(request_of(found, session), session, looking=True)
    text = "\n".join([_line(found), "", *interview.plan_lines(plan)])
    output.record("request", {**found, "plan": jsonable(plan)}, text)


@command.add_command
@verb(name="allow", example="sendlogs requests allow 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f --exclude '*.db'")
@_ID
@click.option("--exclude", metavar="GLOB", multiple=True, help="Leave out these paths of the bundle; may be repeated.")
def allow(output: Output, request_id: str, exclude: tuple[str, ...]) -> None:
    """Say yes: the service gathers the bundle, redacts it, and adds it to the ticket."""
    _answer(output, "allow", request_id, "Allowed; it is gathered now.", exclude=list(exclude))


@command.add_command
@verb(
    name="decline",
    example="sendlogs requests decline 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f --words 'Not on this computer'",
)
@_ID
@click.option("--words", metavar="TEXT", default="", help="What the champion is told, up to 1,000 characters.")
def decline(output: Output, request_id: str, words: str) -> None:
    """Say no: nothing is gathered, and the champion is told, with your words."""
    _answer(output, "decline", request_id, "Declined; nothing is gathered.", words=words)


@command.add_command
@verb(name="later", example="sendlogs requests later 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@_ID
def later(output: Output, request_id: str) -> None:
    """Say not now: the champion is told, and the request waits on for your answer until it expires."""
    _answer(output, "later", request_id, "The champion is told; it waits on.")


def _answer(output: Output, answer: str, request_id: str, sentence: str, **more: object) -> None:
    told = ask(answer, request_id=request_id, **more)["request"]
    assert isinstance(told, dict)
    output.record("request", told, sentence)


def _all() -> list[dict[str, Any]]:
    found = ask("requests")["requests"]
    assert isinstance(found, list)
    return found


def _line(request: dict[str, Any]) -> str:
    state = request["outcome"] or request["step"]
    if not request["profile"]:
        return f"{request['request_id']}  {state} {request['words']}".rstrip()
    head = f"{request['request_id']}  {state}" + (f": {request['words']}" if request["words"] else "")
    asks = f"    {request['requester']} asks for '{request['profile']}', for ticket {request['ticket']}"
    lines = [head, f"{asks}, until {request['expires_at']}", f"    {request['reason']}"]
    if request["step"] == "asking":
        lines.append(f"    Answer: sendlogs requests show|allow|decline|later {request['request_id']}")
    return "\n".join(lines)
