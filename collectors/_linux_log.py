"""The system's log on Linux: journald (journalctl.1), else what a syslog daemon writes to /var/log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from collectors import Artifact, CommandError, Context, Skipped, _options, cause_of
from collectors._log_window import cut, last_lines, since

_TIMEOUT_SECONDS = 20.0  # a journal of some GB on a slow disk
_SYSLOG_FILES = ("/var/log/syslog", "/var/log/messages")  # Debian's name, and everyone else's
_SYSLOG_TAIL_BYTES = 8 * 2**20
_ERROR_WORDS = re.compile(
    r"\b(?:error|errors|crit|critical|alert|emerg|emergency|fatal|panic|segfault|oom-kill\w*|out of memory"
    r"|fail(?:ed|ure|ures|s)?|denied|killed|i/o error)\b",
    re.IGNORECASE,
)


def linux_log(context: Context) -> Iterator[Artifact | Skipped]:
    """``units.log``, ``identifiers.log`` and ``errors.log``, or ``syslog.log``, under ``system_log/``."""
    units = [f"--unit={unit}" for unit in _options.texts(context, "units")]
    names = [f"--identifier={name}" for name in _options.texts(context, "identifiers")]
    try:
        has_journal = bool(context.run("journalctl", "--no-pager", "--quiet", "--lines=1").strip())
        without = "the journal is empty, or not for us to read"
    except CommandError as error:
        has_journal, without = False, str(error)
    if not has_journal:
        yield from _syslog(context, without)
        return
    # Units and identifiers are asked for one after the other: journalctl takes both together as "and".
    if units:
        yield from _journal(context, "units", units)
    if names:
        yield from _journal(context, "identifiers", names)
    yield from _journal(context, "errors", ["--priority=3"])  # err and worse (syslog.3)


def _journal(context: Context, name: str, matches: list[str]) -> Iterator[Artifact | Skipped]:
    path, lines = f"system_log/{name}.log", _options.integer(context, "lines")
    argv = [
        "journalctl",
        "--no-pager",
        "--quiet",
        "--utc",
        "--output=short-iso-precise",
        f"--since={since(context):%Y-%m-%d %H:%M:%S} UTC",
        f"--lines={lines}",
        *matches,
    ]
    try:
        answer = context.run(*argv, timeout_seconds=_TIMEOUT_SECONDS)
    except CommandError as error:
        yield Skipped(path=path, reason=str(error))
        return
    if not answer.strip():
        yield Skipped(path=path, reason="the journal has no such entry in this time")
        return
    full = len(answer.splitlines()) >= lines
    truncated = cut(answer) or (f"only the last {lines} entries" if full else None)
    yield replace(Artifact.of_text(path, answer, source=" ".join(argv)), truncated=truncated)


def _syslog(context: Context, without: str) -> Iterator[Artifact | Skipped]:
    for file in _SYSLOG_FILES:
        for path in context.files(file):
            try:
                with context.open_tail(path, limit_bytes=_SYSLOG_TAIL_BYTES) as stream:
                    text = stream.read().decode("utf-8", "backslashreplace")
            except OSError as error:
                reason = f"cannot be read: {error.strerror or type(error).__name__}"
                yield Skipped(path=file, reason=reason, cause=cause_of(error))
                continue
            yield _filtered(context, path, text)
            return
    yield Skipped(path="system_log", reason=f"no journal ({without}) and neither of {', '.join(_SYSLOG_FILES)}")


def _filtered(context: Context, path: Path, text: str) -> Artifact:
    """The lines of the application and those that speak of errors; a syslog has no field for how bad it is."""
    names = {
        *_options.texts(context, "identifiers"),
        *(unit.removesuffix(".service") for unit in _options.texts(context, "units")),
    }
    ours = re.compile(r"\s(?:" + "|".join(map(re.escape, sorted(names))) + r")(?:\[\d+\])?:") if names else None
    kept = [
        line
        for line in text.splitlines(keepends=True)
        if _ERROR_WORDS.search(line) or (ours is not None and ours.search(line))
    ]
    shown, less = last_lines("".join(kept), _options.integer(context, "lines"))
    truncated = f"{less}, " if less else ""
    truncated += "lines of the application or with a word for an error, from the last 8 MiB of the file"
    return replace(
        Artifact.of_text("system_log/syslog.log", shown, source=str(path)),
        origin=context.origin(path),
        truncated=truncated,
    )
