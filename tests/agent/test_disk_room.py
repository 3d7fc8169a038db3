import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from agent.disk_room import within_disk
from agent.events import Collecting
from agent.flow import Step
from collectors import Artifact, Limits, Sensitivity, Skipped

CUT = "only whole lines of the last 3.2 kB of 3.0 MB"


def step(name, size_bytes):
    limits = Limits(size_bytes=size_bytes)
    return Step(collector=name, title=name, gathers=name, sensitivity=Sensitivity.LOW, limits=limits, options={})


@pytest.fixture
def run(bundle_plan, tmp_path, monkeypatch):
    """What comes of two collectors, of which the second is bounded by a disk with 9,600 bytes."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=9600))
    plan = replace(bundle_plan, steps=(step("small", 3000), step("logs", 10**6)))

    def run(*items):
        seen, told = [], []

        def gather(bounded, progress):
            seen.extend(one.limits.size_bytes for one in bounded.steps)
            for index, one in enumerate(bounded.steps, 1):
                progress(Collecting(collector=one.collector, title=one.title, index=index, total=2))
                yield from items

        gathered = list(within_disk(gather, plan, told.append, tmp_path))
        assert [event.collector for event in told] == ["small", "logs"]
        return seen, gathered[: len(items)], gathered[len(items) :]

    return run


def test_no_collector_takes_more_than_a_third_of_the_free_disk(run):
    assert run()[0] == [3000, 3200]


def test_what_is_cut_for_want_of_room_says_so(run):
    cut = replace(Artifact.of_text("logs/a.log", "x", source="x"), truncated=CUT)
    whole = replace(cut, truncated=None)
    _, before, bounded = run(cut, whole)
    assert before == [cut, whole]
    assert [item.truncated for item in bounded] == [f"{CUT}; there was little room on the disk, 9.6 kB", None]


def test_what_is_left_out_for_want_of_room_says_so(run):
    large = Skipped(path="a", reason="over the limit of 3.2 kB for all files", cause="over-size")
    other = Skipped(path="b", reason="over the limit of 9 files")
    _, before, bounded = run(large, other)
    assert before == [large, other]
    assert [item.reason for item in bounded] == [
        f"{large.reason}; there was little room on the disk, 9.6 kB",
        other.reason,
    ]
