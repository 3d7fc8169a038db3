"""Hyperscan as the engine that picks lines, by thousands of literals and names and by IPv4 addresses.

Shapes without a literal take it 17 ms a megabyte, and RE2 eight: these are left to RE2. Its matches
are a superset where a trigger had to be widened (``dialect.Form``); for those RE2 decides. The library is missing on
some platforms; importing this module then fails, and ``engines`` takes another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import hyperscan

from agent import memory
from agent.redact.picking.compiled_patterns import FLAGS, CompiledPatterns, Expressions
from agent.redact.picking.dialect import by_word, forms
from agent.redact.picking.picker import Candidate, Matching, Triggers, alone
from agent.redact.picking.re2_picker import FoundLine, FoundLines, groups_of_shapes, in_order, searcher

_NEAR_BYTES = 200  # between stretches with names: to read so much takes less than to begin anew


class NotCompiled(Exception):
    """Making this picker would take seconds."""


class HyperscanPicker:
    """Literals, names and what is near by Hyperscan, the rest by RE2.

    Not for several threads at once: each database has one scratch space.
    """

    def __init__(self, triggers: Triggers, patterns: CompiledPatterns | None = None, *, compiles: bool = True) -> None:
        """Take what is among the kept ``patterns``. Compile, and keep, the rest, or else raise ``NotCompiled``."""
        patterns = patterns or _NONE_KEPT
        self._hits: list[tuple[int, int]] = []
        self._ends: list[int] = []
        self._scans = []
        literal, shape, _ = triggers.groups()
        of_rules = [each for each in literal if each[0] not in triggers.of_machine]
        of_machine = [each for each in literal if each[0] in triggers.of_machine]
        names = triggers.names(by_word)
        for part, kept in ((of_rules, patterns), (of_machine, _NONE_KEPT), (names, patterns)):
            if part:
                # By their place in this database, which a name more of this computer does not change.
                positions = list(dict.fromkeys(position for position, _ in part))
                numbered = [(form.unrolled.encode(), positions.index(position)) for position, form in part]
                database = _made(numbered, kept, compiles=compiles or kept is _NONE_KEPT)
                self._scans.append((database.scan, self._told(positions)))
        self._wider = {position: triggers.texts[position] for position, form in literal + names if not form.exact}
        self._behind = triggers.behind
        near = [(form.unrolled.encode(), 0) for at in sorted(triggers.near) for form in forms(triggers.texts[at])]
        self._near_database = _made(near, patterns, compiles=compiles) if near else None
        self._groups = groups_of_shapes(shape)

    def _told(self, positions: Sequence[int]) -> Callable[[int, int, int, int, object], None]:
        """What Hyperscan calls for a match in the database of these triggers."""
        hit = self._hits.append

        def on_match(trigger: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hit((end, positions[trigger]))

        return on_match

    def _on_near(self, _trigger: int, _start: int, end: int, _flags: int, _context: object) -> None:
        self._ends.append(end)

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return alone(self, line)

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """See ``Picker``."""
        if not block:
            return [], []
        if block[-1:] != b"\n":
            # Hyperscan misses "x [^\n]*y$" where the data end behind it, and not where a line feed follows.
            block += b"\n"
        found: FoundLines = {}
        self._add_literals(block, found)
        for group in self._groups:
            group.add_lines(block, found)
        self._ends.clear()
        if self._near_database is not None:
            self._near_database.scan(block, match_event_handler=self._on_near)
        return in_order(found), sorted(self._ends)

    def _add_literals(self, block: bytes, found: FoundLines) -> None:
        """The lines that match a trigger with a rare literal; RE2 decides about those of a widened one."""
        self._hits.clear()
        for scan, on_match in self._scans:
            scan(block, match_event_handler=on_match)
        self._hits.sort()
        start, line_end = 0, -1
        asked: set[int] = set()  # widened ones, about this line
        for end, position in self._hits:
            if end > line_end:
                start = block.rfind(b"\n", 0, end) + 1
                line_end = block.find(b"\n", end - 1)
                line_end = len(block) if line_end < 0 else line_end
                asked.clear()
            if position in self._wider:
                if position in asked:
                    continue
                asked.add(position)
                if not searcher(self._wider[position])(block[start:line_end]):
                    continue
            line = found.setdefault(start, FoundLine(line_end))
            line.positions.add(position)
            if position in self._behind:
                begin, place = end - start - self._behind[position], line.names
                if not place or begin > place[-1][1] + _NEAR_BYTES:
                    place.append((max(begin, 0), end - start))
                elif begin >= place[-1][0]:
                    place[-1] = (place[-1][0], end - start)
                else:
                    _join(place, max(begin, 0), end - start)


def _join(place: list[tuple[int, int]], start: int, end: int) -> None:
    """Add to stretches what ends behind all of them, and is one with those that it is near."""
    while place and start <= place[-1][1] + _NEAR_BYTES:
        start = min(start, place.pop()[0])
    place.append((start, end))


_NONE_KEPT = CompiledPatterns(None)


def _made(expressions: Expressions, patterns: CompiledPatterns, *, compiles: bool) -> hyperscan.Database:
    database = patterns.read(expressions)
    if database is None:
        if not compiles:
            raise NotCompiled
        database = hyperscan.Database()
        database.compile(
            expressions=[text for text, _ in expressions],
            ids=[number for _, number in expressions],
            elements=len(expressions),
            flags=[FLAGS] * len(expressions),
        )
        patterns.keep(expressions, database)
        memory.give_back_what_is_free()  # before the next is compiled: each leaves tens of MiB
    return database
