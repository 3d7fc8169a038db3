"""Most of the time that a pattern takes goes into places at which it does not match: google-re2 passes over those.

A trigger says that a line may hold something; in real logs three of five searches that it asks for are in vain, and a
pattern of many alternatives, tried at each place of a line, then takes ``re`` fifty microseconds and more. RE2 cannot
look around, so it is given a loose form of the pattern, which matches wherever the pattern does. Where it finds
nothing, ``re`` would find nothing; else ``re`` begins at the first place at which it may. Whether that is quicker
depends on the pattern and on the lines, so both ways are timed now and then; where RE2 is missing, ``re`` searches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter_ns
from typing import Any

from agent.redact.patterns import LazyPattern
from agent.redact.picking.dialect import Form
from agent.redact.picking.parsed_trigger import forget, loosely_parsed

_SAMPLE = 50  # searches by which it is told how long a way takes
_SETTLED = 2000  # searches by the quicker way, before both are timed again
_WORTH_NS = 3000  # of a search by ``re``: what is quicker needs no automaton, which takes memory
_MEMORY_BYTES = 2**22  # for each automaton, at most


class Sieve:
    """Finds as ``pattern`` does, in less time where there is little to find."""

    def __init__(self, pattern: LazyPattern) -> None:
        self._pattern = pattern
        self._may_match: Callable[..., Any] | None = None
        self._is_made = False
        self._is_timed, self._sieves = True, False
        self._left = _SAMPLE
        self._spent_ns = [0, 0]

    def finditer(self, line: bytes) -> Iterable[Any]:
        """The matches in ``line``."""
        if self._left == 0:
            self._turn()
        self._left -= 1
        if not self._is_timed:
            return self._sieved(line) if self._sieves else self._pattern.finditer(line)
        find = self._sieved if self._sieves else self._pattern.finditer  # which compiles it, the first time
        begun = perf_counter_ns()
        found = [*find(line)]
        self._spent_ns[self._sieves] += perf_counter_ns() - begun
        return found

    def _turn(self) -> None:
        """Go over from timing ``re`` to timing RE2, from that to the quicker of both, and on to timing again."""
        if not self._is_timed:
            self._is_timed, self._sieves, self._left, self._spent_ns = True, False, _SAMPLE, [0, 0]
        elif not self._sieves and self._spent_ns[False] >= _SAMPLE * _WORTH_NS and self._has_loose_form():
            self._sieves, self._left = True, _SAMPLE
        else:
            self._is_timed, self._left = False, _SETTLED
            self._sieves = self._sieves and self._spent_ns[True] < self._spent_ns[False]

    def _has_loose_form(self) -> bool:
        if not self._is_made:
            self._may_match, self._is_made = _search(self._pattern.pattern), True
        return self._may_match is not None

    def _sieved(self, line: bytes) -> Iterable[Any]:
        if self._may_match is None or b"\n" in line:  # of which the loose form does not know
            return self._pattern.finditer(line)
        met = self._may_match(line)
        if met is None:
            return ()
        found: list[Any] = []
        may_match, search = self._may_match, self._pattern.search
        while met is not None:
            match = search(line, met.start())  # the leftmost place at which a match may begin
            if match is None:
                break
            found.append(match)
            at = match.end() if match.end() > match.start() else match.end() + 1
            met = may_match(line, at) if at <= len(line) else None
        return found


def _search(pattern: bytes) -> Callable[..., Any] | None:
    """What looks for the loose form of ``pattern``; ``None`` where there is none, or no RE2."""
    try:
        import re2

        from agent.redact.picking.re2_picker import compiled
    except ImportError:
        return None
    try:
        found: Callable[..., Any] = compiled(Form(loosely_parsed(pattern)).text, _MEMORY_BYTES).search
    except (ValueError, re2.error):
        return None
    finally:
        forget()
    return found
