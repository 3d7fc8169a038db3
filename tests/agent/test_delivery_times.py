"""Waits double up to a bound, and no clock, however wrong, makes a bundle wait for years or grow old in a moment."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from agent.delivery_records import Entry
from agent.delivery_times import (
    FIRST_WAIT_SECONDS,
    LONGEST_ASKED_WAIT_SECONDS,
    LONGEST_WAIT_SECONDS,
    QUARANTINED_WAIT_SECONDS,
    due_at,
    seen,
    to_wait,
)
from agent.flow import Archive, Consent

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def entry(make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]) -> Entry:
    """Queued a day ago, and never tried."""
    archive = make_archive()
    return Entry(
        archive=archive,
        consent=agree(archive),
        endpoint="folder:/x",
        pseudonym_scope="s",
        draft=None,
        ticket="7",
        queued_at=NOW - DAY,
    )


def after(entry: Entry, attempts: int, chance: float = 1.0) -> Entry:
    return to_wait(dataclasses.replace(seen(entry, NOW), attempts=attempts), None, chance)


def test_what_was_never_tried_is_due(entry: Entry) -> None:
    assert due_at(entry, NOW) == NOW


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 60), (2, 120), (5, 960), (9, 15360), (10, 21600), (5000, 21600)])
def test_waits_double_up_to_a_bound(entry: Entry, attempts: int, seconds: float) -> None:
    tried = after(entry, attempts)
    assert due_at(tried, NOW) == NOW + timedelta(seconds=seconds)
    assert due_at(tried, NOW + timedelta(seconds=seconds)) <= NOW + timedelta(seconds=seconds)


def test_chance_shortens_a_wait_by_half_at_most(entry: Entry) -> None:
    waits = {after(entry, 1, chance).wait_seconds for chance in (0.0, 0.5, 1.0)}
    assert waits == {FIRST_WAIT_SECONDS / 2, FIRST_WAIT_SECONDS * 3 / 4, FIRST_WAIT_SECONDS}


def test_an_endpoints_wish_counts_within_reason(entry: Entry) -> None:
    """A server whose clock is wrong by a year asks for a year."""
    asked = to_wait(seen(entry, NOW), 90, 0)
    assert (asked.asked_to_wait, due_at(asked, NOW)) == (True, NOW + timedelta(seconds=90))
    assert to_wait(seen(entry, NOW), 10**9, 0).wait_seconds == LONGEST_ASKED_WAIT_SECONDS
    assert not to_wait(asked, None, 0).asked_to_wait


@pytest.mark.parametrize("wrong", [-3650 * DAY, -DAY, -timedelta(seconds=1), 3650 * DAY])
def test_a_clock_that_jumped_makes_it_due(entry: Entry, wrong: timedelta) -> None:
    tried = after(entry, 20)
    assert due_at(tried, NOW + wrong) == NOW + wrong


def test_no_wait_on_the_disk_is_longer_than_a_day(entry: Entry) -> None:
    strange = dataclasses.replace(entry, seen_at=NOW, wait_seconds=10**9)
    assert due_at(strange, NOW) <= NOW + timedelta(seconds=max(LONGEST_ASKED_WAIT_SECONDS, LONGEST_WAIT_SECONDS))


def test_what_is_in_quarantine_is_looked_at_once_a_day(entry: Entry) -> None:
    """However soon it would be tried otherwise; so the looks are near enough to sum up all that it waits."""
    quarantined = dataclasses.replace(after(entry, 1), quarantined="closed")
    assert due_at(quarantined, NOW) == NOW + timedelta(seconds=QUARANTINED_WAIT_SECONDS)
    for day in range(1, 40):
        quarantined = seen(quarantined, NOW + day * timedelta(seconds=QUARANTINED_WAIT_SECONDS))
    assert quarantined.waited_seconds == (40 * DAY).total_seconds()


def test_waiting_is_summed_up_from_sight_to_sight(entry: Entry) -> None:
    twice = seen(seen(entry, NOW), NOW + DAY)
    assert twice.waited_seconds == 2 * DAY.total_seconds()
    assert twice.seen_at == NOW + DAY


def test_a_clock_that_jumped_makes_nothing_old(entry: Entry) -> None:
    """Ten years ahead, and back again, count as a week at most."""
    jumped = seen(seen(seen(entry, NOW), NOW + 3650 * DAY), NOW)
    assert jumped.waited_seconds <= (8 * DAY).total_seconds()
    assert seen(jumped, NOW + DAY).waited_seconds == jumped.waited_seconds + DAY.total_seconds()
