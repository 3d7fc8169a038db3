"""One line after the other: its findings by all rules, and what of it belongs to a value that began above it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from agent.redact.asked_rules import Asked, RulesByTrigger
from agent.redact.blocks import Block, passed
from agent.redact.edits import Collector, Edits, together
from agent.redact.names import NameFound, Place
from agent.redact.open_blocks import OpenBlocks
from agent.redact.picking.picker import Matching, Picker
from agent.redact.recorder import Recorder
from agent.redact.replacing import Span
from agent.redact.rules import Rule
from agent.redact.structure.embedded import Embedded
from agent.redact.text import LineRedactor
from agent.redact.unescaped import COLOURS, Unescaped, is_wrapped, unescaped
from agent.redact.vectors import Vector, vectors

_OF_COMMANDS = frozenset({"commands", "programs"})  # the families that read a list of arguments as a command line
_ONE_WORD = re.compile(rb"[\w.-]+\Z")


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
        *,
        depth: int = 0,
    ) -> None:
        """``depth`` is that of strings in strings that the lines stand in."""
        self._rules = rules
        self.recorder = recorder
        self.redactor = redactor
        self.picker = picker
        self._rules_by_trigger = rules_by_trigger
        self.block: Block | None = None
        self._depth = depth
        self._open_blocks = OpenBlocks(rules, redactor, in_string=depth > 0)
        self.counts: Counter[str] = Counter()

    def line(self, line: bytes, matching: Matching | None = None) -> bytes:
        """A whole line, without its line feed, redacted; ``matching`` is what its triggers say where it is known."""
        if self.embedded is not None and (
            matching is None
            or self.embedded.is_for(line, self._rules_by_trigger.of(matching.positions).classes, matching.names)
        ):
            before, edits = line, Edits() if self.recorder else None
            line = self.by_key(line, edits)
            matching = matching if line is before else None
            if self.recorder and edits is not None and edits.spans:
                return self._read_again(before, line, edits, self.recorder)
        return self._as_text(line, matching, self.recorder)

    def _as_text(self, line: bytes, matching: Matching | None, recorder: Recorder | None) -> bytes:
        spans, interleaved = self.spans(line, matching)
        if interleaved:
            return self._interleaved(line, recorder)
        return self.redactor.replace(line, spans, self.counts, recorder) if spans else line

    def _read_again(self, before: bytes, line: bytes, edits: Edits, recorder: Recorder) -> bytes:
        """``line`` redacted, which ``edits`` made of ``before``: who looks on is told of both readings at once."""
        again = Collector()
        redacted = self._as_text(line, None, again)
        told = together(before, edits, again.edits)
        recorder.replaced(before, told.spans, told)
        return redacted

    def by_key(self, line: bytes, edits: Edits | None) -> bytes:
        """``line`` without what stands in it under the key of a secret, in JSON; the line itself if nothing does."""
        return line if self.embedded is None else self.embedded.redacted(line, self.counts, edits)

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

    def spans(
        self, line: bytes, matching: Matching | None = None, *, is_piece: bool = False
    ) -> tuple[list[Span], bool]:
        """The findings in ``line``, which may be a piece of a longer one.

        The second part says that it is UTF-16 and has to be looked at otherwise.
        """
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
        may_mask, may_open = _may_mask(asked, names), _may_open(asked, names)
        framed, self.block = _parted(self.block)
        if framed is not None or asked.escaped or ((may_mask or may_open) and is_wrapped(line)):
            places = [start for start, _, _ in names] if may_open else []  # in order

            def opens(start: int, end: int) -> bool:
                return bool(asked.openers) or bisect_left(places, start) < bisect_left(places, end)

            frame = framed.frame[0] if framed is not None else b""
            strings = [*unescaped(line, self._depth, may_mask=may_mask, frame=frame, opens=opens, is_piece=is_piece)]
            spans, framed = self._with_strings(line, strings, spans, framed)
        if self.block is not None or may_open:
            self.block = self._open_blocks.after(self.block, line, asked, names, spans)
        if framed is not None:
            self.block = framed if self.block is None else replace(self.block, framed=framed)
        return spans, False

    def _with_strings(
        self, line: bytes, strings: Sequence[Unescaped], spans: list[Span], framed: Block | None
    ) -> tuple[list[Span], Block | None]:
        """The findings in ``line`` and in its ``strings`` without their escapes, and the block that one leaves open.

        ``framed`` is the block that a string of a line above left open.
        """
        begun = None
        is_passed = framed is not None  # by a line of others, until the string is found
        for string, known in zip(strings, self._known(strings), strict=True):
            goes_on = is_passed and framed is not None and string.frame == framed.frame[0]
            opened = replace(framed, frame=framed.frame[1:]) if goes_on and framed is not None else None
            found, left = self._of_string(line, string, known, opened)
            is_passed = is_passed and not goes_on
            if string.is_sure and found:
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
        is_over = begun is not None and self._open_blocks.gives_way(framed, begun)
        return spans, begun if is_over else passed(framed)

    def _known(self, strings: Sequence[Unescaped]) -> list[dict[int, Matching]]:
        """What triggers say of the lines in each of ``strings``, by where they start in it; asked about all at once."""
        known: list[dict[int, Matching]] = [{} for _ in strings]
        if not strings:
            return known
        starts = [0, *accumulate(len(string.text) + 1 for string in strings)]
        at = 0
        for start, _, positions, names in self.picker.candidates(b"\n".join(string.text for string in strings))[0]:
            at = bisect_right(starts, start, at) - 1
            known[at][start - starts[at]] = Matching(positions, (), names)
        return known

    def _of_string(
        self, line: bytes, string: Unescaped, known: Mapping[int, Matching], opened: Block | None
    ) -> tuple[list[Span], Block | None]:
        """What is found in the lines of ``string``, where it stands in ``line``, and what its last line leaves open."""
        inside = Lines(self._rules, self.redactor, self.picker, self._rules_by_trigger, depth=self._depth + 1)
        inside.block = opened
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

    def _interleaved(self, line: bytes, recorder: Recorder | None) -> bytes:
        """A line of two-byte characters in a file of one-byte ones: redacted without the NULs, written with them."""
        first = 0 if line[:1] == b"\x00" else 1
        narrow = line.replace(b"\x00", b"")
        spans, _ = self.spans(narrow)
        if not spans:
            return line
        redacted = self.redactor.replace(narrow, spans, self.counts, recorder)
        wide = b"".join(b"\x00%c" % byte if first == 0 else b"%c\x00" % byte for byte in redacted)
        return wide + b"\x00" if first == 0 and line[-1:] == b"\x00" else wide


def _parted(block: Block | None) -> tuple[Block | None, Block | None]:
    """The block that stands in strings of its lines, and the one that does not."""
    if block is None or block.frame:
        return block, None
    return block.framed, replace(block, framed=None) if block.framed is not None else block


def _may_mask(asked: Asked, names: Sequence[NameFound]) -> bool:
    """Whether a rule that masks is asked about a line."""
    return asked.masks or any(classes & asked.masked_classes for _, _, classes in names)


def _may_open(asked: Asked, names: Sequence[NameFound]) -> bool:
    """Whether a block may begin in a line: where it may, more is read, so it must not rest on what an engine asks."""
    return bool(asked.openers) or any(classes & asked.opening_classes for _, _, classes in names)
