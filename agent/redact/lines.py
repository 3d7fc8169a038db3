"""One line after the other: its findings by all rules, and what of it belongs to a value that began above it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from agent.redact.asked_rules import Asked, RulesByTrigger
from agent.redact.below import SHAPES, is_nearer
from agent.redact.blocks import Block, beside, continued, opened, passed, together
from agent.redact.columns import in_statement, is_column, is_prose
from agent.redact.line_prefix import prefix_end
from agent.redact.names import NameFound, Place
from agent.redact.picking.picker import Matching, Picker
from agent.redact.recorder import Recorder
from agent.redact.replacing import Span
from agent.redact.rules import Rule
from agent.redact.structure.embedded import Embedded
from agent.redact.text import LineRedactor
from agent.redact.unescaped import COLOURS, Unescaped, is_wrapped, unescaped
from agent.redact.vectors import Vector, vectors

_OF_COMMANDS = frozenset({"commands", "programs"})  # the families that read a list of arguments as a command line
_KEY = "key-block"
# Only marks, and what is too short to be a part of a value beside them.
_MASKED = re.compile(rb"\[redacted:[a-z0-9-]+\](?:\[redacted:[a-z0-9-]+\]|\s|[^\s\[]{1,7}+(?=[\s\[]|\Z))*+\Z")
_YIELDING = frozenset({"section", "network-lines"})  # blocks in whose lines others may begin
_AWAITING = frozenset({"value-line", "random-value-line", "told-below", *SHAPES})  # as long as nothing was found
_ONE_WORD = re.compile(rb"[\w.-]+\Z")
_COLUMNS_LIMIT = 16  # of a table that are followed: each costs a look at every cell


class Lines:
    """All rules over single lines, with the block (see blocks.py) that the last line left open."""

    embedded: Embedded | None = None

    def __init__(
        self,
        rules: Sequence[Rule],
        redactor: LineRedactor,
        picker: Picker,
        rules_by_trigger: RulesByTrigger,
        recorder: Recorder | None = None,
    ) -> None:
        self._rules = rules
        self.recorder = recorder
        self.redactor = redactor
        self.picker = picker
        self._rules_by_trigger = rules_by_trigger
        self.block: Block | None = None
        self._depth = 0  # of strings in strings that the lines stand in
        self.counts: Counter[str] = Counter()

    def line(self, line: bytes, matching: Matching | None = None) -> bytes:
        """A whole line, without its line feed, redacted; ``matching`` is what its triggers say where it is known."""
        if self.embedded is not None and (
            matching is None
            or self.embedded.is_for(line, self._rules_by_trigger.of(matching.positions).classes, matching.names)
        ):
            before, line = line, self.embedded.redacted(line, self.counts)
            matching = matching if line is before else None
        spans, interleaved = self.spans(line, matching)
        if interleaved:
            return self._interleaved(line)
        return self.redactor.replace(line, spans, self.counts, self.recorder) if spans else line

    def beyond_near(self, line: bytes, positions: tuple[int, ...], place: Place | None) -> list[Span] | None:
        """The findings without those near, most often none; ``None`` for a line that needs more than its findings."""
        asked = self._rules_by_trigger.of(positions)
        if self.block is not None or asked.openers or asked.interleaved or asked.vectors or asked.escaped:
            return None
        if self.embedded is not None and self.embedded.is_for(line, asked.classes, place):
            return None
        redactor = self.redactor
        names = redactor.names(line, asked, place) if asked.classes else []
        if names and asked.openers_behind and redactor.behind(line, asked.openers_behind, names):
            return None
        if _may_mask(asked, names) and is_wrapped(line):
            return None
        return redactor.spans(line, asked, names)

    def spans(self, line: bytes, matching: Matching | None = None) -> tuple[list[Span], bool]:
        """The findings in ``line``; the second part says that it is UTF-16 and has to be looked at otherwise."""
        if matching is None:
            matching = self.picker.matching(line)
        asked = self._rules_by_trigger.of(matching.positions)
        if asked.interleaved and line.count(0) * 4 > len(line):
            return [], True
        names = self.redactor.names(line, asked, matching.names)
        spans = self.redactor.near_spans(line, matching.near) if matching.near else []
        spans += self.redactor.spans(line, asked, names)
        if asked.vectors:
            spans += [span for vector in vectors(line) for span in self._of_command(vector)]
        may_mask, may_open = _may_mask(asked, names), bool(asked.openers or (names and asked.openers_behind))
        framed, self.block = _parted(self.block)
        if framed is not None or asked.escaped or ((may_mask or may_open) and is_wrapped(line)):
            places = [start for start, _, _ in names] if may_open else []  # in order
            strings = unescaped(
                line,
                self._depth,
                may_mask=may_mask,
                frame=framed.frame[0] if framed is not None else b"",
                opens=lambda start, end: bool(asked.openers) or bisect_left(places, start) < bisect_left(places, end),
            )
            spans, framed = self._with_strings(line, strings, spans, framed)
        if self.block is not None or may_open:
            self._follow(line, asked, names, spans)
        if framed is not None:
            self.block = framed if self.block is None else replace(self.block, framed=framed)
        return spans, False

    def _with_strings(
        self, line: bytes, strings: Iterable[Unescaped], spans: list[Span], framed: Block | None
    ) -> tuple[list[Span], Block | None]:
        """The findings in ``line`` and in its ``strings`` without their escapes, and the block that one leaves open.

        ``framed`` is the block that a string of a line above left open.
        """
        begun = None
        is_passed = framed is not None  # by a line of others, until the string is found
        for string in strings:
            goes_on = is_passed and framed is not None and string.frame == framed.frame[0]
            opened = replace(framed, frame=framed.frame[1:]) if goes_on and framed is not None else None
            found, left = self._of_string(line, string, opened)
            is_passed = is_passed and not goes_on
            if string.is_sure:
                # Without escapes a rule sees where its value ends; with them it may go on to the end of the string.
                ends = {(start, rule): end for start, end, rule in found}
                spans = [Span(start, min(end, ends.get((start, rule), end)), rule) for start, end, rule in spans]
                spans += found
            else:
                spans += [span for span in found if self._rules[span.rule].kind is None]
            # One word may be the value of a field, and no line of a log.
            is_line = goes_on or string.frame == COLOURS or _ONE_WORD.match(string.text) is None
            if left is not None and begun is None and string.frame and is_line:
                begun = replace(left, frame=(string.frame, *left.frame))
        if framed is None or not is_passed:
            return spans, begun
        is_lesser = begun is not None and (framed.kind not in _YIELDING | _AWAITING or self._is_lesser(begun, framed))
        return spans, passed(framed) if begun is None or is_lesser else begun

    def _of_string(self, line: bytes, string: Unescaped, opened: Block | None) -> tuple[list[Span], Block | None]:
        """What is found in the lines of ``string``, where it stands in ``line``, and what its last line leaves open."""
        inside = Lines(self._rules, self.redactor, self.picker, self._rules_by_trigger)
        inside._depth, inside.block = self._depth + 1, opened
        found = self.picker.candidates(string.text)[0]
        known = {start: Matching(positions, (), names) for start, _, positions, names in found}
        spans: list[Span] = []
        start = 0
        for text in string.text.removesuffix(b"\n").split(b"\n"):
            if start in known or inside.block is not None:
                for first, last, rule in inside.spans(text, known.get(start, Matching(())))[0]:
                    place = string.span(start + first, start + last)
                    # A stand-in is made of what stands in the line: of a name with escapes it would be another.
                    if self._rules[rule].kind is None or line[slice(*place)] == text[first:last]:
                        spans.append(Span(*place, rule))
            start += len(text) + 1
        return spans, inside.block

    def _of_command(self, vector: Vector) -> Iterator[Span]:
        """The credentials in a list of arguments, where they stand in its line; of encoded ones those of all rules."""
        matching = self.picker.matching(vector.text)
        asked = self._rules_by_trigger.of(matching.positions)
        names = self.redactor.names(vector.text, asked, matching.names)
        encoded = vector.arguments[-1].width > 1
        for span in self.redactor.spans(vector.text, asked, names):
            rule = self._rules[span.rule]
            if rule.kind is None and (encoded or rule.family in _OF_COMMANDS):
                found = vector.span(span.start, span.end)
                if found is not None:
                    yield Span(*found, span.rule)

    def replaced(self, text: bytes, spans: list[Span]) -> bytes:
        """``text`` with its findings replaced and counted."""
        return self.redactor.replace(text, spans, self.counts, self.recorder)

    def _follow(self, line: bytes, asked: Asked, names: Sequence[NameFound], spans: list[Span]) -> None:
        known = len(spans)
        prefix_bytes = prefix_end(line)
        if self.block is not None:
            self._go_on(self.block, line, prefix_bytes, spans)
        openers, behind = asked.openers, asked.openers_behind
        waits = self.block if len(spans) == known else None
        if self.block is not None and self.block.kind not in (_YIELDING if waits is None else _YIELDING | _AWAITING):
            # A key that begins is one whatever may be open: <tls-auth> is a name for what stands below it.
            openers, behind = tuple(rule for rule in openers if self._rules[rule].opens == _KEY), ()
        # A piece of a key may look like the start of one as well.
        is_piece = self.block is not None and self.block.kind == _KEY and self.block.cells > self.block.strange_lines
        if is_piece or not (openers or (behind and names)):
            return
        begun = self._begun(line, prefix_bytes, (openers, behind), names, spans)
        if begun is None and prefix_bytes:
            begun = self._begun(line, 0, (openers, behind), names, spans)
            begun = None if begun is not None and _is_table(begun) else begun  # a prefix is no heading
        if begun is None or (waits is not None and self._is_lesser(begun, waits)):
            return
        # Also in the place of a section, or of a name without a value: what stands inside of it, or below, is nearer.
        self.block = begun

    def _begun(
        self,
        line: bytes,
        prefix_bytes: int,
        rules: tuple[Sequence[int], Sequence[int]],
        names: Sequence[NameFound],
        spans: list[Span],
    ) -> Block | None:
        """The block that begins below ``line``, as it is read behind its prefix; what it holds itself is in ``spans``.

        ``rules`` are those that open one anywhere, and behind a name.
        """
        openers, behind = rules
        text = line[prefix_bytes:]
        opening = [
            (rule, match)
            for rule in openers
            for match in self._rules[rule].pattern.finditer(text.lower() if self._rules[rule].ignore_case else text)
        ]
        if behind:
            at = prefix_bytes
            inside = [(start - at, end - at, of) for start, end, of in names if start >= at] if at else names
            opening += [(rule, match) for rule, match, _ in self.redactor.behind(text, behind, inside)]
        # "Password for the admin user:" opens a secret and an account; what is masked comes first.
        last = sorted(opening[: -_COLUMNS_LIMIT - 1 : -1], key=lambda each: self._rules[each[0]].kind is not None)
        kinds = [(rule, self._rules[rule].opens or "", match) for rule, match in last]
        kinds.sort(key=lambda each: not is_nearer(each[1]))
        for rule, kind, match in kinds:
            if is_column(kind):
                for start, end in in_statement(kind, text, match):
                    spans.append(Span(prefix_bytes + start, prefix_bytes + end, rule))
        begun = together(opened(rule, kind, text, match) for rule, kind, match in kinds)
        if begun is None or ((prefix_bytes or self._depth) and is_prose(text, begun.separator)):
            return None
        return replace(begun, prefixed=True) if prefix_bytes else begun

    def _is_lesser(self, begun: Block, waits: Block) -> bool:
        """Whether a credential is waited for, and what ``begun`` waits for tells a person or machine at most."""
        masked = self._rules[waits.rule].kind is None and waits.kind in _AWAITING
        return masked and self._rules[begun.rule].kind is not None

    def _go_on(self, block: Block, line: bytes, prefix_bytes: int, spans: list[Span]) -> None:
        """Add to ``spans`` what of ``line`` belongs to the open ``block``: behind its prefix, or else in all of it."""
        readings = []
        for at in _readings(block, prefix_bytes):
            found, below = continued(block, line[at:])
            values = [
                (each, rule) for each, rule in ((found, block.rule), *beside(block, line[at:])) if each is not None
            ]
            # A prefix that was one where the block began is none of its values.
            first = prefix_bytes if block.prefixed else 0
            told = [((start + at, end + at), rule) for (start, end), rule in values if start + at >= first]
            readings.append((below, told))
            if told or not line[at:].strip():
                break
        self.block, told = readings[-1] if readings[-1][1] else readings[0]
        for each, rule in told:
            is_known = any(span.start <= each[0] and each[1] <= span.end for span in spans)
            if not is_known and _MASKED.match(line[slice(*each)]) is None:
                spans.append(Span(*each, rule))

    def _interleaved(self, line: bytes) -> bytes:
        """A line of two-byte characters in a file of one-byte ones: redacted without the NULs, written with them."""
        first = 0 if line[:1] == b"\x00" else 1
        narrow = line.replace(b"\x00", b"")
        spans, _ = self.spans(narrow)
        if not spans:
            return line
        redacted = self.redactor.replace(narrow, spans, self.counts, self.recorder)
        wide = b"".join(b"\x00%c" % byte if first == 0 else b"%c\x00" % byte for byte in redacted)
        return wide + b"\x00" if first == 0 and line[-1:] == b"\x00" else wide


def _is_table(block: Block) -> bool:
    return bool(block.cells) and block.kind != _KEY


def _readings(block: Block, prefix_bytes: int) -> tuple[int, ...]:
    """From where on a line is read for ``block``: as it began, and else as a whole, or behind its prefix."""
    if not prefix_bytes:
        return (0,)
    if _is_table(block):  # the cells of a table stand where those of its headings did
        return (prefix_bytes if block.prefixed else 0,)
    return (prefix_bytes, 0) if block.prefixed else (0, prefix_bytes)


def _parted(block: Block | None) -> tuple[Block | None, Block | None]:
    """The block that stands in strings of its lines, and the one that does not."""
    if block is None or block.frame:
        return block, None
    return block.framed, replace(block, framed=None) if block.framed is not None else block


def _may_mask(asked: Asked, names: Sequence[NameFound]) -> bool:
    """Whether a rule that masks is asked about a line."""
    return asked.masks or any(classes & asked.masked_classes for _, _, classes in names)
