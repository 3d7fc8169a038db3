"""google-re2 as the engine that picks lines: at work at once, a block read once for each group of triggers.

Each pass takes some 1.5 ms a megabyte, however few expressions it is for, and more when their automaton outgrows the
processor's caches. So groups are as large as that allows; what it was measured with is ``tests/bench/logs.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import re2

from agent.redact.dialect import whole
from agent.redact.names import NOWHERE, Place
from agent.redact.picker import Candidate, Group, Groups, Matching, Near, Triggers, alone

_MEMORY_BYTES = 12 * 2**20  # for the automaton of one group, at most; RE2's own 8 MiB thrash on the largest
_LITERALS = 128  # 378 together outgrew that memory and took 1.1 s for a megabyte
_SHAPES = 18  # triggers; 36 together are a millisecond a megabyte quicker, and near the memory's bound
_FEW_LINES = 64  # of a block; where more have something near, the standard library is quicker over the rest of it


@dataclass(slots=True)
class FoundLine:
    """What is known so far of a line that matches: where it ends, the positions, and the place of names."""

    end: int
    positions: set[int] = field(default_factory=set)
    names: Place = NOWHERE


FoundLines = dict[int, FoundLine]
"""By where they start."""


class Re2Group:
    """Some forms of triggers: one expression for all, and the set that tells which."""

    def __init__(self, group: Group, *, is_behind: bool = False) -> None:
        options = re2.Options()
        # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _MEMORY_BYTES
        options.log_errors = False
        # (?m): in a block of lines, ^ and $ mean the line, as they do where a line stands alone.
        text = "|".join(f"(?:{form.text})" for _, form in group)
        self.search: Any = re2.compile(b"(?m)" + text.encode(), options).search
        self._set: Any = re2.Set.SearchSet(options)
        for _, form in group:
            self._set.Add(form.text.encode())
        self._set.Compile()
        self._group = group
        self._positions = [position for position, _ in group]
        self._is_behind = is_behind

    def add_lines(self, block: bytes, found: FoundLines) -> None:
        """The lines of ``block`` that match."""
        position, length = 0, len(block)
        while position < length and (match := self.search(block, position)) is not None:
            at = match.start()
            end = block.find(b"\n", at)
            end = length if end < 0 else end
            start = block.rfind(b"\n", position, at) + 1 or position
            line = found.setdefault(start, FoundLine(end))
            line.positions |= self._matching(block[start:end])
            if self._is_behind:
                line.names = (at - start, end - start)
            position = end + 1

    def _matching(self, line: bytes) -> set[int]:
        """The positions of the triggers that match a line in which at least one does."""
        if len(self._positions) == 1:
            return set(self._positions)
        found: list[int] = self._set.Match(line)
        if found:
            return {self._positions[at] for at in found}
        # A set whose automaton outgrew its memory answers "nothing" instead of failing: never trust that.
        return {position for position, form in self._group if re.search(form.text.encode(), line)}


def groups_of_names_and_shapes(triggers: Triggers, shape: Group) -> list[Re2Group]:
    """The groups of which RE2 reads a block more quickly than Hyperscan does: without a rare literal."""
    # Whole: alternatives that begin alike share states.
    names = [(position, whole(triggers.texts[position])) for position in sorted(triggers.behind)]
    by_trigger: dict[int, Group] = {}
    for position, form in shape:
        by_trigger.setdefault(position, []).append((position, form))
    shapes = list(by_trigger.values())
    parts = [[form for forms in shapes[at : at + _SHAPES] for form in forms] for at in range(0, len(shapes), _SHAPES)]
    return [*([Re2Group(names, is_behind=True)] if names else []), *map(Re2Group, parts)]


def _groups_of_literals(groups: Groups) -> list[Re2Group]:
    whole_ones = {position for position, _ in groups.wholes}
    parts = [groups.wholes[at : at + _LITERALS] for at in range(0, len(groups.wholes), _LITERALS)]
    parts.append([each for each in groups.literal if each[0] not in whole_ones])
    return [Re2Group(part) for part in parts if part]


class Re2Picker:
    """All groups by RE2. Importing this module raises ``ImportError`` where it is missing."""

    def __init__(self, triggers: Triggers) -> None:
        groups = triggers.groups()
        self._groups = _groups_of_literals(groups) + groups_of_names_and_shapes(triggers, groups.shape)
        self._near = Near(triggers)
        near = [(position, whole(triggers.texts[position])) for position in sorted(triggers.near)]
        self._near_group = Re2Group(near) if near else None

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return alone(self, line)

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """See ``Picker``."""
        found: FoundLines = {}
        for group in self._groups:
            group.add_lines(block, found)
        lines = [(start, line.end, tuple(sorted(line.positions)), line.names) for start, line in sorted(found.items())]
        return lines, list(self._near_ends(block))

    def _near_ends(self, block: bytes) -> Iterator[int]:
        """RE2 looks for lines that have any, and ``re`` for the places in them; ``re`` alone where they are many."""
        if self._near_group is None:
            return
        position = 0
        for _ in range(_FEW_LINES):
            match = self._near_group.search(block, position)
            if match is None:
                return
            start = block.rfind(b"\n", 0, match.start()) + 1
            end = block.find(b"\n", match.start())
            end = len(block) if end < 0 else end
            yield from (start + near for near in self._near.ends(block[start:end]))
            position = end + 1
            if position > len(block):
                return
        yield from (position + near for near in self._near.ends(block[position:]))
