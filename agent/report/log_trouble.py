"""Warnings and errors in a log: how many, when, the first ones, and which messages come most often.

Read once, in blocks, while the file is being packed. Bounded whatever the log holds: counts per time are kept
in intervals that double when there are too many, messages in a table that takes no new ones when it is full.
Linear: one pass of a linear-time engine picks the lines worth looking at, and only those are looked at closely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, Literal

import re2

from agent.report.log_text import NotLookedInto, utf8_chunks
from agent.report.log_times import HEAD_CHARACTERS, time_reader
from agent.report.tracebacks import HEADING, exception_line

Level = Literal["error", "warning"]

_TRACEBACK_BYTES = 1 << 16  # kept together at the end of a block
_MAX_INTERVALS = 1500
_FIRST_ERRORS = 3
_MAX_MESSAGES = 2000
_SHOWN_CHARACTERS = 300
_MESSAGE_CHARACTERS = 160

_LATIN1 = re2.Options()
_LATIN1.encoding = re2.Options.Encoding.LATIN1  # a byte is a character: a log need not be text

# What makes a line worth a closer look; the closer look may still find it harmless. A match goes on to the end of its
# line, so that a walk over all matches (2.5 ms per MB of mixed logs) takes each line once.
_TROUBLE = re2.compile(
    rb"(?:\b(?:ERROR|FATAL|CRIT(?:ICAL)?|PANIC|SEVERE|EMERG|ALERT|WARN(?:ING)?)\b"
    rb"|(?i)\b(?:error|fatal|critical|panic|warning):"
    rb"|(?i)\[(?:error|crit|alert|emerg|warn)\]"
    rb"|(?i)\blevel\"?[=:] ?\"?(?:error|fatal|critical|panic|warn)"
    rb"|Traceback \(most recent call last\)"
    rb"|\bException in thread \""
    rb"|HTTP/[0-9.]+\"? 5[0-9][0-9]\b)[^\n]*",
    _LATIN1,
)
# The word boundary and the first letter stand before the words, not in each: a quarter of the time. No two words can
# begin at one place, so their order says nothing; the part of a group's name before "_" is what it means.
_LEVEL = re.compile(
    r"\b(?=[A-Zcefplw])(?:(?P<harmless>(?:INFO|DEBUG|TRACE|NOTICE|FINE|LOG|STATEMENT)\b)"
    r"|(?P<warning>WARN(?:ING)?\b|(?i:warning):|(?i:level)\"?[=:] ?\"?(?i:warn))"
    r"|(?P<error>(?:ERROR|FATAL|CRIT(?:ICAL)?|PANIC|SEVERE|EMERG|ALERT)\b|(?i:error|fatal|critical|panic):"
    r"|(?i:level)\"?[=:] ?\"?(?i:error|fatal|critical|panic)|Exception in thread \"))"
    r"|\[(?:(?P<harmless_mark>(?:info|debug|notice)\])|(?P<warning_mark>(?i:warn)\])"
    r"|(?P<error_mark>(?i:error|crit|alert|emerg)\]))"
    r"|(?P<error_shape>Traceback \(most recent call last\)|HTTP/[0-9.]+\"? 5\d\d\b)"
)
# Pseudonyms, hashes, UUIDs, addresses and numbers: what differs between two lines with one message.
_VARIABLE = re.compile(
    r"(?=[0-9a-zA-F]|\d)(?:\b(?:[a-z]+-[a-z2-7]{8}\b|[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{2,12})+\b)|0x[0-9a-fA-F]+|\d+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLine:
    """One line of a log as it stands in the bundle, cut to 300 characters; ``line`` counts from 1.

    Of a traceback ``text`` is the exception, which comes last, and ``line`` is where the traceback begins.
    """

    member: str
    line: int
    text: str
    at: datetime | None


@dataclass(slots=True, kw_only=True)
class Message:
    """One message, numbers and names folded into ``#``: how often it came, and where first."""

    text: str
    count: int
    first: ErrorLine


@dataclass(slots=True)
class LogTrouble:
    """What one log says of its troubles. ``intervals`` is start (epoch seconds) → [errors, warnings].

    ``not_looked_into`` says why the log, or the rest of it, could not be looked into; empty if it was.
    """

    member: str
    not_looked_into: str = ""
    lines: int = 0
    errors: int = 0
    warnings: int = 0
    first_errors: list[ErrorLine] = field(default_factory=list)
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    interval_seconds: int = 1
    intervals: dict[int, list[int]] = field(default_factory=dict)

    def count(self, level: Level, at: int | None) -> None:
        """Add one warning or error at ``at`` (epoch seconds); without a time it is counted, but stands on no axis."""
        if level == "error":
            self.errors += 1
        else:
            self.warnings += 1
        if at is None:
            return
        start = at - at % self.interval_seconds
        counts = self.intervals.get(start)
        if counts is None:
            counts = self.intervals[start] = [0, 0]
        counts[0 if level == "error" else 1] += 1
        while len(self.intervals) > _MAX_INTERVALS:
            self._widen()

    def _widen(self) -> None:
        self.interval_seconds *= 2
        narrow, self.intervals = self.intervals, {}
        for start, counts in narrow.items():
            wide = self.intervals.setdefault(start - start % self.interval_seconds, counts)
            if wide is not counts:
                wide[0] += counts[0]
                wide[1] += counts[1]


