"""Which lines a rule has to look at: the triggers of all rules evaluated by the fastest engine there is.

google-re2 finds the next line that a trigger matches at hundreds of megabytes a second, and tells for that line
which ones. Without it the standard library does the same slowly. Both evaluate the same small expressions,
which have one meaning in both (rules.py refuses others), so the result does not depend on the engine.

Triggers come in groups, one for each family of rules. RE2 builds its automaton while it reads; one for all
triggers together has so many states that building it costs more than reading a short file, ten small ones do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

_RE2_MEMORY_BYTES = 16 * 2**20  # for the automaton of one group, at most; RE2's own 8 MiB thrash on the largest

Groups = Sequence[Sequence[str]]


class Scan(Protocol):
    """The lines of one block that may match, from its start to its end."""

    def next_line(self, start: int) -> tuple[int, int] | None:
        """Start and end (without the line feed) of the next such line from ``start``, if there is one.

        ``start`` must be the start of a line, and not lie before an earlier one.
        """

    def matching(self, line: bytes) -> list[int]:
        """The positions of the triggers that match the line last found."""


class Picker(Protocol):
    """An engine that knows the triggers by their position, counted through all groups."""

    def matching(self, line: bytes) -> list[int]:
        """The positions of the triggers that match this line, sorted."""

    def scan(self, block: bytes) -> Scan:
        """A search through the lines of ``block``."""


def make_picker(groups: Groups, *, engine: str = "auto") -> Picker:
    """The best picker on this machine; ``engine`` "re" or "re2" asks for one (tests compare them)."""
    standard = _StandardPicker(groups)
    if engine == "re":
        return standard
    try:
        return _Re2Picker(groups, standard)
    except ImportError:
        if engine == "re2":
            raise
        return standard


class _StandardPicker:
    def __init__(self, groups: Groups) -> None:
        self._searches = [re.compile(trigger.encode()).search for group in groups for trigger in group]

    def matching(self, line: bytes) -> list[int]:
        return self.among(line, range(len(self._searches)))

    def among(self, line: bytes, positions: Iterable[int]) -> list[int]:
        return [position for position in positions if self._searches[position](line)]

    def scan(self, block: bytes) -> _EveryLine:
        return _EveryLine(block, self)


class _EveryLine:
    """The standard library gains nothing by searching a block first: every line is a candidate."""

    def __init__(self, block: bytes, picker: _StandardPicker) -> None:
        self._block = block
        self.matching = picker.matching

    def next_line(self, start: int) -> tuple[int, int] | None:
        if start >= len(self._block):
            return None
        end = self._block.find(b"\n", start)
        return start, len(self._block) if end < 0 else end


class _Group:
    """The triggers of one family: one expression for all, and the set that tells which."""

    def __init__(self, triggers: Sequence[str], first: int, standard: _StandardPicker) -> None:
        import re2

        options = re2.Options()
        # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _RE2_MEMORY_BYTES
        options.log_errors = False
        options.never_nl = True  # a negated class must not reach into the next line
        any_trigger = "|".join(f"(?:{trigger})" for trigger in triggers)
        # (?m): in a block of lines, ^ and $ mean the line, as they do where a line stands alone.
        self.search: Any = re2.compile(b"(?m)" + any_trigger.encode(), options).search
        self._set: Any = re2.Set.SearchSet(options)
        for trigger in triggers:
            self._set.Add(trigger.encode())
        self._set.Compile()
        self._positions = range(first, first + len(triggers))
        self._standard = standard

    def matching(self, line: bytes) -> list[int]:
        """The positions of the triggers that match a line in which at least one does."""
        if len(self._positions) == 1:
            return list(self._positions)
        found: list[int] = self._set.Match(line)
        if found:
            return [self._positions[at] for at in found]
        # A set whose automaton outgrew its memory answers "nothing" instead of failing: never trust that.
        return self._standard.among(line, self._positions)


class _Re2Picker:
    def __init__(self, groups: Groups, standard: _StandardPicker) -> None:
        self._groups = []
        first = 0
        for group in groups:
            self._groups.append(_Group(group, first, standard))
            first += len(group)

    def matching(self, line: bytes) -> list[int]:
        return sorted(at for group in self._groups if group.search(line) is not None for at in group.matching(line))

    def scan(self, block: bytes) -> _Re2Scan:
        return _Re2Scan(block, self._groups)


class _Re2Scan:
    """Keeps for every group where its next match is, so that each group reads the block once."""

    def __init__(self, block: bytes, groups: Sequence[_Group]) -> None:
        self._block = block
        self._groups = groups
        self._nexts = [-1] * len(groups)
        self._end = 0

    def next_line(self, start: int) -> tuple[int, int] | None:
        block, nexts = self._block, self._nexts
        length = len(block)
        for number, at in enumerate(nexts):
            if at < start:
                found = self._groups[number].search(block, start)
                nexts[number] = length if found is None else found.start()
        at = min(nexts)
        if at >= length:
            return None
        end = block.find(b"\n", at)
        self._end = length if end < 0 else end
        return block.rfind(b"\n", start, at) + 1 or start, self._end

    def matching(self, line: bytes) -> list[int]:
        found: list[int] = []
        for number, at in enumerate(self._nexts):
            if at < self._end:
                found += self._groups[number].matching(line)
        return sorted(found)
