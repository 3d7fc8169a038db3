"""Warnings and errors in a log: how many, when, the first ones, and which messages come most often.

Read once, in blocks, while the file is being packed. Bounded whatever the logs hold: counts per time are kept
in intervals that double when there are too many, and of the most troubled logs alone; messages in a table that
takes no new ones when it is full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from agent.report.log_text import NotLookedInto, utf8_chunks
from agent.report.log_times import time_reader
from agent.report.tracebacks import HEADING, exception_line
from agent.report.troubled_lines import Level, line_at, message_begin, troubled_lines

_TRACEBACK_BYTES = 1 << 16  # kept together at the end of a block
_MAX_INTERVALS = 1500  # of one log, some 130 bytes each
MOST_WITH_TIMES = 14  # as many logs as a person looks at side by side; the times of all would take 200 MB a thousand
_FIRST_ERRORS = 3
_MAX_MESSAGES = 2000
_SHOWN_CHARACTERS = 300
_MESSAGE_CHARACTERS = 160

# Pseudonyms, hashes, UUIDs, addresses and numbers: what differs between two lines with one message.
_NUMBERS = r"\b[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{2,12})+\b|0x[0-9a-fA-F]+|\d+"
_VARIABLE = re.compile(rf"(?=[0-9a-zA-F]|\d)(?:\b[a-z]+-[a-z2-7]{{8}}\b|{_NUMBERS})")
# Half the time, for text that is ASCII and without pseudonyms: fewer letters can begin what it finds.
_VARIABLE_NUMBER = re.compile(rf"(?=[0-9a-fA-F])(?:{_NUMBERS})", re.ASCII)
_PSEUDONYM_END = re.compile(r"-[a-z2-7]{8}\b")


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

    It is empty where no time is known, and for all but the ``MOST_WITH_TIMES`` with the most trouble.
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

    @property
    def rank(self) -> tuple[int, int, str]:
        """By which logs are sorted, the one with the most trouble first."""
        return (-self.errors, -self.warnings, self.member)

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
        self._with_times: list[LogTrouble] = []

    def most_frequent(self, limit: int = 10) -> tuple[Message, ...]:
        """The error messages that came most often, most frequent first."""
        ranked = sorted(self._messages.values(), key=lambda message: (-message.count, message.text))
        return tuple(ranked[:limit])

    def examine(self, source: BinaryIO, member: str) -> LogTrouble:
        """Read ``source``, which can be sought, to its end. ``member`` is its name in the bundle.

        The times of an earlier log are forgotten where this one and others have more trouble.
        """
        trouble = LogTrouble(member)
        try:
            self._examine(utf8_chunks(source), trouble)
        except NotLookedInto as reason:
            trouble.not_looked_into = str(reason)
        if trouble.intervals:
            self._with_times = sorted([*self._with_times, trouble], key=lambda each: each.rank)
            for least in self._with_times[MOST_WITH_TIMES:]:
                least.intervals = {}
            del self._with_times[MOST_WITH_TIMES:]
        return trouble

    def _examine(self, chunks: Iterator[bytes], trouble: LogTrouble) -> None:
        read_time = time_reader(self._made_at)
        before_trouble: int | None = None
        line_feeds = 0
        for block in _blocks(chunks):
            trouble.begins_at = trouble.begins_at or _as_datetime(read_time(line_at(block, 0)))
            trouble.ends_at = _as_datetime(read_time(line_at(block, max(len(block) - 2, 0)))) or trouble.ends_at
            counted_to = 0
            for start, level, text, message, begin in troubled_lines(block):
                before_trouble = at = read_time(text) or before_trouble
                trouble.count(level, at)
                if level == "warning":
                    continue
                shown = _shown(message)
                folded = _folded(shown, begin if shown == message else message_begin(shown))
                if self._is_counted(folded) and len(trouble.first_errors) >= _FIRST_ERRORS:
                    continue  # and nobody asks for the number of this line
                line_feeds += block.count(b"\n", counted_to, start)
                counted_to = start
                error = ErrorLine(member=trouble.member, line=line_feeds + 1, text=shown, at=_as_datetime(at))
                self._keep(trouble, folded, error)
            line_feeds += block.count(b"\n", counted_to)
            trouble.lines = line_feeds + (not block.endswith(b"\n"))

    def _is_counted(self, folded: str) -> bool:
        """Count a message that is known; true also of one that there is no room for."""
        known = self._messages.get(folded)
        if known is None:
            return len(self._messages) >= _MAX_MESSAGES
        known.count += 1
        return True

    def _keep(self, trouble: LogTrouble, folded: str, error: ErrorLine) -> None:
        if len(trouble.first_errors) < _FIRST_ERRORS:
            trouble.first_errors.append(error)
        if folded not in self._messages and len(self._messages) < _MAX_MESSAGES:
            self._messages[folded] = Message(text=folded, count=1, first=error)


def _as_datetime(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines in blocks of about a mebibyte.

    A line longer than a block comes in pieces, each of which counts as the same line. A traceback is not torn.
    """
    carried = b""
    for chunk in filter(None, chunks):
        data = carried + chunk
        cut = _before_open_traceback(data, data.rfind(b"\n") + 1) or data.rfind(b"\n") + 1 or len(data)
        yield data[:cut]
        carried = data[cut:]
    if carried:
        yield carried


def _before_open_traceback(data: bytes, end: int) -> int:
    """Where the last traceback before ``end`` starts, if its exception has not come yet; else ``end``."""
    found = data.rfind(HEADING, max(0, end - _TRACEBACK_BYTES), end)
    if found < 0:
        return end
    start = data.rfind(b"\n", 0, found) + 1
    return end if exception_line(data[:end], start) else start


def _shown(text: str) -> str:
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    printable = text.strip()
    return printable if len(printable) <= _SHOWN_CHARACTERS else f"{printable[: _SHOWN_CHARACTERS - 1]}…"


def _folded(text: str, begin: int) -> str:
    """``text`` from ``begin`` on, with what differs between equal messages as ``#``."""
    varies = _VARIABLE_NUMBER if text.isascii() and not _PSEUDONYM_END.search(text) else _VARIABLE
    folded = varies.sub("#", text[begin:])
    if "  " in folded:
        folded = " ".join(folded.split())
    return folded[:_MESSAGE_CHARACTERS]
