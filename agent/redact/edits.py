"""What was put in the place of what, for who looks on: spans of a text, each with its own rule and stand-in.

A document is read twice, by its keys and then as lines, and so is a line of a log with JSON in it. ``together`` tells
both readings as edits of the text as it was: the person who looks on sees that text, and what is written in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.redact.recorder import Recorder, Told
from agent.redact.replacing import Span


class Edits:
    """Edits of one text, in order; the number of each stands in its span in the place of a rule's."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._new: list[bytes] = []
        self._rules: list[str] = []

    def add(self, start: int, end: int, new: bytes, rule: str) -> None:
        """``new`` stands for this span, by the rule of that name."""
        self.spans.append(Span(start, end, len(self.spans)))
        self._new.append(new)
        self._rules.append(rule)

    def lengthen(self, size_bytes: int) -> None:
        """What the last one stands for is so much longer."""
        if self.spans:
            last = self.spans[-1]
            self.spans[-1] = last._replace(end=last.end + size_bytes)

    def take(self, text: bytes, spans: Sequence[Span], redactor: Told, at: int = 0) -> None:
        """Add ``spans`` of a ``text`` that begins at this place of the whole."""
        for span in spans:
            self.add(at + span.start, at + span.end, redactor.stand_in(text, span), redactor.rule_name(span.rule))

    def rule_name(self, number: int, /) -> str:
        """See ``recorder.Told``."""
        return self._rules[number]

    def stand_in(self, _text: bytes, span: Span, /) -> bytes:
        """See ``recorder.Told``."""
        return self._new[span.rule]

    def applied(self, text: bytes, start: int = 0, end: int | None = None) -> bytes:
        """What they make of this part of ``text``; of edits of the same place the first counts."""
        parts: list[bytes] = []
        for span in self.spans:
            if span.start >= start:
                parts += (text[start : span.start], self._new[span.rule])
                start = span.end
        return b"".join((*parts, text[start:end]))


class _Piece(NamedTuple):
    """An edit by its place between the two readings; ``growth`` is how much longer the first reading made its text."""

    start: int
    end: int
    rule: str
    growth: int
    new: bytes | None  # of the second reading


def together(text: bytes, first: Edits, second: Edits) -> Edits:
    """Edits of ``text`` that tell of ``first`` and of ``second``, which are edits of what ``first`` made of it.

    Those that overlap are all told, of one span and with what stands there in the end.
    """
    if not second.spans:
        return first
    middle = first.applied(text)
    made = Edits()
    shift = 0
    for group in _overlapping(sorted(_pieces(first, second), key=lambda piece: (piece.start, piece.end))):
        start, end = group[0].start, max(piece.end for piece in group)
        growth = sum(piece.growth for piece in group)
        again = Edits()
        for piece in group:
            if piece.new is not None:
                again.add(piece.start, piece.end, piece.new, piece.rule)
        new = again.applied(middle, start, end)
        for piece in group:
            made.add(start - shift, end - shift - growth, new, piece.rule)
        shift += growth
    return made


def _pieces(first: Edits, second: Edits) -> Iterator[_Piece]:
    shift = 0
    for span in first.spans:
        size = len(first.stand_in(b"", span))
        growth = size - (span.end - span.start)
        yield _Piece(span.start + shift, span.start + shift + size, first.rule_name(span.rule), growth, None)
        shift += growth
    for span in second.spans:
        yield _Piece(span.start, span.end, second.rule_name(span.rule), 0, second.stand_in(b"", span))


def _overlapping(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    group: list[_Piece] = []
    end = 0
    for piece in pieces:
        if group and piece.start >= end:
            yield group
            group = []
        group.append(piece)
        end = max(end, piece.end)
    if group:
        yield group


class Collector(Recorder):
    """Keeps what is replaced in one line."""

    def __init__(self) -> None:
        super().__init__()
        self.edits = Edits()

    def replaced(self, text: bytes, spans: Sequence[Span], redactor: Told) -> None:
        """Keep these."""
        self.edits.take(text, spans, redactor, self.at)

    def goes_on(self, size_bytes: int) -> None:
        """The last is so much longer."""
        self.edits.lengthen(size_bytes)
