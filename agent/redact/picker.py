"""Which lines the rules have to look at: the triggers of all rules evaluated by the fastest engine there is.

Hyperscan reads a block once for all triggers; google-re2 reads it a few times; the standard library looks in each line
for the literals that a trigger cannot do without, and only then for the trigger. All evaluate the same small
expressions, in the form that ``dialect.py`` gives each, so the result does not depend on the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from agent.redact.dialect import FOLDED, for_re2, gates

_RE2_MEMORY_BYTES = 24 * 2**20  # for the automaton of one group, at most; RE2's own 8 MiB thrash on the largest
_RE2_GROUP_TRIGGERS = 400
_DENSE = 16  # lines found near in a block before the standard library, which costs less for each, takes over

Candidate = tuple[int, int, tuple[int, ...], Sequence[int]]
"""Start and end of a line in its block (without the line feed), the positions of the triggers that it matches, sorted,
and where in the line those triggers end whose rules look only near them."""


class Picker(Protocol):
    """An engine that knows the triggers by their position."""

    def matching(self, line: bytes) -> tuple[int, ...]:
        """The positions of the triggers that match this line, sorted."""

    def candidates(self, block: bytes) -> Sequence[Candidate]:
        """The lines of ``block`` that match any trigger, in their order."""


def make_picker(triggers: Sequence[str], near: frozenset[int] = frozenset(), *, engine: str = "auto") -> Picker:
    """The best picker on this machine; ``engine`` "re", "re2" or "hyperscan" asks for one.

    ``near`` are the positions of the triggers whose places a candidate should tell. Raise ``ImportError`` when the
    engine asked for is not installed.
    """
    makers = {"re2": _Re2Picker, "hyperscan": _hyperscan, "re": _StandardPicker}
    if engine != "auto":
        return makers[engine](triggers, near)
    for maker in makers.values():
        try:
            return maker(triggers, near)
        except ImportError:
            continue
    raise AssertionError("the standard library is always there")


def _hyperscan(triggers: Sequence[str], near: frozenset[int]) -> Picker:
    from agent.redact.hyperscan_picker import HyperscanPicker

    return HyperscanPicker(triggers, near)


class _StandardPicker:
    def __init__(self, triggers: Sequence[str], _near: frozenset[int]) -> None:
        self._searches = [re.compile(trigger.encode()).search for trigger in triggers]
        by_gate: dict[bytes, list[int]] = {}
        self._always = []
        for position, trigger in enumerate(triggers):
            literals = gates(trigger)
            if literals is None:
                self._always.append(position)
            for literal in literals or ():
                by_gate.setdefault(literal, []).append(position)
        self._gates = list(by_gate.items())

    def matching(self, line: bytes) -> tuple[int, ...]:
        folded = line.translate(FOLDED)
        asked = [position for literal, positions in self._gates if literal in folded for position in positions]
        searches = self._searches
        return tuple(sorted({at for at in (*self._always, *asked) if searches[at](line)}))

    def among(self, line: bytes, positions: Iterable[int]) -> list[int]:
        return [position for position in positions if self._searches[position](line)]

    def candidates(self, block: bytes) -> list[Candidate]:
        found: list[Candidate] = []
        start = 0
        for line in block.split(b"\n"):
            matching = self.matching(line)
            if matching:
                found.append((start, start + len(line), matching, ()))
            start += len(line) + 1
        return found


class _Group:
    """Some triggers: one expression for all, and the set that tells which."""

    def __init__(self, triggers: Sequence[str], positions: Sequence[int], standard: _StandardPicker) -> None:
        import re2

        options = re2.Options()
        # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _RE2_MEMORY_BYTES
        options.log_errors = False
        forms = [for_re2(trigger) for trigger in triggers]
        # (?m): in a block of lines, ^ and $ mean the line, as they do where a line stands alone.
        self.search: Any = re2.compile(b"(?m)" + "|".join(f"(?:{form})" for form in forms).encode(), options).search
        self._set: Any = re2.Set.SearchSet(options)
        for form in forms:
            self._set.Add(form.encode())
        self._set.Compile()
        self._positions = positions
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
    """Groups, so that no automaton gets too large; each trigger in ``near`` alone, since many lines may match it."""

    def __init__(self, triggers: Sequence[str], near: frozenset[int]) -> None:
        standard = _StandardPicker(triggers, near)
        ordinary = [at for at in range(len(triggers)) if at not in near]
        parts = [
            ordinary[first : first + _RE2_GROUP_TRIGGERS] for first in range(0, len(ordinary), _RE2_GROUP_TRIGGERS)
        ]
        self._groups = [_Group([triggers[at] for at in part], part, standard) for part in parts]
        self._near = [
            (_Group([triggers[at]], [at], standard), re.compile(triggers[at].encode()).finditer, at) for at in near
        ]

    def matching(self, line: bytes) -> tuple[int, ...]:
        groups = [*self._groups, *(group for group, _, _ in self._near)]
        return tuple(sorted(at for group in groups if group.search(line) is not None for at in group.matching(line)))

    def candidates(self, block: bytes) -> list[Candidate]:
        found: dict[int, tuple[int, list[int]]] = {}
        for group in self._groups:
            for start, end in _lines(block, group.search, len(block)):
                found.setdefault(start, (end, []))[1].extend(group.matching(block[start:end]))
        for group, finditer, at in self._near:
            resumed = 0
            for start, end in _lines(block, group.search, _DENSE):
                found.setdefault(start, (end, []))[1].append(at)
                resumed = end
            if len(found) >= _DENSE:
                for start, end in _lines_of(block, finditer(block, resumed)):
                    found.setdefault(start, (end, []))[1].append(at)
        return [(start, end, tuple(sorted(matching)), ()) for start, (end, matching) in sorted(found.items())]


def _lines(block: bytes, search: Any, limit: int) -> Iterator[tuple[int, int]]:
    """The first lines, at most ``limit``, in which ``search`` finds something: start and end."""
    position, length = 0, len(block)
    while position < length and limit:
        match = search(block, position)
        if match is None:
            return
        at = match.start()
        end = block.find(b"\n", at)
        end = length if end < 0 else end
        yield block.rfind(b"\n", position, at) + 1 or position, end
        position = end + 1
        limit -= 1


def _lines_of(block: bytes, matches: Iterable[re.Match[bytes]]) -> Iterator[tuple[int, int]]:
    """The lines in which these matches lie."""
    end = -1
    for match in matches:
        at = match.start()
        if at > end:
            end = block.find(b"\n", at)
            end = len(block) if end < 0 else end
            yield block.rfind(b"\n", 0, at) + 1, end
