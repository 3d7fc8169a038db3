"""Which lines a rule has to look at: the triggers of all rules evaluated by the fastest engine there is.

google-re2 finds the next line that any trigger matches at hundreds of megabytes a second, and tells for that line
which ones. Without it the standard library does the same slowly. Both evaluate the same small expressions,
which have one meaning in both (rules.py refuses others), so the result does not depend on the engine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

_RE2_MEMORY_BYTES = 48 * 2**20  # for the automaton of all triggers together; RE2's own 8 MiB thrash


class Picker(Protocol):
    """An engine that knows the triggers by their position."""

    def matching(self, line: bytes) -> list[int]:
        """The positions of the triggers that match this line, sorted."""

    def next_line(self, block: bytes, start: int) -> tuple[int, int] | None:
        """Start and end (without the line feed) of the next line from ``start`` that may match, if there is one.

        ``start`` must be the start of a line.
        """


def make_picker(triggers: Sequence[str], *, engine: str = "auto") -> Picker:
    """The best picker on this machine; ``engine`` "re" or "re2" asks for one (tests compare them)."""
    standard = _StandardPicker(triggers)
    if engine == "re":
        return standard
    try:
        return _Re2Picker(triggers, standard)
    except ImportError:
        if engine == "re2":
            raise
        return standard


class _StandardPicker:
    def __init__(self, triggers: Sequence[str]) -> None:
        self._searches = [re.compile(trigger.encode()).search for trigger in triggers]

    def matching(self, line: bytes) -> list[int]:
        return [position for position, search in enumerate(self._searches) if search(line)]

    def next_line(self, block: bytes, start: int) -> tuple[int, int] | None:
        if start >= len(block):
            return None
        end = block.find(b"\n", start)
        return start, len(block) if end < 0 else end


class _Re2Picker:
    def __init__(self, triggers: Sequence[str], standard: _StandardPicker) -> None:
        import re2  # noqa: PLC0415 - has no wheel for every platform; the standard library stands in

        options = re2.Options()
        # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _RE2_MEMORY_BYTES
        options.log_errors = False
        options.never_nl = True  # a negated class must not reach into the next line
        any_trigger = "|".join(f"(?:{trigger})" for trigger in triggers)
        # (?m): in a block of lines, ^ and $ mean the line, as they do where a line stands alone.
        self._any: Any = re2.compile(b"(?m)" + any_trigger.encode(), options)
        self._set: Any = re2.Set.SearchSet(options)
        for trigger in triggers:
            self._set.Add(trigger.encode())
        self._set.Compile()
        self._standard = standard

    def matching(self, line: bytes) -> list[int]:
        found: list[int] = self._set.Match(line) or []
        if found:
            return sorted(found)
        # A set whose automaton outgrew its memory answers "nothing" instead of failing: never trust that alone.
        return self._standard.matching(line) if self._any.search(line) is not None else found

    def next_line(self, block: bytes, start: int) -> tuple[int, int] | None:
        found = self._any.search(block, start)
        if found is None:
            return None
        at = found.start()
        end = block.find(b"\n", at)
        return block.rfind(b"\n", 0, at) + 1, len(block) if end < 0 else end
