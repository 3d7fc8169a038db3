"""Run collectors in a process that can be killed, with all that they start; one process does for all of them.

To start a process takes a fifth of a second, so the next collector runs in the same one; it is made anew only after
a collector had to be killed. Items come one by one as they are asked for, each watched for time and memory, and the
bytes of an artifact with it. What came before a collector is killed is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from agent.collect.item_lines import from_json
from agent.collect.killable import Killable
from agent.collect.machine import MachineContext
from collectors import Artifact, Collector, Fact, Skipped

LAST_WORDS_SECONDS = 2.0  # after its time, in which a collector says what it did not reach
_LINE_LIMIT_BYTES = 16 * 2**20  # of an item without its bytes


class StepsApart:
    """The process for the steps of one plan. ``start`` it early: it gets ready beside other work."""

    def __init__(self) -> None:
        self._process: Killable | None = None

    def start(self) -> None:
        """Make the process unless it is there."""
        if self._process is None:
            self._process = Killable({"do": "collect"})

    def end(self) -> None:
        """End it and what the collectors have left running."""
        if self._process is not None:
            self._process.leave()
            self._process = None

    def run(self, name: str, declared: Collector, context: MachineContext) -> Iterator[Artifact | Fact | Skipped]:
        """What the collector yields under the limits of ``context``; why it was killed, if it was, is the last item."""
        self.start()
        process = self._process
        assert process is not None
        process.say(_step(declared, context))
        is_done = False
        try:
            while True:
                answer, data = _next(process, context)
                is_done = answer.get("kind") in {"done", "failed"}
                if answer.get("kind") == "done":
                    return
                yield _item(name, answer, data, process)
                if is_done or not answer:
                    return
        finally:
            if not is_done:
                process.end_with_all()
                self._process = None


def _item(name: str, answer: Mapping[str, Any], data: bytes, process: Killable) -> Artifact | Fact | Skipped:
    if not answer:
        reason = process.killed_for or "its process came to an end of its own"
        return Skipped(path=name, reason=f"the collector was ended: {reason}; what it had left is not known")
    if answer["kind"] == "failed":
        return Skipped(path=name, reason=f"the collector failed: {answer['type']}")
    return from_json(answer, data)


def _step(declared: Collector, context: MachineContext) -> dict[str, object]:
    return {
        "module": declared.collect.__module__,
        "now": context.now.isoformat(),
        "not_before": context.not_before and context.not_before.isoformat(),
        "options": context.options,
        "time_seconds": context.limits.time_seconds,
        "size_bytes": context.limits.size_bytes,
        "memory_bytes": context.limits.memory_bytes,
        "environment": context.environment,
    }


def _next(process: Killable, context: MachineContext) -> tuple[Mapping[str, Any], bytes]:
    """The next answer with its bytes; an empty one when none comes in time, or none that is whole."""
    left_seconds = context.remaining_seconds()
    if left_seconds <= -LAST_WORDS_SECONDS:  # it goes on and on
        return {}, b""
    process.say({"seconds": left_seconds})
    data = b""
    with process.within(left_seconds + LAST_WORDS_SECONDS, context.limits.memory_bytes):
        answer = _answer(process.output.readline(_LINE_LIMIT_BYTES))
        wanted_bytes = answer.get("data_bytes", 0)
        if 0 < wanted_bytes <= context.limits.size_bytes:
            data = process.output.read(wanted_bytes)
    return (answer, data) if len(data) == wanted_bytes else ({}, b"")


def _answer(line: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:  # cut short, as by the end of the process
        return {}
    return answer if isinstance(answer, dict) else {}
