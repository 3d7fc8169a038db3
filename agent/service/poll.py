"""The one long poll at the desk, in a thread of its own, and the waits between two of them.

The waits double and are shortened by chance, so that a fleet does not come back at one moment ("equal jitter": M.
Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015). All waits are by the clock that only goes on,
so a clock that jumps changes nothing; after a sleep of the computer the line is found broken, and is opened anew. The
position is in memory alone: from 0 on, the desk tells everything that is not at an end, and ``requests`` knows what
it knows.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from agent.service.line import Desk, Line, Trouble

WAIT_SECONDS = 55  # decision 80; less than what proxies let a silent line live, which is a minute at most
_FIRST_BACKOFF_SECONDS = 1.0
_LONGEST_BACKOFF_SECONDS = 300.0
_UNENROLLED_SECONDS = 300.0
_QUICK_SECONDS = 1.0
_FREE_QUICK_ANSWERS = 8  # what one request comes to: its own states wake the poll, too
_LONGEST_PAUSE_SECONDS = 30.0


class Backoff:
    """How long to wait after each failure in a row."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._failures, self._chance = 0, chance

    def succeeded(self) -> None:
        """Begin anew."""
        self._failures = 0

    def after(self, trouble: Trouble) -> float:
        """Seconds to wait after ``trouble``: as the desk asked, else longer each time."""
        self._failures += 1
        if trouble.wait_seconds is not None:
            return trouble.wait_seconds + self._chance()  # not all at the very second that was named
        if trouble.status in (401, 403):
            return _UNENROLLED_SECONDS
        longest = min(_FIRST_BACKOFF_SECONDS * 2.0 ** min(self._failures - 1, 16), _LONGEST_BACKOFF_SECONDS)
        return longest * (0.5 + self._chance() / 2)


class Pace:
    """Keeps answers that come at once, again and again, from becoming a busy loop."""

    def __init__(self) -> None:
        self._quick = 0

    def after(self, took_seconds: float) -> float:
        """Seconds to wait after an answer that took so long: none for the first few quick ones, then ever more."""
        self._quick = self._quick + 1 if took_seconds < _QUICK_SECONDS else 0
        over = self._quick - _FREE_QUICK_ANSWERS
        return min(0.5 * 2.0 ** min(over, 16), _LONGEST_PAUSE_SECONDS) if over > 0 else 0.0


class Poller:
    """Asks the desk for requests until it is closed; what it hears is handed to ``heard``, trouble to ``troubled``.

    Both are called in this object's own thread.
    """

    def __init__(self, desk: Desk, heard: Callable[[Any], None], troubled: Callable[[Trouble], None]) -> None:
        self._heard, self._troubled = heard, troubled
        self._line = Line(desk)
        self._is_closed = False
        self._poke = threading.Event()
        self._thread = threading.Thread(target=self._run, name="poll", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether it still asks."""
        return self._thread.is_alive()

    def end_if_late(self) -> None:
        """End a call whose answer never ends."""
        self._line.end_if_late()

    def poke(self) -> None:
        """Wait no longer after a failure: something has changed."""
        self._poke.set()

    def close(self) -> None:
        """Hear no more. A call that waits for its answer is left to end on its own, with the process at the latest."""
        self._is_closed = True
        self._poke.set()

    def _run(self) -> None:
        position, backoff, pace = 0, Backoff(), Pace()
        while not self._is_closed:
            began = time.monotonic()
            try:
                answer = self._line.call(
                    "GET", f"/requests?position={position}&wait_seconds={WAIT_SECONDS}", patience_seconds=WAIT_SECONDS
                )
                new_position = answer.get("position") if isinstance(answer, dict) else None
                if not isinstance(new_position, int) or isinstance(new_position, bool) or new_position < 0:
                    raise Trouble("The desk's answer holds no position: it has another version.")
            except Trouble as trouble:
                wait_seconds = backoff.after(trouble)
                if not self._is_closed:
                    self._troubled(trouble)
            else:
                position = new_position
                backoff.succeeded()
                wait_seconds = pace.after(time.monotonic() - began)
                if not self._is_closed:
                    self._heard(answer)
            if wait_seconds and self._poke.wait(wait_seconds):
                self._poke.clear()
        self._line.close()
