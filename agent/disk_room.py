"""What is gathered, bounded by the room on the disk, and said to be where that is why something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from agent.events import Collecting, Event, Progress
from agent.flow import Plan
from collectors import Artifact, Fact, Skipped, size_text

Gather = Callable[[Plan, Progress], Iterator[Artifact | Fact | Skipped]]


def within_disk(gather: Gather, plan: Plan, progress: Progress, *folders: Path) -> Iterator[Artifact | Fact | Skipped]:
    """What ``gather`` yields for ``plan`` where no collector takes more than a third of the free disk of ``folders``.

    What is gathered may lie there redacted, packed, and, for an archive over its limit, unpacked again. What is cut or
    left out by a collector that was bounded so is told with the room there was.
    """
    free_bytes = min(shutil.disk_usage(folder).free for folder in folders)
    bounded = _bounded(plan, free_bytes // 3)
    short = {old.collector for old, new in zip(plan.steps, bounded.steps, strict=True) if old is not new}
    running = ""

    def followed(event: Event) -> None:
        nonlocal running
        if isinstance(event, Collecting):
            running = event.collector
        progress(event)

    for item in gather(bounded, followed):
        yield _told(item, f"there was little room on the disk, {size_text(free_bytes)}") if running in short else item


def _bounded(plan: Plan, most_bytes: int) -> Plan:
    steps = (
        replace(step, limits=replace(step.limits, size_bytes=most_bytes))
        if step.limits.size_bytes > most_bytes
        else step
        for step in plan.steps
    )
    return replace(plan, steps=tuple(steps))


def _told(item: Artifact | Fact | Skipped, room: str) -> Artifact | Fact | Skipped:
    if isinstance(item, Artifact) and item.truncated:
        return replace(item, truncated=f"{item.truncated}; {room}")
    if isinstance(item, Skipped) and item.cause == "over-size":
        return replace(item, reason=f"{item.reason}; {room}")
    return item
