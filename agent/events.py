"""Progress, which leaves the pipeline sideways: a small closed union that every front renders in its own way.

Stages call a ``Progress`` and never print. An event holds what happened and nothing that could leak: paths are
those in the bundle (redacted), reasons are sentences, and no event carries content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agent.flow import Archive, Plan, Queued, Receipt
from collectors import Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Planning is done."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting:
    """A collector starts; ``index`` counts from 1 to ``total``."""

    collector: str
    title: str
    index: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """One artifact is redacted and ready to be packed."""

    path: str
    size_bytes: int
    replacements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingTakenOut:
    """All is gathered, and nothing of it fits these patterns of ``--exclude``: what they mean may be in the bundle."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The archive is finished, but not yet released by the gate."""

    archive: Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """The gate scanned the finished archive and found nothing."""

    members: int
    scanned_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """``sent_bytes`` of ``total_bytes`` have gone out."""

    sent_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receipt is in hand."""

    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A bundle of the outbox was not delivered and never will be; ``reason`` says why. A record of it stays."""

    bundle_id: str
    reason: str


Event = (
    Planned
    | Collecting
    | Collected
    | Skipped
    | NothingTakenOut
    | Archived
    | Gated
    | Uploading
    | Delivered
    | Queued
    | GivenUp
)
Progress = Callable[[Event], None]


def ignore_progress(event: Event) -> None:
    """A ``Progress`` for callers that show nothing."""
