"""The errands: child processes, one after the other in a lane.

A child is told one JSON object. It says JSON objects, one a line; one whose ``event`` is ``result`` or ``failed`` is
what the errand came to. A child that says neither, or too much, has failed. What the service asks of it goes through a
pipe and never through arguments, which every account of the computer can see.
"""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from agent.service.child import END_SECONDS, Child
from agent.service.loop import Loop

__all__ = ["COMMAND", "END_SECONDS", "Errand", "Event", "Lane"]

Event = dict[str, Any]
COMMAND = (sys.executable, "-I", "-m", "agent.cli.errands")
_LONGEST_LINE_BYTES = 2**20


def _ignore(_: Event) -> None:
    """Nobody wants to know."""


class Errand(NamedTuple):
    """What a child is to do. ``about`` is a request's id, or ""; ``ended`` gets what it came to, always and once."""

    name: str
    arguments: Mapping[str, Any] = MappingProxyType({})
    about: str = ""
    said: Callable[[Event], None] = _ignore
    ended: Callable[[Event], None] = _ignore


class Lane:
    """Errands that wait for one another."""

    def __init__(
        self, name: str, loop: Loop, command: Sequence[str] = COMMAND, *, limit_seconds: float = 86400.0
    ) -> None:
        """An errand that takes longer than ``limit_seconds`` is ended, and has failed."""
        self._name, self._loop, self._command, self._limit_seconds = name, loop, command, limit_seconds
        self._waiting: deque[Errand] = deque()
        self._errand: Errand | None = None
        self._child: Child | None = None
        self._buffer, self._outcome = b"", Event()
        self._is_closed = False
        self.also: Event = {}
        """What every child is told besides its errand."""

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nothing waits."""
        return self._errand is None and not self._waiting

    def add(self, errand: Errand) -> None:
        """Let ``errand`` be run when those before it have ended."""
        self._waiting.append(errand)
        self._next()

    def has(self, name: str, about: str = "") -> bool:
        """Whether such an errand runs or waits."""
        errands = [*self._waiting, *([self._errand] if self._errand else [])]
        return any((errand.name, errand.about) == (name, about) for errand in errands)

    def end(self, about: str) -> None:
        """End all errands about that request; the one that runs ends soon, and tells so as any other does."""
        gone = [errand for errand in self._waiting if errand.about == about]
        self._waiting = deque(errand for errand in self._waiting if errand.about != about)
        for errand in gone:
            outcome = {"event": "failed", "sentence": "It was ended before it began."}
            self._loop.do(partial(errand.ended, outcome))
        if self._errand is not None and self._errand.about == about:
            self._end_child()

    def close(self) -> None:
        """Run nothing more, and end what runs; nobody is told, since it is all begun anew."""
        self._is_closed = True
        self._waiting.clear()
        self._end_child()

    @property
    def has_child(self) -> bool:
        """Whether a child is there still."""
        return self._child is not None

    def kill(self) -> None:
        """End the child that would not end."""
        if self._child is not None:
            self._child.kill()

    def _next(self) -> None:
        if self._is_closed or self._errand is not None or not self._waiting:
            return
        errand = self._errand = self._waiting.popleft()
        self._buffer, self._outcome = b"", {}
        told = json.dumps({**errand.arguments, **self.also}).encode() + b"\n"
        try:
            self._child = Child([*self._command, errand.name], told, self._loop, self._hear)
        except OSError as error:
            self._finish({"event": "failed", "sentence": f"No process can be started here: {error.strerror}."})
            return
        self._loop.at(f"limit {self._name}", self._limit_seconds, self._end_child)

    def _hear(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._say(line)
        if len(self._buffer) > _LONGEST_LINE_BYTES:
            self.kill()
        if not data:
            self._reap()

    def _say(self, line: bytes) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            return
        if event.get("event") in ("result", "failed"):
            self._outcome = event
        elif self._errand is not None and not self._is_closed:
            self._loop.do(partial(self._errand.said, event))

    def _reap(self) -> None:
        child, self._child = self._child, None
        assert child is not None
        for moment in ("kill", "limit"):
            self._loop.forget(f"{moment} {self._name}")
        code = child.reap()
        self._finish(
            self._outcome or {"event": "failed", "died": True, "sentence": f"The process that did it ended ({code})."}
        )

    def _finish(self, outcome: Event) -> None:
        errand, self._errand = self._errand, None
        if errand is not None and not self._is_closed:
            self._loop.do(partial(errand.ended, outcome))
        self._next()

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.ask_to_end()
        self._loop.at(f"kill {self._name}", END_SECONDS, self.kill)
