"""Trying again in time: only what is likely to help, with growing and random pauses, under one budget.

Each error says by ``wait_seconds`` whether another try soon is worth anything; no line at all, a log-in page or a
wrong certificate is left to the outbox, so that nobody waits for what will not come. The pauses are random so
that a thousand computers that lost one server do not come back to it in one moment.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from agent.errors import RateLimited, Unreachable

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """``budget_seconds`` is for the pauses of one request; what would need more is raised at once."""

    budget_seconds: float
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random  # 0 ≤ x < 1

    def run(self, attempt: Callable[[], _Result], *, idempotent: bool) -> _Result:
        """The result of the first attempt that succeeds; raise what the last one raised.

        A request that is not idempotent is tried again only after a refusal that says it was not looked at (429).
        """
        waited_seconds, tries = 0.0, 0
        while True:
            try:
                return attempt()
            except Unreachable as trouble:
                if trouble.wait_seconds is None or not (idempotent or isinstance(trouble, RateLimited)):
                    raise
                pause_seconds = self._pause_seconds(tries, trouble.wait_seconds)
                if waited_seconds + pause_seconds > self.budget_seconds:
                    raise
            self.sleep(pause_seconds)
            waited_seconds += pause_seconds
            tries += 1

    def _pause_seconds(self, tries: int, asked_seconds: float) -> float:
        """Never less than was asked for; a half to the whole of a pause that doubles."""
        longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(tries, 10))
        return asked_seconds + longest * (0.5 + 0.5 * self.chance())
