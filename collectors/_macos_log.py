"""The unified log of macOS, by ``log show`` (log.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from collectors import Artifact, CommandError, Context, Skipped, _options
from collectors._log_window import cut, last_lines, since

_TIMEOUT_SECONDS = 40.0
# A Mac logs some thousand errors an hour: of the whole machine, the last hours are what can be read in time.
_ERRORS_WINDOW = timedelta(hours=3)
_ERRORS = "messageType == error OR messageType == fault"


def macos_log(context: Context) -> Iterator[Artifact | Skipped]:
    """``application.log`` and ``errors.log`` under ``system_log/``."""
    window = context.now - since(context)
    processes = _options.texts(context, "processes")
    if processes:
        named = " OR ".join(f'process == "{_quoted(name)}"' for name in processes)
        yield from _show(context, "application", named, window)
    yield from _show(context, "errors", _ERRORS, min(window, _ERRORS_WINDOW))


def _show(context: Context, name: str, predicate: str, window: timedelta) -> Iterator[Artifact | Skipped]:
    path = f"system_log/{name}.log"
    minutes = max(1, math.ceil(window.total_seconds() / 60))
    argv = ("log", "show", "--style", "syslog", "--predicate", predicate, "--last", f"{minutes}m")
    try:
        answer = context.run(*argv, timeout_seconds=_TIMEOUT_SECONDS)
    except CommandError as error:
        yield Skipped(path=path, reason=str(error))
        return
    # The first line names the columns: without more, nothing was logged.
    if len(answer.splitlines()) < 2:
        yield Skipped(path=path, reason="the unified log has no such entry in this time")
        return
    shown, less = last_lines(answer, _options.integer(context, "lines"))
    truncated = "; ".join(sentence for sentence in (cut(answer), less) if sentence) or None
    yield replace(Artifact.of_text(path, shown, source=" ".join(argv)), truncated=truncated)


def _quoted(name: str) -> str:
    """Inside a string of Apple's predicate format (NSPredicate), a backslash escapes."""
    return name.replace("\\", "\\\\").replace('"', '\\"')
