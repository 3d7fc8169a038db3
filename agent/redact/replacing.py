"""Findings replaced: overlapping ones become one, and each gets its mark or its stand-in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from agent.redact.pseudonym import Namer
from agent.redact.rules import Rule

if TYPE_CHECKING:
    from agent.redact.recorder import Recorder


class Span(NamedTuple):
    """A finding: ``line[start:end]`` by the rule with this index; made for every finding, and a tuple is quickest."""

    start: int
    end: int
    rule: int


def mark(rule_name: str) -> bytes:
    """What stands where a credential was."""
    return b"[redacted:" + rule_name.encode() + b"]"


class Rewritten:
    """A block of lines on its way out: ``parts`` stand for all of it up to ``done``.

    What stays between two findings is cut out of the block once, however many lines it holds. Those that replace reach
    into both; a call for each finding would cost as much as the rest of the work on it.
    """

    __slots__ = ("block", "done", "parts")

    def __init__(self, block: bytes) -> None:
        self.block = block
        self.parts: list[bytes] = []
        self.done = 0

    def put(self, start: int, end: int, new: bytes) -> None:
        """``new`` stands for ``block[start:end]``."""
        self.parts += (self.block[self.done : start], new)
        self.done = end

    def whole(self) -> bytes:
        """All of the block, as it is written."""
        return b"".join((*self.parts, self.block[self.done :])) if self.parts else self.block


class Replacer:
    """Replaces findings by rules, by their index, and counts them."""

    def __init__(self, rules: Sequence[Rule], namer: Namer) -> None:
        self._names = [rule.name for rule in rules]
        self._kinds = [rule.kind for rule in rules]
        self._marks = [mark(rule.name) for rule in rules]
        self._namer = namer

    def rule_name(self, rule: int) -> str:
        """The name of the rule with this index."""
        return self._names[rule]

    def replace(self, line: bytes, spans: list[Span], counts: Counter[str], recorder: Recorder | None = None) -> bytes:
        """``line`` with every span replaced; ``counts`` grows by one per replacement, and ``recorder`` is told."""
        if not spans:
            return line
        target = Rewritten(line)
        self.replace_in(target, 0, line, spans, counts, recorder=recorder)
        return target.whole()

    def replace_in(
        self,
        target: Rewritten,
        at: int,
        line: bytes,
        spans: list[Span],
        counts: Counter[str],
        *,
        recorder: Recorder | None,
    ) -> None:
        """As ``replace``, for a line that begins at this place of a block."""
        clusters = self.clusters(spans)
        if recorder:
            recorder.replaced(line, clusters, self)
        kinds, parts, block, done = self._kinds, target.parts, target.block, target.done
        for start, end, rule in clusters:
            kind = kinds[rule]
            parts += (
                block[done : at + start],
                self._marks[rule] if kind is None else self._namer(kind, line[start:end]),
            )
            counts[self._names[rule]] += 1
            done = at + end
        target.done = done

    def clusters(self, spans: list[Span]) -> list[Span]:
        """Overlapping spans as one: of the credentials in it the first, else of the identities the first."""
        if len(spans) == 1:
            return spans
        if len(spans) == 2:  # nearly always apart, and sorted in no time
            first, second = spans
            if first[1] <= second[0]:
                return spans
            if second[1] <= first[0]:
                return [second, first]
        spans.sort(key=lambda span: (span.start, -span.end, span.rule))
        merged: list[Span] = []
        for span in spans:
            last = merged[-1] if merged else None
            if last is None or span.start >= last.end:
                merged.append(span)
            else:
                wins = self._kinds[last.rule] is not None and self._kinds[span.rule] is None
                merged[-1] = Span(last.start, max(last.end, span.end), span.rule if wins else last.rule)
        return merged

    def stand_in(self, line: bytes, span: Span) -> bytes:
        """What stands for ``line[span.start:span.end]`` from now on."""
        kind = self._kinds[span.rule]
        return self._marks[span.rule] if kind is None else self._namer(kind, line[span.start : span.end])
