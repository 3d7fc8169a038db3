"""google-re2 as the engine that picks lines: at work at once, a block read once for each group of triggers.

Each pass takes some 1.5 ms a megabyte, however few expressions it is for, while their automaton fits the memory it is
given; beyond that it is thrown away and built anew all the time, and a pass can take a second. How large it grows
depends on the text: in prose far larger than in logs. So those that multiply one another's states, since a match of
them stays open for long (``dialect.Form.stays_open``), are few to a group. Measured with ``tests/bench/logs.py``, and
with changelogs and logs of real computers (decision 96).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import re2

from agent.redact.picking.dialect import whole
from agent.redact.picking.picker import Candidate, Group, Groups, Matching, Near, Triggers, alone

_MEMORY_BYTES = 12 * 2**20  # for the automaton of one group, at most; it is taken only as it is needed
_LITERALS = 128  # triggers that begin with a rare literal, and soon end
_OPEN = 8  # those that stay open: sixteen took 53 ms a megabyte of prose instead of 3.8 in two groups
_SHAPES = 20
_NAMES_CHARACTERS = 16_000  # of triggers behind names: all together took 166 ms a megabyte of prose, and nine so
_FEW_LINES = 64  # of a block; where more have something near, the standard library is quicker over the rest of it


@dataclass(slots=True)
class FoundLine:
    """What is known so far of a line that matches: where it ends, the positions, and the place of names."""

    end: int
    positions: set[int] = field(default_factory=set)
    names: list[tuple[int, int]] = field(default_factory=list)  # see ``Place``


FoundLines = dict[int, FoundLine]
"""By where they start."""


def in_order(found: FoundLines) -> list[Candidate]:
    """The lines as candidates."""
    return [(start, line.end, tuple(sorted(line.positions)), line.names) for start, line in sorted(found.items())]


def compiled(text: str, memory_bytes: int = _MEMORY_BYTES) -> Any:
    """The expression of a form, or of several: in a block of lines ^ and $ mean the line, as where it is alone.

    Raise ``re2.error`` where it needs more than ``memory_bytes``.
    """
    return re2.compile(b"(?m)" + text.encode(), _options(memory_bytes))


@cache
def searcher(trigger: str) -> Callable[[bytes], object]:
    """What tells whether a line matches ``trigger``; compiled when it is first asked about a line: most never are."""
    search: Callable[[bytes], object] = compiled(whole(trigger).text).search
    return search


def forget_expressions() -> None:
    """Let go of the automata of pickers that are no more: the library keeps what it compiled last, and their memory."""
    re2.purge()


def _options(memory_bytes: int = _MEMORY_BYTES) -> Any:
    options = re2.Options()
    # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = memory_bytes
    options.log_errors = False
    return options


class Re2Group:
    """Some forms of triggers: one expression for all, and the set that tells which."""

    def __init__(self, group: Group, *, is_behind: bool = False) -> None:
        options = _options()
        self.search: Any = compiled("|".join(f"(?:{form.text})" for _, form in group)).search
        self._texts = [(position, form.text.encode()) for position, form in group]  # a form holds all it was made of
        self._set: Any = re2.Set.SearchSet(options)
        for _, text in self._texts:
            self._set.Add(text)
        self._set.Compile()
        self.positions = [position for position, _ in group]
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
                line.names = [(min([at - start, *(first for first, _ in line.names)]), end - start)]
            position = end + 1

    def _matching(self, line: bytes) -> set[int]:
        """The positions of the triggers that match a line in which at least one does."""
        if len(self.positions) == 1:
            return set(self.positions)
        found: list[int] = self._set.Match(line)
        if found:
            return {self.positions[at] for at in found}
        # A set whose automaton outgrew its memory answers "nothing" instead of failing: never trust that.
        return {position for position, text in self._texts if re.search(text, line)}


def groups_of_shapes(shape: Group) -> list[Re2Group]:
    """The groups of which RE2 reads a block more quickly than Hyperscan does: without a literal."""
    return [*map(Re2Group, _split(shape, _SHAPES))]


def _groups_of_names(triggers: Triggers) -> list[Re2Group]:
    # Whole: alternatives that begin alike share states.
    names = triggers.names(lambda text: [whole(text)])
    parts: list[Group] = []
    left_characters = 0
    for each in sorted(names, key=lambda name: -len(name[1].text)):
        left_characters -= len(each[1].text)
        if not parts or left_characters < 0:
            parts.append([])
            left_characters = _NAMES_CHARACTERS - len(each[1].text)
        parts[-1].append(each)
    return [Re2Group(part, is_behind=True) for part in parts]


def _groups_of_literals(groups: Groups) -> list[Re2Group]:
    whole_ones = {position for position, _ in groups.wholes}
    literal = [*groups.wholes, *(each for each in groups.literal if each[0] not in whole_ones)]
    open_ones = [each for each in literal if each[1].stays_open]
    others = [each for each in literal if not each[1].stays_open]
    return [*map(Re2Group, _split(others, _LITERALS)), *map(Re2Group, _split(open_ones, _OPEN))]


def _split(group: Group, limit: int) -> list[Group]:
    """As few groups of at most ``limit`` triggers as there can be, alike in size; the forms of one stay together."""
    by_trigger: dict[int, Group] = {}
    for position, form in group:
        by_trigger.setdefault(position, []).append((position, form))
    each = list(by_trigger.values())
    count = math.ceil(len(each) / limit)
    size = math.ceil(len(each) / count) if count else limit
    return [[form for forms in each[at : at + size] for form in forms] for at in range(0, len(each), size)]


class Re2Picker:
    """All groups by RE2. Importing this module raises ``ImportError`` where it is missing."""

    def __init__(self, triggers: Triggers) -> None:
        groups = triggers.groups()
        self.groups = [*_groups_of_literals(groups), *_groups_of_names(triggers), *groups_of_shapes(groups.shape)]
        self._near = Near(triggers)
        near = [(position, whole(triggers.texts[position])) for position in sorted(triggers.near)]
        self._near_group = Re2Group(near) if near else None

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return alone(self, line)

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """See ``Picker``."""
        found: FoundLines = {}
        for group in self.groups:
            group.add_lines(block, found)
        return in_order(found), list(self._near_ends(block))

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
