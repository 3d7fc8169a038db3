"""Lines of the audit that wait: each is written, once, in order, whatever failed before."""

from pathlib import Path

import pytest

from agent.service.children import Errand, Event
from agent.service.notes import Notes
from agent.service.records import Record, Records

IDS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]


class Audit:
    """Runs nothing; the test lets it take lines, or not."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.lines: list[tuple[str, str]] = []

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any((each.name, each.about) == (name, about) for each in self.errands)

    def fail(self) -> None:
        self.errands.pop().ended({"event": "failed", "sentence": "The disk is full."})

    def take_all(self) -> None:
        while self.errands:
            (errand,) = self.errands
            self.errands.clear()
            self.lines.append((errand.arguments["about"][-1], errand.arguments["what"]))
            errand.ended(Event(event="result", audit_head=str(len(self.lines))))


@pytest.fixture
def audit() -> Audit:
    return Audit()


class Scene:
    """The lines of three requests."""

    def __init__(self, state: Path, audit: Audit) -> None:
        self.logged, self.written, self.records = list[str](), list[tuple[str, str]](), Records(state)
        self.notes = Notes(self.records, audit, self._written, self.logged.append)

    def add(self, number: int, what: str, at: str) -> None:
        kept = self.records.get(IDS[number])
        record = kept or Record(request_id=IDS[number], envelope="{}", received_at=f"2026-11-26T09:0{number}:00Z")
        self.notes.add(record, what, "", is_told=what != "untold")
        record.notes[-1]["at"] = f"2026-11-26T10:00:{at}Z"
        self.records.save(record)

    def _written(self, record: Record, head: str) -> None:
        self.written.append((record.request_id[-1], head))
        self.records.save(record)


@pytest.fixture
def scene(tmp_path: Path, audit: Audit) -> Scene:
    return Scene(tmp_path, audit)


def test_what_was_not_taken_is_kept_and_tried_again_in_order(scene: Scene, audit: Audit, tmp_path: Path) -> None:
    scene.add(1, "later", "01")
    scene.add(0, "declined", "02")
    scene.add(1, "declined", "03")
    scene.notes.write()
    for _ in range(2):
        scene.notes.write()
        audit.fail()
        assert audit.errands == []
        scene.notes.write()
    assert scene.logged == ["The audit takes no line, which is tried again: The disk is full."]
    assert sum(len(record.notes) for record in Records(tmp_path)) == 3
    audit.take_all()
    assert audit.lines == [("1", "later"), ("0", "declined"), ("1", "declined")]
    assert not any(record.notes for record in Records(tmp_path))


def test_the_head_is_for_the_desk_where_it_is_told(scene: Scene, audit: Audit) -> None:
    scene.add(0, "untold", "01")
    scene.add(0, "declined", "02")
    scene.notes.write()
    audit.take_all()
    assert scene.written == [("0", ""), ("0", "2")]


def test_a_service_that_was_killed_finds_them(scene: Scene, audit: Audit, tmp_path: Path) -> None:
    scene.add(0, "declined", "01")
    later = Scene(tmp_path, audit)
    later.notes.write()
    audit.take_all()
    assert audit.lines == [("0", "declined")]


def test_an_ended_request_is_kept_until_its_lines_are_written(scene: Scene, audit: Audit, tmp_path: Path) -> None:
    scene.add(0, "declined", "01")
    (record,) = scene.records
    record.step = "ended"
    assert not record.is_over
    scene.notes.write()
    audit.take_all()
    assert record.is_over
