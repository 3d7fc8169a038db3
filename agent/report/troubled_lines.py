"""The lines of a block that warn or tell of an error, and what each says.

Linear: one pass of a linear-time engine picks the lines worth looking at, and only those are looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from agent.report.line_search import line_ends
from agent.report.log_times import HEAD_CHARACTERS
from agent.report.tracebacks import HEADING, exception_line

Level = Literal["error", "warning"]

_LOOKED_AT_BYTES = 600  # of a line, as its text

# What makes a line worth a closer look; the closer look may still find it harmless.
WORTH_A_LOOK = (
    rb"\b(?:ERROR|FATAL|CRIT(?:ICAL)?|PANIC|SEVERE|EMERG|ALERT|WARN(?:ING)?)\b"
    rb"|(?i:\b(?:error|fatal|critical|panic|warning):"
    rb"|\[(?:error|crit|alert|emerg|warn)\]"
    rb"|\blevel\"?[=:] ?\"?(?:error|fatal|critical|panic|warn)"
    rb"|Traceback \(most recent call last\)"
    rb"|\bException in thread \""
    rb"|HTTP/[0-9.]+\"? 5[0-9][0-9]\b)"
)
# ``re`` skips quickly to what can begin with one of a set only where the set stands first: it takes the first letter,
# and the look-behind goes back over it; a fifth of the time. No two words can begin at one place, so their order says
# nothing.
_LEVEL = re.compile(
    r"[ACDEFHILNPSTWcefplw\[](?<=(?="
    r"\b(?:(?P<harmless>(?:INFO|DEBUG|TRACE|NOTICE|FINE|LOG|STATEMENT)\b)"
    r"|(?P<warning>WARN(?:ING)?\b|(?i:warning):|(?i:level)\"?[=:] ?\"?(?i:warn))"
    r"|(?P<error>(?:ERROR|FATAL|CRIT(?:ICAL)?|PANIC|SEVERE|EMERG|ALERT)\b|(?i:error|fatal|critical|panic):"
    r"|(?i:level)\"?[=:] ?\"?(?i:error|fatal|critical|panic)|Exception in thread \"))"
    r"|\[(?:(?P<harmless_mark>(?:info|debug|notice)\])|(?P<warning_mark>(?i:warn)\])"
    r"|(?P<error_mark>(?i:error|crit|alert|emerg)\]))"
    r"|(?P<heading>Traceback \(most recent call last\))|(?P<answer>HTTP/[0-9.]+\"? 5\d\d\b)"
    r").)"
)
_MEANINGS: dict[str | None, Level | None] = {
    **dict.fromkeys((None, "harmless", "harmless_mark")),
    **dict.fromkeys(("warning", "warning_mark"), "warning"),
    **dict.fromkeys(("error", "error_mark", "heading", "answer"), "error"),
}


def troubled_lines(block: bytes) -> Iterator[tuple[int, Level, str, str, int]]:
    """Each warning and error in ``block``.

    That is where its line starts, its first 600 bytes as text, what it says, and where in that its message begins.
    """
    told_to = 0
    for end in line_ends(WORTH_A_LOOK)(block):
        start = block.rfind(b"\n", 0, end) + 1
        if start < told_to:  # within a traceback
            continue
        text = _text(block, start, end)
        level = _LEVEL.search(text)
        name = level.lastgroup if level else None
        kind = _MEANINGS[name]
        # Asked here first, since nearly no line is a heading.
        if block.find(HEADING, start, end) >= 0 and (exception := exception_line(block, start)):
            told_to = exception[1]
            if kind:
                said = line_at(block, exception[0])
                yield start, kind, text, said, message_begin(said)
        elif level and kind:
            yield start, kind, text, text, _begin(level)


def _text(block: bytes, start: int, end: int) -> str:
    if end - start > _LOOKED_AT_BYTES:
        end = start + _LOOKED_AT_BYTES
    return str(block[start:end], "utf-8", "replace").rstrip("\r")


def line_at(block: bytes, position: int) -> str:
    """The first 600 bytes of the line at ``position``, as text."""
    start = block.rfind(b"\n", 0, position) + 1
    end = block.find(b"\n", start)
    return _text(block, start, end if end >= 0 else len(block))


def message_begin(text: str) -> int:
    """Where the message of ``text`` begins: at its level, so that neither time nor process tells equal ones apart."""
    level = _LEVEL.search(text)
    return _begin(level) if level else 0


def _begin(level: re.Match[str]) -> int:
    begin = level.start()
    # What was asked for stands before the answer.
    return begin if begin < HEAD_CHARACTERS and level.lastgroup != "answer" else 0
