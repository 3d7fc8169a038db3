"""Hyperscan as the engine that picks lines: it tells where every trigger ends, at the speed of memory.

Its matches are a superset where a trigger had to be widened (``dialect.for_hyperscan``); for those ``re`` decides. The
library is missing on some platforms; importing this module then fails, and ``picker`` takes another engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import hyperscan

from agent.redact.dialect import for_hyperscan
from agent.redact.picker import Candidate, Triggers


class HyperscanPicker:
    """One database for each group of triggers. Not for several threads at once: each has one scratch space."""

    def __init__(self, triggers: Triggers) -> None:
        self._wider = {}
        self._databases = []
        for group in triggers.groups():
            expressions: list[tuple[bytes, int]] = []
            for position in group:
                forms, exact = for_hyperscan(triggers.texts[position])
                expressions += [(form.encode(), position) for form in forms]
                if not exact:
                    self._wider[position] = re.compile(triggers.texts[position].encode()).search
            self._databases.append(_compiled(expressions))
        near = [(form.encode(), at) for at in sorted(triggers.near) for form in for_hyperscan(triggers.texts[at])[0]]
        self._near_database = _compiled(near) if near else None
        self._hits: list[tuple[int, int]] = []
        self._ends: list[int] = []
        hit, end_at = self._hits.append, self._ends.append

        def on_match(position: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hit((end, position))

        def on_near(_position: int, _start: int, end: int, _flags: int, _context: object) -> None:
            end_at(end)

        self._on_match = on_match
        self._on_near = on_near

    def _scan(self, data: bytes) -> list[tuple[int, int]]:
        """End and position of every match, sorted."""
        self._hits.clear()
        if data:
            for database in self._databases:
                database.scan(data, match_event_handler=self._on_match)
            self._hits.sort()
        return self._hits

    def _near(self, data: bytes) -> list[int]:
        self._ends.clear()
        if data and self._near_database is not None:
            self._near_database.scan(data, match_event_handler=self._on_near)
        return sorted(self._ends)

    def matching(self, line: bytes) -> tuple[tuple[int, ...], Sequence[int]]:
        """The positions of the triggers that match this line, sorted; and where the ones in ``near`` end."""
        return self._confirmed(line, {position for _, position in self._scan(line)}), self._near(line)

    def _confirmed(self, line: bytes, found: set[int]) -> tuple[int, ...]:
        wider = found & self._wider.keys()
        if wider:
            found = {position for position in found if position not in wider or self._wider[position](line)}
        return tuple(sorted(found))

    def candidates(self, block: bytes) -> tuple[list[Candidate], Sequence[int]]:
        """The lines of ``block`` that match any trigger, in their order; and where the ones in ``near`` end."""
        found: list[Candidate] = []
        line_end = -1
        start = 0
        positions: set[int] = set()
        for end, position in self._scan(block):
            if end > line_end:
                if positions:
                    self._add(found, block, start, line_end, positions)
                start = block.rfind(b"\n", 0, end) + 1
                line_end = block.find(b"\n", end - 1)
                if line_end < 0:
                    line_end = len(block)
                positions = set()
            positions.add(position)
        if positions:
            self._add(found, block, start, line_end, positions)
        return found, self._near(block)

    def _add(self, found: list[Candidate], block: bytes, start: int, end: int, positions: set[int]) -> None:
        if self._wider.keys().isdisjoint(positions):
            found.append((start, end, tuple(sorted(positions))))
            return
        matching = self._confirmed(block[start:end], positions)
        if matching:
            found.append((start, end, matching))


def _compiled(expressions: Sequence[tuple[bytes, int]]) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(
        expressions=[form for form, _ in expressions],
        ids=[position for _, position in expressions],
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_MULTILINE] * len(expressions),
    )
    return database