class TroubleFinder:
    """Examines one log after the other, and remembers the messages of all."""

    def __init__(self, made_at: datetime) -> None:
        self._made_at = made_at
        self._messages: dict[str, Message] = {}

    def most_frequent(self, limit: int = 10) -> tuple[Message, ...]:
        """The error messages that came most often, most frequent first."""
        ranked = sorted(self._messages.values(), key=lambda message: (-message.count, message.text))
        return tuple(ranked[:limit])

    def examine(self, source: BinaryIO, member: str) -> LogTrouble:
        """Read ``source``, which can be sought, to its end. ``member`` is its name in the bundle."""
        trouble = LogTrouble(member)
        try:
            self._examine(utf8_chunks(source), trouble)
        except NotLookedInto as reason:
            trouble.not_looked_into = str(reason)
        return trouble

    def _examine(self, chunks: Iterator[bytes], trouble: LogTrouble) -> None:
        read_time = time_reader(self._made_at)
        before_trouble: int | None = None
        for block, lines_before in _blocks(chunks):
            head, tail = _line_at(block, 0), _line_at(block, max(len(block) - 2, 0))
            trouble.begins_at = trouble.begins_at or _as_datetime(read_time(head))
            trouble.ends_at = _as_datetime(read_time(tail)) or trouble.ends_at
            counted_to, number = 0, lines_before
            for start, level, text, message in troubled_lines(block):
                number += block.count(b"\n", counted_to, start)
                counted_to = start
                at = read_time(text) or before_trouble
                before_trouble = at
                trouble.count(level, at)
                if level == "error":
                    self._remember(trouble, number + 1, message, at)
            trouble.lines = number + block.count(b"\n", counted_to) + (not block.endswith(b"\n"))

    def _remember(self, trouble: LogTrouble, line: int, message: str, at: int | None) -> None:
        shown = _shown(message)
        folded = _folded(shown)
        known = self._messages.get(folded)
        if known is not None:
            known.count += 1
        is_new = known is None and len(self._messages) < _MAX_MESSAGES
        if not is_new and len(trouble.first_errors) >= _FIRST_ERRORS:
            return
        error = ErrorLine(member=trouble.member, line=line, text=shown, at=_as_datetime(at))
        if len(trouble.first_errors) < _FIRST_ERRORS:
            trouble.first_errors.append(error)
        if is_new:
            self._messages[folded] = Message(text=folded, count=1, first=error)


def _as_datetime(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _blocks(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, int]]:
    """Whole lines in blocks of about a mebibyte, each with the number of lines before it.

    A line longer than a block comes in pieces, each of which counts as the same line. A traceback is not torn.
    """
    carried, lines = b"", 0
    for chunk in filter(None, chunks):
        data = carried + chunk
        cut = _before_open_traceback(data, data.rfind(b"\n") + 1) or data.rfind(b"\n") + 1 or len(data)
        yield data[:cut], lines
        lines += data.count(b"\n", 0, cut)
        carried = data[cut:]
    if carried:
        yield carried, lines


def _before_open_traceback(data: bytes, end: int) -> int:
    """Where the last traceback before ``end`` starts, if its exception has not come yet; else ``end``."""
    found = data.rfind(HEADING, max(0, end - _TRACEBACK_BYTES), end)
    if found < 0:
        return end
    start = data.rfind(b"\n", 0, found) + 1
    return end if exception_line(data[:end], start) else start


def troubled_lines(block: bytes) -> Iterator[tuple[int, Level, str, str]]:
    """Each warning and error in ``block``: where its line starts, its first 600 bytes as text, and what it says."""
    position = 0
    for match in _TROUBLE.finditer(block):
        found, end = match.span()
        if found < position:  # within a traceback
            continue
        start = block.rfind(b"\n", 0, found) + 1
        text = _line_at(block, start)
        exception = exception_line(block, start)
        if level := _level(text):
            yield start, level, text, _line_at(block, exception[0]) if exception else text
        position = max(end, exception[1] if exception else 0) + 1


def _line_at(block: bytes, position: int) -> str:
    start = block.rfind(b"\n", 0, position) + 1
    end = block.find(b"\n", start)
    line = block[start : min(end if end >= 0 else len(block), start + 2 * _SHOWN_CHARACTERS)]
    return line.decode("utf-8", "replace").rstrip("\r")


def _level(text: str) -> Level | None:
    """The first word of a level decides: a line that begins with INFO may speak of an ERROR without being one."""
    match = _LEVEL.search(text)
    group = match.lastgroup if match else None
    if group is None or group.startswith("harmless"):
        return None
    return "error" if group.startswith("error") else "warning"


def _shown(text: str) -> str:
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    printable = text.strip()
    return printable if len(printable) <= _SHOWN_CHARACTERS else f"{printable[: _SHOWN_CHARACTERS - 1]}…"


def _folded(text: str) -> str:
    """``text`` from its level on, so that neither time nor process tells equal messages apart."""
    match = _LEVEL.search(text)
    begin = match.start() if match and match.start() < HEAD_CHARACTERS and not match[0].startswith("HTTP") else 0
    return " ".join(_VARIABLE.sub("#", text[begin:]).split())[:_MESSAGE_CHARACTERS]
