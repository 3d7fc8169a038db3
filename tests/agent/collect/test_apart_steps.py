"""Collectors in their process: what comes out is what the same collector gives here. See also tests/contracts."""

import os
import time
from datetime import UTC, datetime

import psutil
import pytest

import collectors
from agent.collect.apart_steps import StepsApart, _answer
from agent.collect.machine import MachineContext, this_platform
from collectors import Artifact, Limits, Skipped


def context(declared: collectors.Collector, seconds: float = 20.0) -> MachineContext:
    end = time.monotonic() + seconds
    return MachineContext(
        platform=this_platform(),
        now=datetime(2026, 3, 14, tzinfo=UTC),
        not_before=datetime(2026, 3, 1, tzinfo=UTC),
        options={option.name: option.default for option in declared.options},
        limits=Limits(time_seconds=seconds),
        environment=dict(os.environ),
        time_left=lambda: end - time.monotonic(),
    )


@pytest.mark.parametrize("name", ["operating_system", "crash_reports", "computer_id"])
def test_it_gives_what_it_gives_here(name: str) -> None:
    declared, apart = collectors.installed()[name], StepsApart()
    there, here = list(apart.run(name, declared, context(declared))), list(declared.collect(context(declared)))
    apart.end()
    assert [type(item) for item in there] == [type(item) for item in here]
    for one, other in zip(there, here, strict=True):
        if isinstance(one, Artifact) and isinstance(other, Artifact):
            assert (one.path, one.origin.source, one.truncated) == (other.path, other.origin.source, other.truncated)
        else:
            assert one == other


def test_one_process_does_for_several_and_is_gone_at_the_end() -> None:
    declared, apart = collectors.installed()["operating_system"], StepsApart()
    before = set(psutil.Process().children())
    apart.start()
    (first,) = set(psutil.Process().children()) - before
    for _ in range(2):
        assert list(apart.run("operating_system", declared, context(declared)))
    assert first.is_running()
    apart.end()
    assert not first.is_running()


def test_what_nobody_takes_any_more_is_ended() -> None:
    declared, apart = collectors.installed()["operating_system"], StepsApart()
    before = set(psutil.Process().children())
    items = apart.run("operating_system", declared, context(declared))
    next(items)
    items.close()
    assert set(psutil.Process().children()) <= before


def test_without_any_time_it_is_ended_at_once() -> None:
    declared, apart = collectors.installed()["operating_system"], StepsApart()
    (item,) = apart.run("operating_system", declared, context(declared, -5.0))
    assert isinstance(item, Skipped)
    assert "was ended" in item.reason


@pytest.mark.parametrize("line", [b"", b'{"data_by', b"[1]\n", b"null\n", b"\xff\n"])
def test_half_an_answer_is_none(line: bytes) -> None:
    assert _answer(line) == {}
