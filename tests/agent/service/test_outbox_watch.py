"""The outbox is looked into when there is a reason, and then only."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.service.children import Errand, Event
from agent.service.loop import Loop
from agent.service.outbox_watch import OutboxWatch


@dataclass
class Requests:
    uploading: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    settled: list[Event] = field(default_factory=list)

    def settle(self, outcome: Event) -> None:
        self.settled.append(outcome)


@dataclass
class Lane:
    errands: list[Errand] = field(default_factory=list)

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any(each.name == name for each in self.errands)


@pytest.fixture
def scene(tmp_path: Path, loop: Loop) -> tuple[OutboxWatch, Lane, Requests, Path]:
    lane, requests = Lane(), Requests()
    return OutboxWatch(tmp_path, loop, lane, requests), lane, requests, tmp_path / "outbox"


def test_an_empty_outbox_is_no_reason(scene) -> None:
    watch, lane, _, folder = scene
    watch.look()
    folder.mkdir()
    (folder / ".put.lock").touch()
    watch.look()
    assert lane.errands == []
    assert watch.status() == {"waiting": 0, "next_attempt_seconds": None, "trouble": ""}


def test_what_came_is_delivered_and_then_left_alone_until_it_is_due(scene) -> None:
    watch, lane, requests, folder = scene
    (folder / "bundle").mkdir(parents=True)
    watch.look()
    (errand,) = lane.errands
    watch.look()
    assert len(lane.errands) == 1
    lane.errands.clear()
    errand.ended({"event": "result", "next_seconds": 3600.0, "trouble": "No network."})
    assert len(requests.settled) == 1
    watch.look()
    assert lane.errands == []
    assert watch.status() == {"waiting": 1, "next_attempt_seconds": 3600, "trouble": "No network."}


def test_what_is_due_at_once_is_not_tried_again_at_once(scene) -> None:
    watch, lane, _, folder = scene
    (folder / "bundle").mkdir(parents=True)
    watch.look()
    errand = lane.errands.pop()
    errand.ended({"event": "result", "next_seconds": 0.0})
    watch.look()
    assert lane.errands == []
    assert 0 < watch.status()["next_attempt_seconds"] <= 5


def test_a_request_whose_bundle_left_by_another_way_is_a_reason(scene) -> None:
    watch, lane, requests, folder = scene
    folder.mkdir()
    requests.uploading = ["r1"]
    watch.look()
    assert lane.errands[0].arguments == {"requests": ["r1"], "withdrawn": []}


def test_an_errand_that_failed_is_tried_later_and_told(scene) -> None:
    watch, lane, requests, folder = scene
    (folder / "bundle").mkdir(parents=True)
    watch.look()
    lane.errands.pop().ended({"event": "failed", "sentence": "The disk is full."})
    assert requests.settled == []
    assert watch.status()["trouble"] == "The disk is full."
    assert watch.status()["next_attempt_seconds"] == 600


def test_what_was_withdrawn_is_told_so_that_it_does_not_leave(scene) -> None:
    watch, lane, requests, folder = scene
    (folder / "bundle").mkdir(parents=True)
    requests.withdrawn.append("bundle")
    watch.look()
    assert lane.errands[0].arguments == {"requests": [], "withdrawn": ["bundle"]}
