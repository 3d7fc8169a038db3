"""Bytes in, redacted bytes out, a block at a time: lines are put together over block borders, long ones cut.

The result does not depend on how the bytes arrive. Memory is bounded: a line longer than a window is redacted
window by window (``long_line``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from agent.redact.blocks import Block, beside, continued, opened, together
from agent.redact.columns import in_statement, is_column
from agent.redact.long_line import WINDOW_BYTES, LongLine
from agent.redact.names import NOWHERE, NameFound, Names, Place
from agent.redact.picker import Matching, Picker, Triggers
from agent.redact.recorder import Recorder, Target
from agent.redact.replacing import Rewritten, Span
from agent.redact.rules import OF_MACHINE, Rule
from agent.redact.structure.by_key import MARK
from agent.redact.structure.embedded import Embedded
from agent.redact.text import Asked, LineRedactor

BLOCK_BYTES = 2**20  # each automaton reads it to its end before the next comes: in small ones they wait for memory
_COLUMNS_LIMIT = 16  # of a table that are followed: each costs a look at every cell
_INTERLEAVED = r"\x00[^\x00\n]\x00[^\x00\n]\x00"  # UTF-16 in the middle of a file of single bytes


class Lines:
    """All rules over single lines, with the block (see blocks.py) that the last line left open."""

    embedded: Embedded | None = None

    def __init__(
        self,
        rules: Sequence[Rule],
        redactor: LineRedactor,
        picker: Picker,
        rules_by_trigger: Plan,
        recorder: Recorder | None = None,
    ) -> None:
        self._rules = rules
        self.recorder = recorder
        self.redactor = redactor
        self.picker = picker
        self._plan = rules_by_trigger
        self.block: Block | None = None
        self.counts: Counter[str] = Counter()

    def line(self, line: bytes, matching: Matching | None = None) -> bytes:
        """A whole line, without its line feed, redacted; ``matching`` is what its triggers say where it is known."""
        if self.embedded is not None and (
            matching is None or self.embedded.is_for(line, self._plan.of(matching.positions).classes, matching.names)
        ):
            before, line = line, self.embedded.redacted(line, self.counts)
            matching = matching if line is before else None
        spans, interleaved = self.spans(line, matching)
        if interleaved:
            return self._interleaved(line)
        return self.redactor.replace(line, spans, self.counts, self.recorder) if spans else line

    def beyond_near(self, line: bytes, positions: tuple[int, ...], place: Place | None) -> list[Span] | None:
        """The findings without those near, most often none; ``None`` for a line that needs more than its findings."""
        asked = self._plan.of(positions)
        if self.block is not None or asked.openers or asked.interleaved:
            return None
        if self.embedded is not None and self.embedded.is_for(line, asked.classes, place):
            return None
        redactor = self.redactor
        names = redactor.names(line, asked, place) if asked.classes else []
        if names and asked.openers_behind and redactor.behind(line, asked.openers_behind, names):
            return None
        return redactor.spans(line, asked, names)

    def spans(self, line: bytes, matching: Matching | None = None) -> tuple[list[Span], bool]:
        """The findings in ``line``; the second part says that it is UTF-16 and has to be looked at otherwise."""
        if matching is None:
            matching = self.picker.matching(line)
        asked = self._plan.of(matching.positions)
        if asked.interleaved and line.count(0) * 4 > len(line):
            return [], True
        names = self.redactor.names(line, asked, matching.names)
        spans = self.redactor.near_spans(line, matching.near) if matching.near else []
        spans += self.redactor.spans(line, asked, names)
        if self.block is not None or asked.openers or asked.openers_behind:
            self._follow(line, asked, names, spans)
        return spans, False

    def replaced(self, text: bytes, spans: list[Span]) -> bytes:
        """``text`` with its findings replaced and counted."""
        return self.redactor.replace(text, spans, self.counts, self.recorder)

    def _follow(self, line: bytes, asked: Asked, names: Sequence[NameFound], spans: list[Span]) -> None:
        if self.block is not None:
            self._go_on(self.block, line, spans)
        if self.block is not None and self.block.kind != "section":
            return
        opening = [
            (rule, match)
            for rule in asked.openers
            for match in self._rules[rule].pattern.finditer(line.lower() if self._rules[rule].ignore_case else line)
        ]
        if asked.openers_behind:
            behind = self.redactor.behind(line, asked.openers_behind, names)
            opening += [(rule, match) for rule, match, _ in behind]
        last = opening[: -_COLUMNS_LIMIT - 1 : -1]
        kinds = [(rule, self._rules[rule].opens or "", match) for rule, match in last]
        for rule, kind, match in kinds:
            if is_column(kind):
                spans += [Span(*found, rule) for found in in_statement(kind, line, match)]
        # Also in the place of a section: what stands inside of it is nearer.
        self.block = together(opened(rule, kind, line, match) for rule, kind, match in kinds) or self.block

    def _go_on(self, block: Block, line: bytes, spans: list[Span]) -> None:
        """Add to ``spans`` what of ``line`` belongs to the open ``block``."""
        found, self.block = continued(block, line)
        for each, rule in ((found, block.rule), *beside(block, line)):
            if each is None or line[slice(*each)] == MARK:
                continue
            if not any(span.start <= each[0] and each[1] <= span.end for span in spans):
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


class Plan:
    """Which rules to apply for which triggers, looked up once per combination that occurs."""

    def __init__(self, rules: Sequence[Rule], names: Names) -> None:
        texts = tuple(dict.fromkeys([*(rule.trigger for rule in rules), _INTERLEAVED]))
        positions = {trigger: position for position, trigger in enumerate(texts)}
        self.triggers = Triggers(
            texts=texts,
            behind={
                positions[rule.trigger]: names.classes[rule.after].reach_bytes
                for rule in rules
                if rule.after is not None
            },
            near=frozenset(positions[rule.trigger] for rule in rules if rule.near_bytes),
            of_machine=frozenset(positions[rule.trigger] for rule in rules if rule.family == OF_MACHINE),
        )
        self._rules = rules
        self._names = names
        self._rules_by_trigger: dict[int, list[int]] = {}
        for index, rule in enumerate(rules):
            self._rules_by_trigger.setdefault(positions[rule.trigger], []).append(index)
        self._interleaved = positions[_INTERLEAVED]
        self._known: dict[tuple[int, ...], Asked] = {}

    def of(self, matching: tuple[int, ...]) -> Asked:
        """What a line that matches these triggers has to be asked about."""
        known = self._known.get(matching)
        if known is None:
            known = self._asked(matching)
            if len(self._known) < 2**14:  # hostile text must not fill the memory with combinations
                self._known[matching] = known
        return known

    def _asked(self, matching: tuple[int, ...]) -> Asked:
        rules = sorted(
            index
            for position in matching
            for index in self._rules_by_trigger.get(position, ())
            if not self._rules[index].near_bytes
        )
        classes = (self._rules[index].after for index in rules)
        parts: dict[tuple[bool, bool], tuple[int, ...]] = {
            (opens, behind): tuple(
                index
                for index in rules
                if (self._rules[index].opens is not None) == opens and (self._rules[index].after is not None) == behind
            )
            for opens in (False, True)
            for behind in (False, True)
        }
        return Asked(
            anywhere=parts[False, False],
            behind=parts[False, True],
            openers=parts[True, False],
            openers_behind=parts[True, True],
            classes=self._names.bits(each for each in classes if each is not None),
            interleaved=self._interleaved in matching,
        )


class StreamRedactor:
    """Feed bytes in pieces of any size; redacted bytes go to ``target``. Call ``finish`` once at the end."""

    def __init__(self, lines: Lines, target: Target) -> None:
        self._lines = lines
        self._recorder = lines.recorder
        self._target = self._recorder.watched(target) if self._recorder else target
        self._rest = b""
        self._long: LongLine | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._long is not None:
            end = data.find(b"\n")
            self._target.write(self._long.feed(data if end < 0 else data[:end], final=end >= 0))
            if end < 0:
                return
            self._target.write(b"\n")
            if self._recorder:
                self._recorder.block(b"\n")
            self._long, data = None, data[end + 1 :]
        data = self._rest + data if self._rest else data
        cut = data.rfind(b"\n") + 1
        if cut:
            self._whole_lines(data[:cut])
            data = data[cut:]
        self._rest = data
        if len(data) > WINDOW_BYTES:
            if self._recorder:
                self._recorder.block(b"")
            self._long, self._rest = LongLine(self._lines), b""
            self._target.write(self._long.feed(data, final=False))

    def finish(self) -> Counter[str]:
        """Redact what is left; the number of replacements by rule."""
        if self._long is not None:
            self._target.write(self._long.feed(b"", final=True))
        elif self._rest:
            self._whole_lines(self._rest)
        self._long, self._rest = None, b""
        return self._lines.counts

    def _whole_lines(self, block: bytes) -> None:
        """Lines with triggers one by one; what lies between them, all at once."""
        found, near = self._lines.picker.candidates(block)
        recorder = self._recorder
        if recorder:
            recorder.block(block)
        lines, target = self._lines, Rewritten(block)
        redactor, counts = lines.redactor, lines.counts
        position = seen = 0  # how far lines and places near are done
        for start, end, positions, names in found:
            line = block[start:end]
            spans = lines.beyond_near(line, positions, names) if end - start <= WINDOW_BYTES else None
            if spans == []:
                continue  # a trigger met in vain, as most are: the line goes with those between
            if position < start:
                seen = self._between(target, position, start, near, seen)
            first, seen = seen, bisect_left(near, end + 1, seen)
            places = [place - start for place in near[first:seen]] if first < seen else ()
            if recorder:
                recorder.at = start
            if spans is None:
                target.put(start, end, self._one(line, positions, places, names))
            else:
                spans += redactor.near_spans(line, places) if places else ()
                redactor.replace_in(target, start, line, spans, counts, recorder=recorder)
            position = end + 1
        if position < len(block):
            self._between(target, position, len(block), near, seen)
        self._target.write(target.whole())

    def _between(self, target: Rewritten, position: int, end: int, near: Sequence[int], seen: int) -> int:
        """Lines without a trigger but those near, from ``position`` to ``end``, redacted; how many places are done.

        The first ``seen`` of the places lie in front of them.
        """
        lines, block = self._lines, target.block
        while lines.block is not None and position < end:  # they may belong to a value that began above them
            line_end = block.find(b"\n", position, end)
            line_end = end if line_end < 0 else line_end
            first, seen = seen, bisect_left(near, line_end + 1, seen)
            if lines.recorder:
                lines.recorder.at = position
            places = [place - position for place in near[first:seen]]
            target.put(position, line_end, self._one(block[position:line_end], (), places))
            position = line_end + 1
        first, seen = seen, bisect_left(near, end + 1, seen)
        if first < seen:
            lines.redactor.replace_near(target, (position, end), near[first:seen], lines.counts, lines.recorder)
        return seen

    def _one(
        self, line: bytes, positions: tuple[int, ...], near: Sequence[int], names: Place | None = NOWHERE
    ) -> bytes:
        if len(line) > WINDOW_BYTES:
            return LongLine(self._lines).feed(line, final=True)
        return self._lines.line(line, Matching(positions, near, names))
