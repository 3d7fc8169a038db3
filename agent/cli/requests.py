"""``sendlogs requests``: what champions ask of this computer, and the person's answer.

The running service is asked; it alone decides. What would be gathered is worked out here, from the same settings.
"""

from __future__ import annotations

from typing import Any

import click

from agent.cli.options import verb, verb_group
from agent.cli.output import Output
from agent.cli.service import ask
from agent.cli.session import open_session
from agent.errors import EXIT_DECLINED, UsageError

command = verb_group(
    "requests",
    example="sendlogs requests list",
    told=(
        "See what champions ask of this computer, and answer; six characters of an ID that no other begins with are "
        "enough. Exit code 10: no service answers."
    ),
)

_ID = click.argument("request_id", metavar="ID")
_EXCLUDE = click.option(
    "--exclude", metavar="GLOB", multiple=True, help="Leave out these paths of the bundle; may be repeated."
)
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
    """Show who asks, why, and what would be gathered, from where; 'preview' then shows the bundle itself."""
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
@verb(name="preview", example="sendlogs requests preview 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f --exclude '*.db'")
@_ID
@_EXCLUDE
def preview(output: Output, request_id: str, exclude: tuple[str, ...]) -> None:
    """Gather the bundle now and keep it here, unsent, so that you can look into it with any 7-Zip.

    'allow' then sends exactly that file. Say it again with --exclude to have the bundle made anew without those paths.
    The file is removed when you have answered, or the request has ended.
    """
    from agent.cli import request_preview

    kept = request_preview.gathered(output, _found(request_id)["request_id"], exclude)
    names = ("file", "sha256", "size_bytes", "members", "skipped", "counts")
    told = {name: getattr(kept.archive, name) for name in names}
    sends = f"To send exactly that file: {request_preview.typed(kept.archive.bundle_id, 'allow')}"
    text = "\n".join([*request_preview.lines(kept), sends])
    output.record("preview", {"request_id": kept.archive.bundle_id, **told}, text)


@command.add_command
@verb(name="allow", example="sendlogs requests allow 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")
@_ID
@_EXCLUDE
@click.option("--yes", is_flag=True, help="Agree beforehand: without a preview, send what is gathered, unseen.")
def allow(output: Output, request_id: str, exclude: tuple[str, ...], *, yes: bool) -> int | None:
    """Say yes to the bundle that you had previewed: exactly that file is added to the ticket.

    Without a preview it is gathered first, and a terminal shows it and asks once more; elsewhere, add --yes. Exit
    code 5: you looked at it and said no, and the request waits on; 11: the file has changed since it was gathered.
    """
    from agent.cli import interview, request_preview

    found = _found(request_id)
    waits = found["step"] == "asking"
    kept = request_preview.ready(found, exclude) if waits else None
    if waits and kept is None and not yes:
        if not output.somebody_is_here():
            first = request_preview.typed(found["request_id"], "preview")
            advice = f"Look at it first: {first}; or add --yes to agree to it unseen."
            raise UsageError("Nobody has looked at the bundle yet.", advice=advice)
        kept = request_preview.gathered(output, found["request_id"], exclude)
        if not interview.ask_agreement(kept.archive, request_preview.where(kept)):
            output.say("Nothing is sent, and the request waits on: take files out with preview, or decline, or later.")
            return EXIT_DECLINED
    sha256 = kept.archive.sha256 if kept else ""
    sentence = f"Allowed; exactly that file is sent now: SHA-256 {sha256}" if kept else "Allowed; it is gathered now."
    _answer(output, "allow", found["request_id"], sentence, exclude=list(exclude), sha256=sha256)
    return None


@command.add_command
@verb(
    name="decline",
    example="sendlogs requests decline 4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f --words 'Not on this computer'",
)
@_ID
@click.option("--words", metavar="TEXT", default="", help="What the champion is told, up to 1,000 characters.")
def decline(output: Output, request_id: str, words: str) -> None:
    """Say no: nothing leaves this computer, and the champion is told, with your words."""
    _answer(output, "decline", request_id, "Declined; nothing leaves this computer.", words=_masked(output, words))


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
        from agent.cli.request_preview import typed

        kept = request.get("preview") or {}
        if "sha256" in kept:
            lines.append(f"    Gathered to be looked at: {kept['file']}, SHA-256 {kept['sha256']}")
        lines.append(f"    Answer: {typed(request['request_id'], 'show')}, then preview, allow, decline or later")
    return "\n".join(lines)
