"""The stage that gathers: run each step of a plan, and pass on what its collector yields.

Collecting fails forward: whatever goes wrong with one collector is a ``Skipped`` in the manifest, and the
next one runs. One that could hang runs in a process that is killed (``apart_steps``). Items are passed on one by
one as they are pulled, so that no more than one is open at a time; a collector's time counts only while it works,
not while what it gave is redacted and packed. The plan's deadline counts all of it, but on most systems no sleep
of the computer: after it nothing more is taken, and a collector only gets to say what it leaves behind.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import collectors
from agent.collect.apart_steps import LAST_WORDS_SECONDS, StepsApart
from agent.collect.exclusion import Exclusion
from agent.collect.machine import MachineContext, this_platform
from agent.events import Collecting, NothingTakenOut, Progress
from agent.flow import Plan, Step
from collectors import Artifact, Collector, Fact, Skipped

TAKEN_OUT = "taken out by the person"


def collect(plan: Plan, progress: Progress) -> Iterator[Artifact | Fact | Skipped]:
    """What the steps of ``plan`` gather, in their order. Never raises for what a collector does.

    An item of ``plan.request.exclude`` is a glob over paths in the bundle, or the name of a collector; those that
    fitted nothing are told to ``progress`` at the end, and what that raises ends it. After
    ``plan.deadline_seconds``, however they were spent, no artifact is given any more: those of the running step and
    the steps that are left are skipped.
    """
    variables = dict(os.environ)
    apart = StepsApart()
    if any(known.apart for known in _to_run(plan)):
        with contextlib.suppress(OSError):  # the first step that needs it tries again, and tells of it
            apart.start()  # it gets ready while the first collectors run here
    try:
        yield from _collected(plan, progress, variables, apart)
    finally:
        apart.end()


def _to_run(plan: Plan) -> Iterator[Collector]:
    known = collectors.installed()
    for step in plan.steps:
        if plan.deadline_seconds > 0 and not Exclusion(plan.request.exclude).takes_out(step.collector):
            yield known[step.collector]


def _collected(
    plan: Plan, progress: Progress, variables: Mapping[str, str], apart: StepsApart
) -> Iterator[Artifact | Fact | Skipped]:
    end = time.monotonic() + plan.deadline_seconds
    known, exclusion = collectors.installed(), Exclusion(plan.request.exclude)
    for index, step in enumerate(plan.steps, 1):
        progress(Collecting(collector=step.collector, title=step.title, index=index, total=len(plan.steps)))
        if exclusion.takes_out(step.collector):
            yield Skipped(path=step.collector, reason=TAKEN_OUT)
        elif end <= time.monotonic():
            yield Skipped(path=step.collector, reason=_too_late(plan))
        else:
            stopwatch, declared = _Stopwatch(), known[step.collector]
            context = _context(plan, step, variables, stopwatch, end)
            run = partial(apart.run, step.collector, declared) if declared.apart else declared.collect
            items = _gathered(step, run, context, stopwatch)
            for item in _until(end, items, stopwatch, Skipped(path=step.collector, reason=_too_late(plan))):
                is_out = not isinstance(item, Fact) and exclusion.takes_out(item.path)
                yield Skipped(path=item.path, reason=TAKEN_OUT) if is_out and isinstance(item, Artifact) else item
    for absent in (*known, *(skipped.path for skipped in plan.skipped)):  # to take out what is not in it is no slip
        exclusion.takes_out(absent)
    if unused := exclusion.unused():
        progress(NothingTakenOut(patterns=unused))


def _too_late(plan: Plan) -> str:
    return f"the time for the whole bundle, {plan.deadline_seconds:g} seconds, was over"


class _Stopwatch:
    """Counts seconds between ``start`` and ``stop``, over and over."""

    def __init__(self) -> None:
        self._counted_seconds = 0.0
        self._started: float | None = None

    def start(self) -> None:
        self._started = time.monotonic()

    def stop(self) -> None:
        self._counted_seconds = self.seconds()
        self._started = None

    def seconds(self) -> float:
        running = 0.0 if self._started is None else time.monotonic() - self._started
        return self._counted_seconds + running


def _context(
    plan: Plan, step: Step, environment: Mapping[str, str], stopwatch: _Stopwatch, end: float
) -> MachineContext:
    def time_left() -> float:
        return min(step.limits.time_seconds - stopwatch.seconds(), end - time.monotonic())

    return MachineContext(
        platform=this_platform(),
        now=plan.made_at,
        not_before=plan.not_before,
        options=step.options,
        limits=step.limits,
        environment=environment,
        time_left=time_left,
    )


def _gathered(
    step: Step,
    run: Callable[[MachineContext], Iterator[Artifact | Fact | Skipped]],
    context: MachineContext,
    stopwatch: _Stopwatch,
) -> Iterator[Artifact | Fact | Skipped]:
    """What one collector yields; an exception of its own becomes the last item."""
    try:
        items = run(context)
        while True:
            stopwatch.start()
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                stopwatch.stop()
            yield item
    # The fail-forward boundary: a collector's bug must not cost the rest of the bundle. Its message could
    # quote what it read, so only its type is told.
    except Exception as error:
        yield Skipped(path=step.collector, reason=f"the collector failed: {type(error).__name__}")


def _until(
    end: float, items: Iterator[Artifact | Fact | Skipped], stopwatch: _Stopwatch, too_late: Skipped
) -> Iterator[Artifact | Fact | Skipped]:
    """``items``, where from ``end`` on each artifact is a ``Skipped``; after its last words a collector is ended."""
    stop_at_seconds: float | None = None
    for item in items:
        if time.monotonic() < end:
            yield item
            continue
        yield replace(too_late, path=item.path) if isinstance(item, Artifact) else item
        if stop_at_seconds is None:
            stop_at_seconds = stopwatch.seconds() + LAST_WORDS_SECONDS
        elif stopwatch.seconds() >= stop_at_seconds:
            yield replace(too_late, reason=f"{too_late.reason}; it was ended, and what it had left is not known")
            return
