"""Telling the desk, one thing at a time, each until it was heard; in a thread that lives as long as there is something.

What is to be told lies on the disk with its request (``records``) and is offered here anew after a restart, so
nothing is lost; the desk takes the same state twice without harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from agent.service.line import Desk, Line, Trouble


class Telling(NamedTuple):
    """One call to the desk. ``key`` names what it is about."""

    key: str
    method: str
    path: str
    value: dict[str, Any]


class Teller:
    """Makes one call at a time; ``told`` and ``failed`` are called in a thread of its own."""

    def __init__(
        self, desk: Desk, told: Callable[[Telling, Any], None], failed: Callable[[Telling, Trouble], None]
    ) -> None:
        self._desk, self._told, self._failed = desk, told, failed
        self._line: Line | None = None

    def tell(self, telling: Telling) -> None:
        """Make the call; its end is told by exactly one of the two functions."""
        threading.Thread(target=self._run, args=(telling,), name="tell", daemon=True).start()

    def end_if_late(self) -> None:
        """End a call whose answer never ends."""
        if (line := self._line) is not None:
            line.end_if_late()

    def _run(self, telling: Telling) -> None:
        line = self._line = Line(self._desk)
        try:
            answer = line.call(telling.method, telling.path, telling.value)
        except Trouble as trouble:
            self._failed(telling, trouble)
        else:
            self._told(telling, answer)
        finally:
            line.close()
