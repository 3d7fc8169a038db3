"""Which engine picks the lines: google-re2 first, Hyperscan as soon as that pays, the standard library without both.

Hyperscan is the quickest, and compiling the rules for it takes seconds. So they are compiled where there is much to
read, and kept, where there is a folder for it: then the next run has Hyperscan from its first byte on. The result is
the same with each (``picker``).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from agent import memory
from agent.errors import Busy
from agent.redact.picking.dialect import whole
from agent.redact.picking.parsed_trigger import forget
from agent.redact.picking.picker import Candidate, Matching, Picker, StandardPicker, Triggers
from agent.redact.picking.template_picker import TemplatePicker

# What must be read before compiling pays: some two seconds, against some twenty milliseconds for each megabyte.
_MUCH_BYTES = 2**27
_MUCH_TO_KEEP_BYTES = 2**25  # where later runs gain by it as well
_AGAIN_BYTES = 2**22  # while another process compiles, the kept ones are looked for so often


def make_picker(triggers: Triggers, *, engine: str = "auto", compiled: Path | None = None) -> Picker:
    """The best picker on this machine; ``engine`` "standard", "re2" or "hyperscan" asks for one.

    "re" asks for the standard library without a memory of templates, which is what the others are held against.

    ``compiled`` is a folder for what Hyperscan compiles. Raise ``ImportError`` when the engine asked for is missing.
    """
    makers = {
        "auto": lambda each: _quickest(each, compiled),
        "hyperscan": _hyperscan,
        "re2": _re2,
        "standard": _standard,
        "re": StandardPicker,
    }
    return makers[engine](triggers)


@cache
def searcher(trigger: str) -> Callable[[bytes], object]:
    """What tells whether a line matches a trigger: by RE2 where it is there."""
    try:
        from agent.redact.picking import re2_picker
    except ImportError:
        return re.compile(b"(?m)" + whole(trigger).text.encode()).search
    return re2_picker.searcher(trigger)


def finder(trigger: str) -> Callable[[bytes], Iterator[Any]]:
    """What gives the matches of a trigger in a line, in order: by RE2, in a tenth of the time that ``re`` takes."""
    try:
        from agent.redact.picking.re2_picker import compiled
    except ImportError:
        return re.compile(trigger.encode()).finditer
    found: Callable[[bytes], Iterator[Any]] = compiled(whole(trigger).text).finditer
    return found


def _quickest(triggers: Triggers, compiled: Path | None) -> Picker:
    try:
        if compiled is not None and next(compiled.glob("*.patterns"), None) is not None:
            from agent.redact.picking.compiled_patterns import CompiledPatterns
            from agent.redact.picking.hyperscan_picker import HyperscanPicker, NotCompiled

            with contextlib.suppress(NotCompiled):
                patterns = CompiledPatterns(compiled)
                return _by_template(triggers, lambda part: HyperscanPicker(part, patterns, compiles=False))
        return GrowingPicker(triggers, compiled)
    except ImportError:
        return _without_hyperscan(triggers)


def _hyperscan(triggers: Triggers) -> Picker:
    from agent.redact.picking.hyperscan_picker import HyperscanPicker

    return _by_template(triggers, HyperscanPicker)


def _re2(triggers: Triggers) -> Picker:
    from agent.redact.picking.re2_picker import Re2Picker

    return _by_template(triggers, Re2Picker)


def _standard(triggers: Triggers) -> Picker:
    return _by_template(triggers, StandardPicker)


def _by_template(triggers: Triggers, make: Callable[[Triggers], Picker]) -> Picker:
    try:
        return TemplatePicker(triggers, make, searcher)
    finally:
        forget()


def _forget_re2() -> None:
    from agent.redact.picking.re2_picker import forget_expressions

    forget_expressions()


def _without_hyperscan(triggers: Triggers) -> Picker:
    try:
        return _re2(triggers)
    except ImportError:
        return _standard(triggers)


class GrowingPicker:
    """RE2, and Hyperscan once there is so much to read that its longer start pays."""

    def __init__(self, triggers: Triggers, compiled: Path | None) -> None:
        self._triggers = triggers
        self._compiled = compiled
        self._picker: Picker | None = _re2(triggers)
        self._left_bytes = _MUCH_BYTES if compiled is None else _MUCH_TO_KEEP_BYTES
        self._can_grow = True

    def would_keep(self, size_bytes: int) -> bool:
        """Whether so much would make it grow, and keep what it compiles, for whoever grows after it."""
        return self._compiled is not None and self._can_grow and size_bytes >= self._left_bytes

    def let_go(self) -> None:
        """Give up RE2's automata until something is to be picked: they are not wanted while a copy compiles."""
        self._picker = None
        _forget_re2()

    def expect(self, size_bytes: int) -> None:
        """Grow now if so much would make it grow."""
        if size_bytes >= self._left_bytes:
            self._grow(self._left_bytes)

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return self._grown_by(len(line)).matching(line)

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """See ``Picker``."""
        return self._grown_by(len(block)).candidates(block)

    def _grown_by(self, size_bytes: int) -> Picker:
        self._grow(size_bytes)
        if self._picker is None:
            self._picker = _re2(self._triggers)
        return self._picker

    def _grow(self, size_bytes: int) -> None:
        self._left_bytes -= size_bytes
        if self._left_bytes > 0 or not self._can_grow:
            return
        try:
            self._picker = self._grown()
            memory.give_back_what_is_free()
        except Busy:
            self._left_bytes = _AGAIN_BYTES
            return
        except ImportError:
            pass
        self._can_grow = False

    def _grown(self) -> Picker:
        """Raise ``Busy`` while another process compiles, ``ImportError`` without the library."""
        from agent.redact.picking.compiled_patterns import CompiledPatterns
        from agent.redact.picking.hyperscan_picker import HyperscanPicker

        patterns = CompiledPatterns(self._compiled)
        with patterns.compiling():
            # RE2's automata and compiling take some sixty megabytes each. Should compiling fail, the next line tries it
            # again, and nothing is redacted by halves.
            self._picker = None
            _forget_re2()
            return _by_template(self._triggers, lambda part: HyperscanPicker(part, patterns))
