"""What the person takes out of the bundle, and which of the patterns for it were good for nothing.

Who writes ``--exclude`` believes that something stays at home. A pattern with a slip in it must not let it leave
without a word.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence


class Exclusion:
    """The patterns of ``--exclude``: globs over paths in the bundle, or names of collectors."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(dict.fromkeys(patterns))
        self._used: set[str] = set()

    def takes_out(self, path: str) -> bool:
        """Whether a pattern fits the whole path or, as people expect of a bare name, its last part."""
        name = path.rpartition("/")[2]
        fitting = [
            pattern
            for pattern in self._patterns
            if fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(name, pattern)
        ]
        self._used.update(fitting)
        return bool(fitting)

    def unused(self) -> tuple[str, ...]:
        """The patterns that have fitted no path so far, as they were written."""
        return tuple(pattern for pattern in self._patterns if pattern not in self._used)
