"""Hyperscan as the engine that picks lines: every trigger in one automaton, each block read once.

Hyperscan tells the end of every match. Its matches are a superset where a trigger had to be widened
(``dialect.for_hyperscan``); for those ``re`` decides. The library is missing on some platforms; importing this module then
fails, and ``picker`` takes another engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import hyperscan

from agent.redact.dialect import for_hyperscan
from agent.redact.picker import Candidate


class HyperscanPicker:
    """One database of all triggers. Not for several threads at once: it has one scratch space."""

    def __init__(self, triggers: Sequence[str], near: frozenset[int]) -> None:
        forms = [for_hyperscan(trigger) for trigger in triggers]
        self._wider = {
            position: re.compile(trigger.encode()).search
            for position, (trigger, (_, exact)) in enumerate(zip(triggers, forms, strict=True))
            if not exact
        }
        self._near = near
        self._database = hyperscan.Database()
        if triggers:
            self._database.compile(
                expressions=[form.encode() for form, _ in forms],
                ids=list(range(len(forms))),
                elements=len(forms),
                flags=[hyperscan.HS_FLAG_MULTILINE] * len(forms),
            )
        self._hits: list[tuple[int, int]] = []
        hit = self._hits.append

        def on_match(position: int, _start: int, end: int, _flags: int, _context: object) -> None:
            hit((end, position))

        self._on_match = on_match

    def _scan(self, data: bytes) -> list[tuple[int, int]]:
        """End and position of every match, sorted."""
        self._hits.clear()
        if data and self._on_match is not None:
            self._database.scan(data, match_event_handler=self._on_match)
        self._hits.sort()
        return self._hits

    def matching(self, line: bytes) -> tuple[int, ...]:
        """The positions of the triggers that match this line, sorted."""
        found = {position for _, position in self._scan(line)}
        return self._confirmed(line, found)

    def _confirmed(self, line: bytes, found: set[int]) -> tuple[int, ...]:
        wider = found & self._wider.keys()
        if wider:
            found = {position for position in found if position not in wider or self._wider[position](line)}
        return tuple(sorted(found))

    def candidates(self, block: bytes) -> list[Candidate]:
        """The lines of ``block`` that match any trigger, in their order."""
        found: list[Candidate] = []
        line_end = -1
        start = 0
        positions: set[int] = set()
        ends: list[int] = []
        is_near = self._near
        for end, position in self._scan(block):
            if end > line_end:
                if positions:
                    self._add(found, block, start, line_end, positions, ends)
                start = block.rfind(b"\n", 0, end) + 1
                line_end = block.find(b"\n", end - 1)
                if line_end < 0:
                    line_end = len(block)
                positions, ends = set(), []
            positions.add(position)
            if position in is_near:
                ends.append(end - start)
        if positions:
            self._add(found, block, start, line_end, positions, ends)
        return found

    def _add(
        self, found: list[Candidate], block: bytes, start: int, end: int, positions: set[int], near: Sequence[int]
    ) -> None:
        if len(positions) == 1 and near:
            matching: tuple[int, ...] = tuple(positions)
        else:
            matching = self._confirmed(block[start:end], positions)
        if matching:
            found.append((start, end, matching, near))
