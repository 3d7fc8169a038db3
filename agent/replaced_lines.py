"""In which lines of a file a rule replaced something, in the short form that a manifest can hold: ``3,7-12,40``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_LINES = 50  # for one rule and file: enough to look where a rule was at work, and a bound for the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacedLines:
    """``ranges`` are the first lines, counted from 1, at most ``MAX_LINES`` of them.

    ``more`` is how many replacements, at least, stand in other lines behind those.
    """

    ranges: str
    more: int = 0

    @classmethod
    def of(cls, lines: Iterable[int], more: int = 0) -> ReplacedLines:
        """These lines, in any order; one that is over the bound counts as one replacement more."""
        ordered = sorted(set(lines))
        return cls(ranges=_ranges(ordered[:MAX_LINES]), more=more + max(len(ordered) - MAX_LINES, 0))

    @property
    def lines(self) -> tuple[int, ...]:
        """The lines one by one. Raise ``ValueError`` when ``ranges`` is none of ours or names too many."""
        return tuple(_lines(self.ranges))

    def joined(self, other: ReplacedLines) -> ReplacedLines:
        """The lines of both: what two passes of redaction replaced in the same file."""
        return ReplacedLines.of([*self.lines, *other.lines], self.more + other.more)


def _ranges(ordered: list[int]) -> str:
    parts: list[tuple[int, int]] = []
    for line in ordered:
        if parts and parts[-1][1] + 1 == line:
            parts[-1] = (parts[-1][0], line)
        else:
            parts.append((line, line))
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def _lines(ranges: str) -> Iterator[int]:
    left = MAX_LINES
    for part in ranges.split(","):
        first, _, last = part.partition("-")
        until = int(last or first)
        left -= until - int(first) + 1
        if left < 0:  # a manifest from elsewhere may claim any range
            raise ValueError("more lines than a list of them may have")
        yield from range(int(first), until + 1)
