"""``sendlogs requests``: what champions ask of this computer, and the person's answer.

The running service is asked; it alone decides. What would be gathered is worked out here, from the same settings.
"""

from __future__ import annotations

import os
from typing import Any

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.service import ask
from agent.cli.session import open_session, typed_command
from agent.errors import UsageError

command = verb_group(
    "requests",
    example="sendlogs requests list",
    told=(
        "See what champions ask of this computer, and answer; six characters of an ID that no other begins with are "
        "enough. Exit code 10: no service answers."
    ),
)

_ID = click.argument("request_id", metavar="ID")
_ID_CHARACTERS = 36  # of a UUID as it is written
_LEAST_CHARACTERS = 6


@command.add_command
@verb(name="list", example="sendlogs requests list")
def list_requests(output: Output) -> None:
    """List the requests that wait, are in work, or ended lately: who asks, for what, and what came of it."""
    known = _all()
    if not known:
        output.note("Nothing is asked of this computer.")
    for request in known:
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

    found = _found(request_id)
    if not found["profile"]:
        output.record("request", {**found, "plan": None}, _line(found))
        return
    session, desk = open_session(), ask("status").get("desk")
    endpoint = f"desk:{desk}" if desk else None  # the service's own: its environment may name another one than ours
    plan = planned(request_of(found, session, endpoint), session, looking=True)
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
    _answer(output, "decline", request_id, "Declined; nothing is gathered.", words=_masked(output, words))


@command.add_command
@verb(name="later", example="sendlogs requests later 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@_ID
def later(output: Output, request_id: str) -> None:
    """Say not now: the champion is told, and the request waits on for your answer until it expires."""
    _answer(output, "later", request_id, "The champion is told; it waits on.")


def _masked(output: Output, words: str) -> str:
    """``words`` as they may leave: like a ticket's description, without credentials. The person is told of a change.

    Nothing in the state folder is used: it is the service's, and root, who may answer too, must make nothing there.
    """
    from agent.redact import LocalFacts, Redactor

    if not words:
        return words
    no_key = bytes(1)  # what is masked has no stand-in
    masked = Redactor(open_session().rules, no_key, LocalFacts()).masked(words)
    if masked != words:
        output.note(f"A credential was taken out of your words; the champion is told: {masked}")
    return masked


def _answer(output: Output, answer: str, request_id: str, sentence: str, **more: object) -> None:
    if len(request_id) < _ID_CHARACTERS:
        request_id = _found(request_id)["request_id"]
    told = ask(answer, request_id=request_id, **more)["request"]
    assert isinstance(told, dict)
    output.record("request", told, sentence)


def _all() -> list[dict[str, Any]]:
    found = ask("requests")["requests"]
    assert isinstance(found, list)
    return found


def _found(typed: str) -> dict[str, Any]:
    """The request of that id, or the only one whose id begins so. Raise ``UsageError``."""
    found = [request for request in _all() if request["request_id"].startswith(typed)]
    if len(found) == 1 and len(typed) >= _LEAST_CHARACTERS:
        return found[0]
    if found:
        advice = f"Type more of it, at least {_LEAST_CHARACTERS} characters; see: sendlogs requests list"
        raise UsageError(f"'{typed}' does not say which request is meant.", advice=advice)
    raise UsageError(f"There is no request {typed}.", advice="See: sendlogs requests list")


def _line(request: dict[str, Any]) -> str:
    state = request["outcome"] or request["step"]
    if not request["profile"]:
        return f"{request['request_id']}  {state} {request['words']}".rstrip()
    head = f"{request['request_id']}  {state}" + (f": {request['words']}" if request["words"] else "")
    asks = f"    {request['requester']} asks for '{request['profile']}', for ticket {request['ticket']}"
    lines = [head, f"{asks}, until {request['expires_at']}", f"    {request['reason']}"]
    if request["step"] == "asking":
        shows = f"{typed_command(os.environ)} requests show {request['request_id']}"
        lines.append(f"    Answer: {shows}, then allow, decline or later")
    return "\n".join(lines)
