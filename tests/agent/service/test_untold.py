"""What the desk has not heard: in order, once, and after its line in the audit."""

from pathlib import Path

from agent.service.children import Errand
from agent.service.records import Record, Records
from agent.service.untold import Untold

ID = "00000000-0000-4000-8000-000000000007"


class Lane:
    """Runs nothing; the test ends each errand."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any((each.name, each.about) == (name, about) for each in self.errands)


def no_log(sentence: str) -> None:
    raise AssertionError(sentence)


def test_it_is_told_in_order_after_its_line_in_the_audit(tmp_path: Path, monkeypatch) -> None:
    lane, woken = Lane(), []
    record = Record(request_id=ID, envelope="{}", received_at="2026-11-26T09:00:00Z", answered_by="jo")
    monkeypatch.setattr("agent.service.notes.now_text", lambda: "2026-11-26T09:01:00Z")
    untold = Untold(Records(tmp_path), lane, lambda: woken.append(True), no_log)
    untold.add(record, "declined", "Not\nhere\x1b.", note="request-declined")
    assert untold.next() is None
    assert untold.next() is None
    (errand,) = lane.errands
    line = {"what": "request-declined", "about": f"request {ID}", "detail": "jo: Not here."}
    assert errand.arguments == {**line, "at": "2026-11-26T09:01:00Z"}
    errand.ended({"event": "result", "audit_head": "ab"})
    telling = untold.next()
    assert telling is not None
    assert telling.value == {"state": "declined", "words": "Not here.", "bundle_id": None, "audit_head": "ab"}
    assert list(Records(tmp_path)) == [record]
    assert untold.was_heard(telling) is record
    assert (untold.next(), len(woken)) == (None, 2)


def test_a_line_that_a_version_before_left_to_be_written_is_written(tmp_path: Path) -> None:
    lane, records = Lane(), Records(tmp_path)
    old = {"state": "declined", "words": "No.", "bundle_id": None, "audit_head": "", "note": "request-declined"}
    record = Record(request_id=ID, envelope="{}", received_at="2026-11-26T09:00:00Z", untold=[old])
    records.save(record)
    untold = Untold(records, lane, lambda: None, no_log)
    assert untold.next() is None
    untold.write_notes()
    (errand,) = lane.errands
    assert (errand.arguments["what"], errand.arguments["detail"]) == ("request-declined", "No.")
    errand.ended({"event": "result", "audit_head": "ab"})
    telling = untold.next()
    assert telling is not None
    assert telling.value["audit_head"] == "ab"


def test_a_line_that_the_desk_is_told_nothing_of_does_not_pass_for_anothers(tmp_path: Path) -> None:
    lane = Lane()
    record = Record(request_id=ID, envelope="{}", received_at="2026-11-26T09:00:00Z")
    untold = Untold(Records(tmp_path), lane, lambda: None, no_log)
    untold.note(record, "request-expired", "The desk says so.")
    untold.add(record, "failed", "No.", note="request-failed")
    for head in ("ab", "cd"):
        assert untold.next() is None
        lane.errands.pop(0).ended({"event": "result", "audit_head": head})
    telling = untold.next()
    assert telling is not None
    assert telling.value["audit_head"] == "cd"
