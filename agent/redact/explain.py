"""Each decision of redaction, with the value: for the eyes of the person whose computer it is, and nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from agent.redact.recorder import Recorder, Told
from agent.redact.replacing import Span

EXPLAINED_OF_EACH_RULE = 20
_CONTEXT_BYTES = 40  # on either side: enough to see what kind of line it is
_LONGEST_VALUE_BYTES = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """In this line of this file a rule put ``new`` in the place of ``old``, a secret or somebody's name.

    ``before`` and ``behind`` are what stands on either side, as it was, and may hold secrets too; ``new_before`` and
    ``new_behind`` are the same with all that is replaced in this reading: what is found by key, in a document or in a
    line, is told before the line is read by rules. A value longer than 400 bytes is cut.
    """

    place: str
    line: int
    rule: str
    before: bytes
    old: bytes
    new: bytes
    behind: bytes
    new_before: bytes
    new_behind: bytes


class Explainer(Recorder):
    """Tells the first decisions of each rule, ``limit`` of them (``None``: all), and counts them all."""

    def __init__(self, told: Callable[[Decision], None], limit: int | None = EXPLAINED_OF_EACH_RULE) -> None:
        super().__init__()
        self._told = told
        self._limit = limit
        self.counts: Counter[str] = Counter()

    @property
    def not_told(self) -> int:
        """How many decisions were over the limit."""
        return sum(max(count - self._limit, 0) for count in self.counts.values()) if self._limit is not None else 0

    def replaced(self, text: bytes, spans: Sequence[Span], redactor: Told) -> None:
        """Tell of each span whose rule is not over the limit."""
        for at, span in enumerate(spans):
            rule = redactor.rule_name(span.rule)
            self.counts[rule] += 1
            if self._limit is None or self.counts[rule] <= self._limit:
                self._told(self._decision(text, spans, at, redactor))

    def _decision(self, text: bytes, spans: Sequence[Span], at: int, redactor: Told) -> Decision:
        span = spans[at]
        old = text[span.start : span.end]
        before = text[max(span.start - _CONTEXT_BYTES, 0) : span.start].rpartition(b"\n")[2]
        behind = text[span.end : span.end + _CONTEXT_BYTES].partition(b"\n")[0]
        start, end = span.start - len(before), span.end + len(behind)
        earlier = list(takewhile(lambda other: other.end > start, (spans[each] for each in range(at - 1, -1, -1))))
        earlier.reverse()
        later = list(takewhile(lambda other: other.start < end, islice(spans, at + 1, None)))
        return Decision(
            place=self.place,
            line=self.line_of(span.start),
            rule=redactor.rule_name(span.rule),
            before=before,
            old=old if len(old) <= _LONGEST_VALUE_BYTES else old[:_LONGEST_VALUE_BYTES] + b"...",
            new=redactor.stand_in(text, span),
            behind=behind,
            new_before=_redacted(text, start, span.start, earlier, redactor),
            new_behind=_redacted(text, span.end, end, later, redactor),
        )


def _redacted(text: bytes, start: int, end: int, spans: Sequence[Span], redactor: Told) -> bytes:
    """This part of ``text`` as it is written; a value that reaches over its edge is replaced as a whole."""
    parts: list[bytes] = []
    for span in spans:
        parts += (text[start : span.start], redactor.stand_in(text, span))
        start = span.end
    return b"".join([*parts, text[start:end]])
