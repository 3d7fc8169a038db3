"""The bundle of a request that a person looks at before the answer: have it gathered, wait for it, and show it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from agent import errors, previews
from agent.cli.interview import member_lines, summary
from agent.cli.output import Output
from agent.cli.service import ask
from agent.cli.session import typed_command, typed_path
from agent.errors import AgentError, InvalidBundle, UsageError
from agent.previews import Preview

LOOK_AGAIN_SECONDS = 0.3


def gathered(output: Output, request_id: str, exclude: Sequence[str]) -> Preview:
    """Have the service gather the bundle of that request, wait until it has, and return it. Raise ``AgentError``."""
    told = ask("preview", request_id=request_id, exclude=list(exclude))["request"]
    assert isinstance(told, dict)
    output.note("It is gathered and redacted on this computer now; nothing leaves.")
    while told["preview"]["is_being_made"]:
        time.sleep(LOOK_AGAIN_SECONDS)
        told = _now(request_id)
    if told["step"] != "asking":
        raise UsageError(f"That request waits for no answer any more: it is {told['outcome'] or told['step']}.")
    if "sha256" not in told["preview"]:
        raise _failure(told["preview"], request_id)
    return _kept(told)


def ready(request: dict[str, Any], exclude: Sequence[str]) -> Preview | None:
    """The bundle that is kept for the request, if there is one and it lacks what ``exclude`` names.

    Raise ``InvalidBundle`` and ``StorageError`` when it is not there any more as it was gathered.
    """
    about = request.get("preview") or {}  # a service of an earlier version, which still runs, tells of none
    if about.get("is_being_made") or "sha256" not in about or (exclude and set(exclude) != set(about["exclude"])):
        return None
    return _kept(request)


def where(preview: Preview) -> str:
    """To whom it would go."""
    return f"{preview.endpoint}, ticket {preview.ticket}"


def lines(preview: Preview) -> Iterable[str]:
    """The bundle as a person reads it: what is in it, where it lies, and how to look into it."""
    yield summary(preview.archive)
    yield from member_lines(preview.archive)
    yield f"Nothing has left. To look into it: 7zz x {typed_path(preview.archive.file)}"


def typed(request_id: str, word: str) -> str:
    """What a person types to have the request previewed or answered."""
    return f"{typed_command(os.environ)} requests {word} {request_id}"


def _anew(request_id: str) -> str:
    return f"Have it gathered anew: {typed(request_id, 'preview')}"


def _now(request_id: str) -> dict[str, Any]:
    known = ask("requests")["requests"]
    assert isinstance(known, list)
    found = [request for request in known if request["request_id"] == request_id]
    if not found:
        raise UsageError(f"There is no request {request_id} any more.", advice="See: sendlogs requests list")
    return dict(found[0])


def _kept(request: dict[str, Any]) -> Preview:
    about, advice = request["preview"], _anew(request["request_id"])
    try:
        preview = previews.read(Path(about["file"]).parent)
        preview.require_unchanged()
    except AgentError as error:
        error.advice = advice
        raise
    if preview.archive.sha256 != about["sha256"]:
        raise InvalidBundle("The bundle that is kept is not the one that was gathered.", advice=advice)
    return preview


def _failure(about: dict[str, Any], request_id: str) -> AgentError:
    """What kept it from being gathered, with the exit code that it has everywhere."""
    kinds = {
        kind.exit_code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, AgentError)
    }
    kind = kinds.get(about.get("exit_code", UsageError.exit_code), AgentError)
    sentence = about.get("sentence") or "The service was ended while it gathered the bundle."
    return kind(sentence, advice=about.get("advice") or _anew(request_id))
