"""Calls into the operating system that may hang (a dead mount, a dead name server), with an end.

Such a call cannot be cancelled. It is left behind in a daemon thread, which does not keep the process alive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def call(function: Callable[[], T], *, timeout_seconds: float) -> T:
    """What the function returns or raises; raise ``TimeoutError`` when it has not ended in time."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        # Whatever it is, it is raised again below, in the thread of the caller.
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(max(0.0, timeout_seconds))
    if failures:
        raise failures[0]
    if results:
        return results[0]
    raise TimeoutError(f"no answer in {timeout_seconds:.1f} s")
