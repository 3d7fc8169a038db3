"""What ``doctor`` looks at and what it says: a situation goes in, findings come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent.endpoints import Endpoint
from config.settings import Settings

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. A ``problem`` keeps a bundle from arriving; a ``warning`` may."""

    name: str
    level: Level
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """This machine and this process, as the checks see them. ``now`` is aware UTC."""

    settings: Settings
    environment: Mapping[str, str]
    endpoint: str | None
    profile: str | None
    connect: Callable[[str, Settings], Endpoint]
    now: datetime


Check = Callable[[Situation], Iterator[Finding]]
"""May raise anything and may hang: the caller in ``agent.doctor`` bounds both."""


def ok(name: str, message: str) -> Finding:
    """A finding that all is well."""
    return Finding(name=name, level="ok", message=message)


def warning(name: str, message: str, advice: str) -> Finding:
    """A finding of what may keep a bundle from arriving, or make it poorer."""
    return Finding(name=name, level="warning", message=message, advice=advice)


def problem(name: str, message: str, advice: str) -> Finding:
    """A finding of what will keep a bundle from arriving."""
    return Finding(name=name, level="problem", message=message, advice=advice)
