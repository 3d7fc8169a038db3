"""The event logs of Windows, by ``wevtutil qe`` (learn.microsoft.com, "wevtutil"), newest event first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors import Artifact, CommandError, Context, Skipped, _options
from collectors._log_window import cut, since

_TIMEOUT_SECONDS = 20.0
_LOGS = ("Application", "System")  # the Security log holds who did what, and is not support's business
_ERRORS = "(Level=1 or Level=2)"  # critical and error (winmeta.xml)


def windows_log(context: Context) -> Iterator[Artifact | Skipped]:
    """For each log the events of the application's providers and the errors of everyone, as text."""
    # XPath 1.0 knows no way to write both quotes in one string, so a name with one is not asked for.
    providers = [name for name in _options.texts(context, "providers") if "'" not in name]
    for log in _LOGS:
        if providers:
            named = " or ".join(f"@Name='{name}'" for name in providers)
            yield from _events(context, log, "application", f"Provider[{named}]")
        yield from _events(context, log, "errors", _ERRORS)


def _events(context: Context, log: str, name: str, condition: str) -> Iterator[Artifact | Skipped]:
    path, events = f"system_log/{log}-{name}.txt", _options.integer(context, "lines")
    start = f"{since(context):%Y-%m-%dT%H:%M:%S}.000Z"
    query = f"*[System[{condition} and TimeCreated[@SystemTime>='{start}']]]"
    argv = ("wevtutil", "qe", log, f"/q:{query}", "/f:text", "/rd:true", f"/c:{events}")
    try:
        answer = context.run(*argv, timeout_seconds=_TIMEOUT_SECONDS)
    except CommandError as error:
        yield Skipped(path=path, reason=str(error))
        return
    if not answer.strip():
        yield Skipped(path=path, reason=f"the log '{log}' has no such event in this time")
        return
    full = answer.count("\nEvent[") + answer.startswith("Event[") >= events
    truncated = cut(answer) or (f"only the newest {events} events" if full else None)
    yield replace(Artifact.of_text(path, answer, source=" ".join(argv)), truncated=truncated)
