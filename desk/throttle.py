"""Counts what somebody does and says when it is enough: against guessing tokens and passwords, and against floods.

Counted in Django's cache, which lies in the database: all workers count together. Each count is a transaction of its
own, so that of many calls at one moment none is lost.
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache

from desk.one_writer import alone


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many within ``window_seconds`` of the first, for each somebody of this ``purpose``."""

    purpose: str
    most: int
    window_seconds: int

    def is_reached(self, who: str) -> bool:
        """Whether ``who`` has done it as often as is allowed, and must wait out the window."""
        return self._counted(self._key(who))[0] >= self.most

    def count(self, who: str) -> bool:
        """Note one of ``who``; whether that is within the limit."""
        return self._add(who, 1) <= self.most

    def give_back(self, who: str) -> None:
        """Take one back that was counted before it was known to be harmless."""
        self._add(who, -1)

    def _add(self, who: str, number: int) -> int:
        key = self._key(who)
        with alone(key):
            count, ends_at = self._counted(key)
            count = max(0, count + number)
            # The cache forgets when the window ends, which is told from its beginning: calls do not prolong it.
            cache.set(key, (count, ends_at), max(1, math.ceil(ends_at - time.time())))
        return count

    def _counted(self, key: str) -> tuple[int, float]:
        """How many, and when the window ends, in seconds of the clock."""
        now = time.time()
        count, ends_at = cache.get(key, (0, 0.0))
        return (count, ends_at) if now < ends_at <= now + self.window_seconds else (0, now + self.window_seconds)

    def _key(self, who: str) -> str:
        # Hashed: names typed into a log-in form may hold anything, also a password typed into the wrong field.
        return f"{self.purpose}-{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()}"
