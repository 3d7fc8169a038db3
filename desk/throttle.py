"""Counts failures per somebody and says when it is enough: against guessing tokens and passwords.

Only failures count, so that a hundred computers behind one address may enrol in a row. Counted in Django's
cache, which lies in the database: all workers count together. Two failures at the very same moment may count
as one, which makes the bound soft, not absent.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.core.cache import cache


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """At most ``failures`` within ``window_seconds`` of the first, for each somebody of this ``purpose``."""

    purpose: str
    failures: int
    window_seconds: int

    def is_reached(self, who: str) -> bool:
        """Whether ``who`` has failed too often and must wait out the window."""
        return int(cache.get(self._key(who), 0)) >= self.failures

    def count(self, who: str) -> None:
        """Note one failure of ``who``."""
        key = self._key(who)
        if not cache.add(key, 1, self.window_seconds):
            try:
                cache.incr(key)
            except ValueError:  # the window ended between the two calls
                cache.add(key, 1, self.window_seconds)

    def _key(self, who: str) -> str:
        # Hashed: names typed into a log-in form may hold anything, also a password typed into the wrong field.
        return f"{self.purpose}-{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()}"
