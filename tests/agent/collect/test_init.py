"""The stage that gathers, with collectors made for the test in place of those installed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

import collectors
from agent.collect import collect, killable
from agent.events import Collecting, Event
from agent.flow import Front, Plan, Request, Step
from collectors import Artifact, Collector, Context, Fact, Limits, RequestItem, Sensitivity, Skipped

NOW = datetime(2026, 3, 14, tzinfo=UTC)
Items = Iterator[Artifact | Fact | Skipped]


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Run a plan of these collectors, in this order."""

    def run(*functions: Callable[[Context], Items], seconds: float = 20.0, **changes: Any) -> list[Any]:
        known = {
            function.__name__: Collector(
                title=function.__name__.title(),
                gathers="Something.",
                why="For a test.",
                sensitivity=Sensitivity.NONE,
                collect=function,
                apart=False,
            )
            for function in functions
        }
        monkeypatch.setattr(collectors, "installed", lambda: known)
        monkeypatch.setenv("WHO", "ada")
        plan = plan_of([step(name, declared, seconds) for name, declared in known.items()], **changes)
        events: list[Event] = []
        items = list(collect(plan, events.append))
        assert [event.index for event in events if isinstance(event, Collecting)] == [*range(1, len(known) + 1)]
        return items

    return run


def step(name: str, declared: Collector, seconds: float) -> Step:
    return Step(
        collector=name,
        title=declared.title,
        gathers=declared.gathers,
        sensitivity=declared.sensitivity,
        options={"size": 3},
        limits=Limits(time_seconds=seconds),
    )


def plan_of(steps: list[Step], *, exclude: tuple[str, ...] = (), deadline_seconds: float = 60.0) -> Plan:
    request = Request(front=Front.CLI, profile="test", ticket=None, requested_by="ada", asked_at=NOW, exclude=exclude)
    return Plan(
        bundle_id="0",
        made_at=NOW,
        request=request,
        product="Test",
        steps=tuple(steps),
        skipped=(),
        answers=(),
        computer_id="1",
        not_before=NOW,
        deadline_seconds=deadline_seconds,
        limit_bytes=2**20,
        keep_hosts=(),
        endpoint=None,
        consent="ask",
        agent_version="0",
    )


def alpha(context: Context) -> Items:
    yield Artifact.of_text("alpha/one.txt", "1", source="test")
    yield Artifact.of_text("alpha/two.txt", "2", source="test")
    yield Fact(item=RequestItem.VERSION, value="1", source="test")


def beta(context: Context) -> Items:
    yield Skipped(path="beta/x", reason="absent")


def broken(context: Context) -> Items:
    yield Artifact.of_text("broken/before.txt", "1", source="test")
    raise ValueError("the secret is hunter2")


def names(items: list[Any]) -> list[str]:
    return [item.path if not isinstance(item, Fact) else item.item.value for item in items]


def test_collectors_run_in_the_order_of_the_plan(gathered: Callable[..., list[Any]]) -> None:
    assert names(gathered(beta, alpha)) == ["beta/x", "alpha/one.txt", "alpha/two.txt", "version"]


def test_a_collector_sees_its_step_and_the_plan(gathered: Callable[..., list[Any]]) -> None:
    seen: list[Context] = []

    def looking(context: Context) -> Items:
        seen.append(context)
        yield Skipped(path="looking", reason="done")

    gathered(looking, seconds=7.0)
    assert (seen[0].options, seen[0].now, seen[0].not_before) == ({"size": 3}, NOW, NOW)
    assert seen[0].environment["WHO"] == "ada"
    assert 0 < seen[0].remaining_seconds() <= 7.0


def test_a_collector_that_fails_costs_its_own_rest_alone(gathered: Callable[..., list[Any]]) -> None:
    """What it gave before stays, the next one runs, and the message, which may quote what was read, is not told."""
    items = gathered(broken, beta)
    assert names(items) == ["broken/before.txt", "broken", "beta/x"]
    assert items[1].reason == "the collector failed: ValueError"


def test_a_collector_that_fails_before_its_first_item_is_skipped(gathered: Callable[..., list[Any]]) -> None:
    def worse(context: Context) -> Any:
        raise KeyError("x")

    assert gathered(worse) == [Skipped(path="worse", reason="the collector failed: KeyError")]


def test_without_a_process_what_runs_here_is_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    known = collectors.installed() | {"alpha": replace(collectors.installed()["account"], collect=alpha, apart=False)}
    monkeypatch.setattr(collectors, "installed", lambda: known)
    monkeypatch.setattr(killable.subprocess, "Popen", Mock(side_effect=BlockingIOError))
    items = list(collect(plan_of([step(name, known[name], 9.0) for name in ("processes", "alpha")]), Mock()))
    assert names(items) == ["processes", "alpha/one.txt", "alpha/two.txt", "version"]


def test_what_the_person_takes_out_is_skipped_and_said_so(gathered: Callable[..., list[Any]]) -> None:
    items = gathered(alpha, beta, exclude=("alpha/t*", "beta"))
    assert names(items) == ["alpha/one.txt", "alpha/two.txt", "version", "beta"]
    assert [item.reason for item in items if isinstance(item, Skipped)] == ["taken out by the person"] * 2


def test_a_collector_that_is_taken_out_does_not_run(gathered: Callable[..., list[Any]]) -> None:
    def never(context: Context) -> Items:
        raise AssertionError
        yield

    assert gathered(never, exclude=("never",)) == [Skipped(path="never", reason="taken out by the person")]


