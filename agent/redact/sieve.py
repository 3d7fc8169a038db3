"""Most searches of a rule's pattern find nothing: google-re2 says so in a thirtieth of the time that ``re`` takes.

A trigger says that a line may hold something, and in real logs three of five searches that it asks for are in vain; a
pattern of many alternatives, tried at each place of a line, then takes ``re`` fifty microseconds and more. RE2 cannot
look around, so it is given a loose form of the pattern, which matches wherever the pattern does. What it finds nothing
in, ``re`` would find nothing in; in all other lines ``re`` searches, as it does alone where RE2 is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from agent.redact.patterns import LazyPattern
from agent.redact.picking.dialect import Form
from agent.redact.picking.parsed_trigger import loosely_parsed

_VAIN = 50  # searches that found nothing: an automaton takes memory, and most patterns need none
_TRIED = 100  # lines after which it is known whether the loose form tells anything of such lines
_PAUSE = 1000  # lines for which it is not asked then
_MEMORY_BYTES = 2**22  # for each automaton, at most


class Sieve:
    """Finds as ``pattern`` does, in less time where it finds nothing."""

    def __init__(self, pattern: LazyPattern) -> None:
        self._pattern = pattern
        self._may_match: Callable[[bytes], Any] | None = None
        self._vain = self._tried = self._passed = 0

    def finditer(self, line: bytes) -> Iterable[Any]:
        """The matches in ``line``."""
        if self._may_match is None:
            found = [*self._pattern.finditer(line)]
            if not found:
                self._learn()
            return found
        self._tried += 1
        if self._tried > 0 and b"\n" not in line:  # of which the loose form does not know
            met = self._may_match(line)
            if met is None:
                return ()
            self._count_passed()
            return self._pattern.finditer(line, met.start())  # the leftmost place at which a match may begin
        return self._pattern.finditer(line)

    def _learn(self) -> None:
        self._vain += 1
        if self._vain == _VAIN:
            self._may_match = _search(self._pattern.pattern)

    def _count_passed(self) -> None:
        self._passed += 1
        if self._tried >= _TRIED:
            self._tried, self._passed = (-_PAUSE if self._passed > self._tried // 2 else 0), 0


def _search(pattern: bytes) -> Callable[[bytes], Any] | None:
    """What looks for the loose form of ``pattern``; ``None`` where there is none, or no RE2."""
    try:
        import re2

        from agent.redact.picking.re2_picker import compiled
    except ImportError:
        return None
    try:
        found: Callable[[bytes], Any] = compiled(Form(loosely_parsed(pattern)).text, _MEMORY_BYTES).search
    except (ValueError, re2.error):
        return None
    return found
