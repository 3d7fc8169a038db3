"""The process that is watched: its time, its memory, and that nothing of it is left."""

import json
import os
import threading
from pathlib import Path

import psutil
import pytest

from agent.collect.killable import Killable


@pytest.fixture
def reading(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "big").write_bytes(b"x" * 10_000_000)
    return {"do": "read", "path": str(tmp_path / "big"), "root": None, "limit_bytes": 10_000_000}


def test_one_that_answers_in_time_is_not_killed(reading: dict[str, object]) -> None:
    with Killable(reading) as process:
        with process.within(30.0, 2**30):
            assert json.loads(process.output.readline()) == {"opened": True}
            assert len(process.output.read()) == 10_000_000
        assert process.ended_well()
        assert process.killed_for is None
    assert not psutil.pid_exists(process.process_id)


def test_one_that_has_nothing_to_say_is_killed_when_its_time_is_over() -> None:
    threads = threading.active_count()
    with Killable({"do": "collect"}) as process:
        with process.within(0.5):
            assert process.output.readline() == b""
        assert process.killed_for == "it did not answer in its time"
    assert not psutil.pid_exists(process.process_id)
    assert threading.active_count() == threads


def test_one_that_takes_too_much_memory_is_killed() -> None:
    with Killable({"do": "collect"}) as process:
        with process.within(30.0, 2**20):
            assert process.output.readline() == b""
        assert process.killed_for == "it used more than 1 MiB of memory"


def test_one_that_is_left_ends_by_itself() -> None:
    process = Killable({"do": "collect"})
    process.leave()
    assert process.killed_for is None
    assert not psutil.pid_exists(process.process_id)
    process.say({"seconds": os.getpid()})  # to nobody: no error