def test_after_the_deadline_of_the_plan_the_rest_is_skipped(gathered: Callable[..., list[Any]]) -> None:
    assert gathered(alpha, beta, deadline_seconds=0.0) == [
        Skipped(path=name, reason="the time for the whole bundle, 0 seconds, was over") for name in ("alpha", "beta")
    ]


def test_a_collector_has_no_more_time_than_the_plan(gathered: Callable[..., list[Any]]) -> None:
    left: list[float] = []

    def hurried(context: Context) -> Items:
        left.append(context.remaining_seconds())
        yield Skipped(path="x", reason="x")

    gathered(hurried, seconds=100.0, deadline_seconds=2.0)
    assert left[0] <= 2.0


def test_time_counts_only_while_the_collector_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redacting a large artifact must not eat the time in which the next one is looked for."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    left: list[float] = []

    def working(context: Context) -> Items:
        for number in range(3):
            clock[0] += 2.0
            left.append(context.remaining_seconds())
            yield Skipped(path=str(number), reason="x")

    declared = Collector(
        title="W", gathers="W.", why="W.", sensitivity=Sensitivity.NONE, collect=working, limits=Limits(), apart=False
    )
    monkeypatch.setattr(collectors, "installed", lambda: {"working": declared})
    plan = plan_of([step("working", declared, 10.0)], deadline_seconds=1000.0)
    for _ in collect(plan, lambda _: None):
        clock[0] += 50.0
    assert left == [8.0, 6.0, 4.0]


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Run one collector, of which each artifact takes 50 seconds to redact, under a deadline of 120 seconds.

    A second argument of the collector moves the clock while it works.
    """
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    def work(seconds: float) -> None:
        clock[0] += seconds

    def run(function: Callable[..., Items]) -> list[Any]:
        declared = Collector(
            title="S",
            gathers="S.",
            why="S.",
            sensitivity=Sensitivity.NONE,
            collect=lambda context: function(context, work),
            apart=False,
        )
        monkeypatch.setattr(collectors, "installed", lambda: {"slow": declared})
        items = []
        for item in collect(plan_of([step("slow", declared, 10.0)], deadline_seconds=120.0), lambda _: None):
            items.append(item)
            clock[0] += 50.0 if isinstance(item, Artifact) else 0.0
        return items

    return run


LATE = "the time for the whole bundle, 120 seconds, was over"


def test_after_the_deadline_a_running_collector_gives_no_more_artifacts(slowly: Callable[..., list[Any]]) -> None:
    """Those that it still names are skipped by name; what else it says is passed on."""

    def many(context: Context, work: Callable[[float], None]) -> Items:
        for number in range(5):
            yield Artifact.of_text(f"slow/{number}.txt", "x", source="test")
        yield Fact(item=RequestItem.LOGS, value="5 files", source="test")

    items = slowly(many)
    assert names(items) == ["slow/0.txt", "slow/1.txt", "slow/2.txt", "slow/3.txt", "slow/4.txt", "logs"]
    assert [type(item) for item in items] == [Artifact] * 3 + [Skipped] * 2 + [Fact]
    assert [item.reason for item in items if isinstance(item, Skipped)] == [LATE] * 2


def test_after_the_deadline_a_collector_without_end_is_ended(slowly: Callable[..., list[Any]]) -> None:
    """It has two seconds of its own work to name what it leaves behind, and is closed."""
    closed: list[bool] = []

    def endless(context: Context, work: Callable[[float], None]) -> Items:
        try:
            for number in range(1000):
                work(0.5)
                yield Artifact.of_text(f"slow/{number}.txt", "x", source="test")
        finally:
            closed.append(True)

    items = slowly(endless)
    assert [item.path for item in items if isinstance(item, Artifact)] == ["slow/0.txt", "slow/1.txt", "slow/2.txt"]
    assert len(items) < 12
    assert items[-1] == Skipped(path="slow", reason=f"{LATE}; it was ended, and what it had left is not known")
    assert closed == [True]


def test_nothing_runs_before_it_is_pulled(gathered: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """One artifact is open at a time because the next one is not even made."""
    made: list[int] = []

    def lazy(context: Context) -> Items:
        for number in range(3):
            made.append(number)
            yield Skipped(path=str(number), reason="x")

    declared = Collector(title="L", gathers="L.", why="L.", sensitivity=Sensitivity.NONE, collect=lazy, apart=False)
    monkeypatch.setattr(collectors, "installed", lambda: {"lazy": declared})
    items = collect(plan_of([step("lazy", declared, 10.0)]), lambda _: None)
    assert made == []
    next(items)
    assert made == [0]


def test_the_real_collectors_of_this_machine_run() -> None:
    """All that are installed, with their defaults, on the computer the test runs on."""
    known = collectors.installed()
    steps = [
        Step(
            collector=name,
            title=declared.title,
            gathers=declared.gathers,
            sensitivity=declared.sensitivity,
            options={option.name: option.default for option in declared.options},
            limits=Limits(time_seconds=5.0),
        )
        for name, declared in known.items()
        if name in {"computer_id", "system_log", "crash_reports"}
    ]
    items = list(collect(plan_of(steps), lambda _: None))
    assert items
    assert not [item for item in items if isinstance(item, Skipped) and "the collector failed" in item.reason]
