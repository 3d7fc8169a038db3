"""Hyperscan as the engine that picks lines: it tells where every trigger ends, at the speed of memory.

Its matches are a superset where a trigger had to be widened (``dialect.Form``); for those ``re`` decides. The
library is missing on some platforms; importing this module then fails, and ``picker`` takes another engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import hyperscan

from agent.redact.compiled_patterns import FLAGS, CompiledPatterns, Expressions
from agent.redact.dialect import forms
from agent.redact.names import NOWHERE, Place
from agent.redact.picker import Candidate, Matching, Triggers


class NotCompiled(Exception):
    """Making this picker would take seconds."""


class HyperscanPicker:
    """One database for each group of triggers. Not for several threads at once: each has one scratch space."""

    def __init__(self, triggers: Triggers, patterns: CompiledPatterns | None = None, *, compiles: bool = True) -> None:
        """Take what is among the kept ``patterns``. Compile, and keep, the rest, or else raise ``NotCompiled``."""
        patterns = patterns or _NONE_KEPT
        self._wider = {}
        self._behind = triggers.behind
        self._hits: list[tuple[int, int]] = []
        self._ends: list[int] = []
        self._scans = []
        for group in triggers.groups():
            of_rules = [each for each in group if each[0] not in triggers.of_machine]
            of_machine = [each for each in group if each[0] in triggers.of_machine]
            for part, kept in ((of_rules, patterns), (of_machine, _NONE_KEPT)):
                if part:
                    # By their place in this database, which a name more of this computer does not change.
                    positions = list(dict.fromkeys(position for position, _ in part))
                    numbered = [(form.unrolled.encode(), positions.index(position)) for position, form in part]
                    database = _made(numbered, kept, compiles=compiles or kept is _NONE_KEPT)
                    self._scans.append((database.scan, self._told(positions)))
            for position in (position for position, form in group if not form.exact):
                self._wider[position] = re.compile(triggers.texts[position].encode()).search
        near = [(form.unrolled.encode(), 0) for at in sorted(triggers.near) for form in forms(triggers.texts[at])]
        self._near_database = _made(near, patterns, compiles=compiles) if near else None
        end_at = self._ends.append

        def on_near(_trigger: int, _start: int, end: int, _flags: int, _context: object) -> None:
            end_at(end)

        self._on_near = on_near

    def _told(self, positions: Sequence[int]) -> Callable[[int, int, int, int, object], None]:
        """What Hyperscan calls for a match in the database of these triggers."""
        hit = self._hits.append

        def on_match(trigger: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hit((end, positions[trigger]))

        return on_match

    def _scan(self, data: bytes) -> list[tuple[int, int]]:
        """End and position of every match, sorted."""
        self._hits.clear()
        if data:
            for scan, on_match in self._scans:
                scan(data, match_event_handler=on_match)
            self._hits.sort()
        return self._hits

    def _near(self, data: bytes) -> list[int]:
        self._ends.clear()
        if data and self._near_database is not None:
            self._near_database.scan(data, match_event_handler=self._on_near)
        return sorted(self._ends)

    def matching(self, line: bytes) -> Matching:
        """What triggers this line matches."""
        hits = self._scan(line)
        ends = [(end - self._behind[position], end) for end, position in hits if position in self._behind]
        names = (min(ends)[0], ends[-1][1]) if ends else NOWHERE
        return Matching(self._confirmed(line, {position for _, position in hits}), self._near(line), names)

    def _confirmed(self, line: bytes, found: set[int]) -> tuple[int, ...]:
        wider = found & self._wider.keys()
        if wider:
            found = {position for position in found if position not in wider or self._wider[position](line)}
        return tuple(sorted(found))

    def candidates(self, block: bytes) -> tuple[list[Candidate], Sequence[int]]:
        """The lines of ``block`` that match any trigger, in their order; and where the ones in ``near`` end."""
        found: list[Candidate] = []
        reach_bytes = self._behind
        line_end = -1
        start = 0
        positions: set[int] = set()
        names = NOWHERE
        for end, position in self._scan(block):
            if end > line_end:
                if positions:
                    self._add(found, block, (start, line_end), positions, names)
                start = block.rfind(b"\n", 0, end) + 1
                line_end = block.find(b"\n", end - 1)
                if line_end < 0:
                    line_end = len(block)
                positions, names = set(), NOWHERE
            positions.add(position)
            if position in reach_bytes:
                earliest = end - start - reach_bytes[position]
                names = (min(names[0], earliest) if names is not NOWHERE else earliest, end - start)
        if positions:
            self._add(found, block, (start, line_end), positions, names)
        return found, self._near(block)

    def _add(
        self, found: list[Candidate], block: bytes, line: tuple[int, int], positions: set[int], names: Place
    ) -> None:
        if len(positions) == 1 or self._wider.keys().isdisjoint(positions):
            matching = tuple(sorted(positions))
            if len(matching) > 1 or matching[0] not in self._wider:
                found.append((*line, matching, names))
                return
        confirmed = self._confirmed(block[slice(*line)], positions)
        if confirmed:
            found.append((*line, confirmed, names))


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
    return database
