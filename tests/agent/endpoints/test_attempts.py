"""Trying again: what is tried again, how long it waits, and when it gives up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.endpoints._attempts import Attempts
from agent.errors import Ambiguous, ClosedTicket, EndpointError, RateLimited, Unreachable


def failing(*troubles: EndpointError) -> Callable[[], int]:
    """An attempt that meets each trouble in turn, and then tells how many attempts there were."""
    left = list(troubles)

    def attempt() -> int:
        if left:
            raise left.pop(0)
        return len(troubles) + 1

    return attempt


def attempts(pauses: list[float], budget_seconds: float, chance: float = 1.0) -> Attempts:
    return Attempts(budget_seconds=budget_seconds, sleep=pauses.append, chance=lambda: chance)


def test_the_pauses_double() -> None:
    pauses: list[float] = []
    broken = [Unreachable("broken", wait_seconds=0)] * 7
    assert attempts(pauses, 60).run(failing(*broken), idempotent=True) == 8
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.999])
def test_a_pause_is_at_least_what_was_asked_and_random_beyond(chance: float) -> None:
    pauses: list[float] = []
    attempts(pauses, 60, chance).run(failing(RateLimited("slow", wait_seconds=5)), idempotent=True)
    assert pauses == [5 + 0.25 + 0.25 * chance]


def test_the_budget_ends_it_without_a_last_pause() -> None:
    """Who is told to wait longer than the budget hears so at once."""
    pauses: list[float] = []
    with pytest.raises(RateLimited, match="an hour"):
        attempts(pauses, 60).run(failing(RateLimited("wait an hour", wait_seconds=3600)), idempotent=True)
    with pytest.raises(Unreachable):
        attempts(pauses, 2).run(failing(*[Unreachable("broken", wait_seconds=0)] * 9), idempotent=True)
    assert pauses == [0.5, 1]


@pytest.mark.parametrize("trouble", [Unreachable("no network"), ClosedTicket("closed"), Ambiguous("lost")])
def test_what_another_try_soon_does_not_mend_is_raised_at_once(trouble: EndpointError) -> None:
    pauses: list[float] = []
    with pytest.raises(type(trouble)):
        attempts(pauses, 60).run(failing(trouble), idempotent=True)
    assert pauses == []


def test_what_is_not_idempotent_is_repeated_after_a_429_alone() -> None:
    pauses: list[float] = []
    with pytest.raises(Unreachable, match="503"):
        attempts(pauses, 60).run(failing(Unreachable("503", wait_seconds=0)), idempotent=False)
    assert pauses == []
    assert attempts(pauses, 60).run(failing(RateLimited("429", wait_seconds=1)), idempotent=False) == 2
