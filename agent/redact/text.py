"""The definition of the result: one logical line in, the same line redacted out.

Every rule whose trigger the line matches is searched with the standard library's ``re``, or tried behind the names of
its class; findings that a validator drops are forgotten; overlapping ones become one, a credential's mark winning
over an identity's and the leftmost over the rest; then each is replaced. Nothing but the line, the rules and the key
decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from agent.redact.asked_rules import Asked
from agent.redact.fact_pattern import FactPattern
from agent.redact.names import NameFound, Names, Place
from agent.redact.patterns import LazyPattern
from agent.redact.picking.engines import finder
from agent.redact.pseudonym import Namer
from agent.redact.recorder import Recorder
from agent.redact.repeats import repeats
from agent.redact.replacing import Replacer, Rewritten, Span
from agent.redact.rules import Rule
from agent.redact.sieve import Sieve

# Patterns bound the length of a value; one that is this long may go on behind the bound, to its quote or token's end.
_LONG_VALUE_BYTES = 190
# In UTF-8 a letter beyond ASCII has two to four bytes of 128 and more, the first of them of 192 and more.
_NO_ASCII, _NO_ASCII_BYTES, _BEGINS_LETTER = 0x80, b"\x80", 0xC0
_LONG_WORD_BYTES = 38  # most patterns of names go to 40 bytes and more
_REST_OF_WORD = re.compile(rb"[\w\x80-\xff]{1,400}")
_LONG_LINE_BYTES = 1000  # shorter ones are searched as a whole
_QUOTES = (b'"', b"'", b"`")
_TOKEN_END = re.compile(rb"[ \t\r\n\"'<>,;&|(){}\[\]\x00]")
_ALREADY = re.compile(
    rb"\[?redacted:[a-z0-9-]+\]?|(?:ip|ip6|mail|host|user|name|mac|phone|sid|serial|network)-(?:private-)?[a-z2-7]{8,12}\Z"
    rb"|[|>\[{][+-]?\d?\Z"  # only the sign that begins a value of several lines
)
_ALREADY_BEGINS = frozenset(b"[r|>{imhunps")  # the first byte tells of most values that they are nothing of this


def value_end(line: bytes, start: int, end: int) -> int:
    """Where the value ends of which a pattern saw ``line[start:end]``: at its closing quote, or with the token."""
    quote = line[start - 1 : start]
    if quote in _QUOTES:
        closing = line.find(quote, end)
        return closing if closing >= 0 else len(line)
    ending = _TOKEN_END.search(line, end)
    return ending.start() if ending is not None else len(line)


def _word_end(line: bytes, start: int, end: int) -> int:
    """Where the word ends in the middle of which ``line[start:end]`` does, as its pattern counts bytes, not letters."""
    is_cut = line[end] < _BEGINS_LETTER or end - start >= _LONG_WORD_BYTES
    rest = _REST_OF_WORD.match(line, end) if is_cut else None
    return rest.end() if rest is not None else end


class _Around:
    """Finds as ``pattern`` does, but in a long line tries it only around the matches of the trigger."""

    def __init__(self, pattern: LazyPattern, searched: LazyPattern | Sieve, trigger: str, reach_bytes: int) -> None:
        self._pattern = pattern
        self._searched = searched
        self._trigger = trigger
        self._reach_bytes = reach_bytes

    @cached_property
    def _hits(self) -> Callable[[bytes], Iterator[Any]]:
        return finder(self._trigger)

    def finditer(self, line: bytes) -> Iterable[re.Match[bytes]]:
        return self._searched.finditer(line) if len(line) < _LONG_LINE_BYTES else self._in_stretches(line)

    def _in_stretches(self, line: bytes) -> Iterator[re.Match[bytes]]:
        start = end = 0  # stretches that overlap are one, so that no byte is searched twice
        for hit in self._hits(line):
            if hit.start() - self._reach_bytes > end:
                yield from self._pattern.finditer(line, start, end)
                start = hit.start() - self._reach_bytes
            end = hit.end() + self._reach_bytes
        yield from self._pattern.finditer(line, start, end)


def _searched(rule: Rule, *, sieves: bool) -> LazyPattern | Sieve | FactPattern | _Around:
    if not isinstance(rule.pattern, LazyPattern):
        return rule.pattern
    searched = Sieve(rule.pattern) if sieves else rule.pattern
    return _Around(rule.pattern, searched, rule.trigger, rule.around_bytes) if rule.around_bytes else searched


class LineRedactor(Replacer):
    """Applies rules to single lines, and counts what it replaced; without ``sieves`` by ``re`` alone."""

    def __init__(
        self,
        rules: Sequence[Rule],
        namer: Namer,
        kept: frozenset[bytes] = frozenset(),
        names: Names | None = None,
        *,
        sieves: bool = True,
    ) -> None:
        super().__init__(rules, namer)
        self._kept = kept
        self._found_names = (names or Names()).found
        self._searches = [(_searched(rule, sieves=sieves), rule.ignore_case) for rule in rules]
        self._near = [
            (index, rule.pattern.search, rule.near_bytes)
            for index, rule in enumerate(rules)
            if rule.near_bytes and isinstance(rule.pattern, LazyPattern)
        ]
        self._opens = [rule.opens is not None for rule in rules]
        self._patterns = [rule.pattern for rule in rules]
        self._validators = [rule.validator for rule in rules]
        self._behind = [
            (
                names.bits([rule.after]) if names is not None and rule.after else 0,
                rule.pattern if isinstance(rule.pattern, LazyPattern) else None,
                rule.ignore_case,
            )
            for rule in rules
        ]

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
        """As in ``Replacer``, and each value also where the line says it again."""
        again = repeats(line, spans, self._kinds)
        super().replace_in(target, at, line, spans + again if again else spans, counts, recorder=recorder)

    def names(self, line: bytes, asked: Asked, place: Place | None) -> list[NameFound]:
        """The names in ``line`` behind which the asked rules have to be tried."""
        return self._found_names(line, asked.classes, place) if asked.classes else []

    def spans(self, line: bytes, asked: Asked, names: Sequence[NameFound]) -> list[Span]:
        """All valid findings of the asked rules, in no order, without those near."""
        found: list[Span] = []
        for rule in asked.anywhere:
            pattern, ignore_case = self._searches[rule]
            for match in pattern.finditer(line.lower() if ignore_case else line):
                span = self._span(line, match, rule)
                if span is not None:
                    found.append(span)
        if names and asked.behind:
            found += [span for _, _, span in self.behind(line, asked.behind, names) if span is not None]
        return found

    def near_spans(self, line: bytes, near: Sequence[int]) -> list[Span]:
        """The valid findings of rules with ``near_bytes``, whose triggers end at these places."""
        found: list[Span] = []
        for rule, search, reach_bytes in self._near:
            done = 0
            for end in near:
                if end <= done:
                    continue
                match = search(line, max(done, end - reach_bytes))
                if match is None:
                    break
                done = match.end()
                span = self._span(line, match, rule)
                if span is not None:
                    found.append(span)
        return found

    def replace_near(
        self,
        target: Rewritten,
        lines: tuple[int, int],
        near: Sequence[int],
        counts: Counter[str],
        recorder: Recorder | None = None,
    ) -> None:
        """Whole ``lines`` of a block redacted by the one rule with ``near_bytes``.

        As through ``spans`` and ``replace``, but at once: most lines that have anything to redact have an address and
        nothing else.
        """
        rule, search, reach_bytes = self._near[0]
        validator, kind, namer, kept = self._validators[rule], self._kinds[rule] or "", self._namer, self._kept
        block, parts, written = target.block, target.parts, target.done
        told: list[Span] | None = [] if recorder and recorder.wants(self._names[rule]) else None
        before, (done, stop) = len(parts), lines
        for end in near:
            if end <= done:
                continue
            match = search(block, end - reach_bytes if end - reach_bytes > done else done, stop)
            if match is None:
                break
            start, done = match.span()
            value = match[0]
            if (validator is not None and not validator(value, match)) or (kept and value in kept):
                continue
            parts += (block[written:start], namer(kind, value))
            if told is not None:
                told.append(Span(start, done, rule))
            written = done
        if written == target.done:
            return
        target.done = written
        if recorder and told:
            recorder.at = 0
            recorder.replaced(block, told, self)
        counts[self._names[rule]] += (len(parts) - before) // 2

    def behind(
        self, line: bytes, rules: Sequence[int], names: Sequence[NameFound]
    ) -> list[tuple[int, re.Match[bytes], Span | None]]:
        """For each of the names the first of ``rules`` that finds a value there; without one, nothing.

        A rule that ``opens`` a block needs only to match; its span is ``None``.
        """
        found: list[tuple[int, re.Match[bytes], Span | None]] = []
        lower = None
        masked_to = 0
        for start, end, of in names:
            if start < masked_to:
                continue  # inside a value that is masked; trying each name there could take the square of its length
            for rule in rules:
                bits, pattern, ignore_case = self._behind[rule]
                if not bits & of or pattern is None:
                    continue
                if ignore_case:
                    lower = line.lower() if lower is None else lower
                    match = pattern.match(lower, end)
                else:
                    match = pattern.match(line, end)
                if match is None:
                    continue
                if self._opens[rule]:
                    found.append((rule, match, None))
                    break
                span = self._span(line, match, rule)
                if span is not None:
                    found.append((rule, match, span))
                    masked_to = span.end if self._kinds[rule] is None else masked_to
                    break
        return found

    def _span(self, line: bytes, match: re.Match[bytes], rule: int) -> Span | None:
        groups = self._patterns[rule].value_groups
        start, end = match.span(groups[0])
        if start < 0:
            start, end = next((match.span(group) for group in groups if match.start(group) >= 0), (0, 0))
        if start >= end:
            return None
        value = line[start:end]
        validator = self._validators[rule]
        if validator is not None and not validator(value, match):
            return None
        if (value[0] in _ALREADY_BEGINS and _ALREADY.match(value)) or (self._kept and value.lower() in self._kept):
            return None
        if end - start >= _LONG_VALUE_BYTES and self._kinds[rule] is None:
            end = value_end(line, start, end)
        elif line[end - 1] >= _NO_ASCII and line[end : end + 1] >= _NO_ASCII_BYTES:
            end = _word_end(line, start, end)
        return Span(start, end, rule)
