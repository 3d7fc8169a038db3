"""Bytes in, redacted bytes out, a block at a time: lines are put together over block borders, long ones cut.

The result does not depend on how the bytes arrive. Memory is bounded: a line longer than a window is redacted
window by window (``long_line``), after it was read by key if it is not too long to be kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from agent.redact.edits import Collector, Edits, together
from agent.redact.lines import Lines
from agent.redact.long_line import WINDOW_BYTES, LongLine
from agent.redact.names import NOWHERE, Place
from agent.redact.picking.picker import Matching
from agent.redact.recorder import Target
from agent.redact.replacing import Rewritten

LONGEST_KEPT_BYTES = 2**18  # of a line that is read by key as a whole, wherever the bytes that come are parted
BLOCK_BYTES = 2**18  # what is held of a block is a list of its lines and more; a larger one gains nothing


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
                self._recorder.passed(self._long.size_bytes)
                self._recorder.block(b"\n")
            self._long, data = None, data[end + 1 :]
        data = self._rest + data if self._rest else data
        cut = data.rfind(b"\n") + 1
        if cut:
            self._whole_lines(data[:cut])
            data = data[cut:]
        self._rest = data
        if len(data) > LONGEST_KEPT_BYTES:
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
            return self._one_long(line)
        return self._lines.line(line, Matching(positions, near, names))

    def _one_long(self, line: bytes) -> bytes:
        lines, recorder = self._lines, self._lines.recorder
        if len(line) > LONGEST_KEPT_BYTES:
            return LongLine(lines).feed(line, final=True)
        edits = Edits() if recorder else None
        by_key = lines.by_key(line, edits)
        if recorder is None or edits is None or not edits.spans:
            return LongLine(lines).feed(by_key, final=True)
        lines.recorder = again = Collector()
        try:
            redacted = LongLine(lines).feed(by_key, final=True)
        finally:
            lines.recorder = recorder
        told = together(line, edits, again.edits)
        recorder.replaced(line, told.spans, told)
        return redacted
