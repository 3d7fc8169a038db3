"""Each decision of redaction, with the value: for the eyes of the person whose computer it is, and nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from agent.redact.edits import Edits, together
from agent.redact.recorder import Recorder, Told
from agent.redact.replacing import Span

EXPLAINED_OF_EACH_RULE = 20
_CONTEXT_BYTES = 40  # on either side: enough to see what kind of line it is
_LONGEST_VALUE_BYTES = 400
_MOST_HELD = 10_000


@dataclass(frozen=True, slots=True)
class _Document:
    """A text with keys: what is replaced in it by key, and then in its lines."""

    text: bytes
    first: Edits
    second: Edits


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """In this line of this file a rule put ``new`` in the place of ``old``, a secret or somebody's name.

    ``before`` and ``behind`` are what stands on either side, as it was, and may hold secrets too; ``new_before`` and
    ``new_behind`` are the same as it is written. A value longer than 400 bytes is cut. Where two rules replace parts of
    each other, both are told, with the whole.
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
    """Tells the first decisions of each rule, ``limit`` of them (``None``: all), and counts them all.

    They are told when their file has ended, as it may be kept back in the end: it is then not counted, and told of only
    if there were more decisions than are held.
    """

    def __init__(self, told: Callable[[Decision], None], limit: int | None = EXPLAINED_OF_EACH_RULE) -> None:
        super().__init__()
        self._told = told
        self._limit = limit
        self._held: list[Decision] = []
        self._begun: list[tuple[int, Counter[str]]] = []  # how many were held, and the counts, when each file began
        self._document: _Document | None = None
        self.counts: Counter[str] = Counter()

    @property
    def not_told(self) -> int:
        """How many decisions were over the limit."""
        return sum(max(count - self._limit, 0) for count in self.counts.values()) if self._limit is not None else 0

    def enter(self, name: str) -> None:
        """As above; what was told of it may be taken back."""
        super().enter(name)
        self._begun.append((len(self._held), self.counts.copy()))

    def refused(self) -> None:
        """Forget the file or member."""
        held, self.counts = self._begun[-1]
        del self._held[held:]
        self._document = None

    def leave(self) -> None:
        """As above; a whole file is told of now."""
        document, self._document = self._document, None
        if document is not None:
            told = together(document.text, document.first, document.second)
            self._begin()
            self.block(document.text)
            self.replaced(document.text, told.spans, told)
        self._begun.pop()
        super().leave()
        if not self._begun:
            self._tell()

    def replaced_first(self, text: bytes, edits: Edits) -> None:
        """Keep the document until its end: what its lines say of it comes in between."""
        self._document = _Document(text, edits, Edits())

    def replaced(self, text: bytes, spans: Sequence[Span], redactor: Told) -> None:
        """Hold each span whose rule is not over the limit."""
        if self._document is not None:
            self._document.second.take(text, spans, redactor, self.place_of(0))
            return
        for at, span in enumerate(spans):
            rule = redactor.rule_name(span.rule)
            self.counts[rule] += 1
            if self._limit is None or self.counts[rule] <= self._limit:
                self._held.append(self._decision(text, spans, at, redactor))
        if len(self._held) > _MOST_HELD:
            self._tell()

    def goes_on(self, size_bytes: int) -> None:
        """Of a document all is known when it is told of; elsewhere so long a value is cut."""
        if self._document is not None:
            self._document.second.lengthen(size_bytes)

    def _tell(self) -> None:
        held, self._held = self._held, []
        self._begun = [(0, counts) for _, counts in self._begun]
        for decision in held:
            self._told(decision)

    def _decision(self, text: bytes, spans: Sequence[Span], at: int, redactor: Told) -> Decision:
        span = spans[at]
        old = text[span.start : span.end]
        before = text[max(span.start - _CONTEXT_BYTES, 0) : span.start].rpartition(b"\n")[2]
        behind = text[span.end : span.end + _CONTEXT_BYTES].partition(b"\n")[0]
        start, end = span.start - len(before), span.end + len(behind)
        earlier = list(takewhile(lambda other: other.end > start, (spans[each] for each in range(at - 1, -1, -1))))
        earlier = [other for other in reversed(earlier) if other.end <= span.start]
        later = list(takewhile(lambda other: other.start < end, islice(spans, at + 1, None)))
        later = [other for other in later if other.start >= span.end]
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
        if span.end > start:  # else it is that of the one before, by another rule
            parts += (text[start : span.start], redactor.stand_in(text, span))
            start = span.end
    return b"".join([*parts, text[start:end]])
