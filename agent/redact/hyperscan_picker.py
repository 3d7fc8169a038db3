"""Hyperscan as the engine that picks lines: it tells where every trigger ends, at the speed of memory.

Its matches are a superset where a trigger had to be widened (``dialect.Form``); for those ``re`` decides. The
library is missing on some platforms; importing this module then fails, and ``picker`` takes another engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import hyperscan

from agent.redact.dialect import forms
from agent.redact.names import NOWHERE, Place
from agent.redact.picker import Candidate, Matching, Triggers


class HyperscanPicker:
    """One database for each group of triggers. Not for several threads at once: each has one scratch space."""

    def __init__(self, triggers: Triggers) -> None:
        self._wider = {}
        self._behind = triggers.behind
        self._databases = []
        for group in filter(None, triggers.groups()):
            self._databases.append(_compiled([(form.unrolled.encode(), position) for position, form in group]))
            for position in (position for position, form in group if not form.exact):
                self._wider[position] = re.compile(triggers.texts[position].encode()).search
        near = [(form.unrolled.encode(), at) for at in sorted(triggers.near) for form in forms(triggers.texts[at])]
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


def _compiled(expressions: Sequence[tuple[bytes, int]]) -> hyperscan.Database:
    database = hyperscan.Database()
    database.compile(
        expressions=[form for form, _ in expressions],
        ids=[position for _, position in expressions],
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_MULTILINE] * len(expressions),
    )
    return database
