"""When the outbox is to be looked into: when something came into it or left, and when a bundle is due.

Looking is an errand, which delivers what is due and says when the next bundle is.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from agent.service.children import Errand, Event, Lane
from agent.service.loop import Loop
from agent.service.requests import Requests

_AFTER_TROUBLE_SECONDS = 600.0
_SOONEST_SECONDS = 5.0  # what is due at once was tried just now


class OutboxWatch:
    """The outbox of one state folder. ``look`` is to be called once a minute."""

    def __init__(self, state: Path, loop: Loop, long: Lane, requests: Requests) -> None:
        self._folder = state / "outbox"
        self._loop, self._long, self._requests = loop, long, requests
        self._seen: int | None = None
        self._due = float("inf")
        self._told: Event = {}

    def look(self) -> None:
        """Start the errand if there is a reason to."""
        changed = self._changed()
        is_due = time.monotonic() >= self._due
        if not (is_due or changed != self._seen) or self._long.has("outbox"):
            return
        if self._waiting() or self._requests.uploading:
            told = {"requests": self._requests.uploading, "withdrawn": self._requests.withdrawn}
            self._long.add(Errand(name="outbox", arguments=told, ended=self._delivered))
        else:
            self._seen, self._due, self._told = changed, float("inf"), {}

    def status(self) -> Event:
        """For ``sendlogs service status``."""
        seconds = None if self._due == float("inf") else max(0.0, round(self._due - time.monotonic()))
        return {"waiting": self._waiting(), "next_attempt_seconds": seconds, "trouble": self._told.get("trouble", "")}

    def _delivered(self, outcome: Event) -> None:
        self._seen = self._changed()
        if outcome.get("event") == "result":
            self._told = outcome
            seconds = outcome.get("next_seconds")
            wait_seconds = None if seconds is None else max(float(seconds), _SOONEST_SECONDS)
            self._requests.settle(outcome)
        else:
            self._told = {"trouble": str(outcome.get("sentence", ""))}
            wait_seconds = _AFTER_TROUBLE_SECONDS
        self._due = float("inf") if wait_seconds is None else time.monotonic() + wait_seconds
        if wait_seconds is not None:
            self._loop.at("outbox", wait_seconds, self.look)

    def _changed(self) -> int | None:
        try:
            return self._folder.stat().st_mtime_ns
        except OSError:
            return None

    def _waiting(self) -> int:
        try:
            with os.scandir(self._folder) as found:
                return sum(entry.is_dir() and not entry.name.startswith(".") for entry in found)
        except OSError:
            return 0
