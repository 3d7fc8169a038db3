"""Records outlive the service; damaged ones are left alone; old ones go."""

import uuid
from pathlib import Path

import pytest

from agent.service.records import KEPT_ENDED, Record, Records, is_request_id


def record(number: int, **more: object) -> Record:
    values = {
        "request_id": str(uuid.UUID(int=number)),
        "envelope": "{}",
        "received_at": f"2026-11-26T09:{number:02}:00Z",
    }
    return Record(**{**values, **more})


def test_a_record_is_read_back_as_it_was(tmp_path: Path) -> None:
    kept = record(1, step="asking", exclude=["*.db"], untold=[{"state": "asking", "words": ""}])
    Records(tmp_path).save(kept)
    assert list(Records(tmp_path)) == [kept]


@pytest.mark.posix
def test_a_record_is_its_owners_alone(tmp_path: Path) -> None:
    Records(tmp_path).save(record(1))
    (file,) = (tmp_path / "service" / "requests").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_read_is_named_and_left_alone(tmp_path: Path) -> None:
    Records(tmp_path).save(record(1))
    for name, text in (("a.json", "{"), ("b.json", '{"step": 1}'), (".c.json.x.new", "{")):
        file = tmp_path / "service" / "requests" / name
        file.write_text(text)
        file.chmod(0o600)
    known = Records(tmp_path)
    assert known.damaged == ["a.json", "b.json"]
    assert len(list(known)) == 1
    assert sorted(file.name for file in (tmp_path / "service" / "requests").glob("?.json")) == ["a.json", "b.json"]


def test_the_oldest_that_are_ended_and_told_go(tmp_path: Path) -> None:
    known = Records(tmp_path)
    for number in range(KEPT_ENDED + 3):
        untold = [{"state": "done"}] if number == 0 else []
        known.save(record(number, step="ended", untold=untold))
    numbers = [uuid.UUID(each.request_id).int for each in Records(tmp_path)]
    assert numbers == [0, *range(3, KEPT_ENDED + 3)]


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "x" * 36, str(uuid.UUID(int=5)).upper() + "A", 7, None])
def test_nothing_but_an_id_becomes_a_files_name(text: object) -> None:
    assert not is_request_id(text)
    assert is_request_id("4f0f6f0e-6a3a-4b3e-8d3a-0a8e5f5f5f5f")


def test_what_the_disk_does_not_take_has_not_happened(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "full")

    known, kept = Records(tmp_path), record(1, step="asking")
    known.save(kept)
    monkeypatch.setattr("agent.service.records.write_private", full)
    kept.step = "waiting"
    kept.untold.append({"state": "asking"})
    with pytest.raises(OSError, match="full"):
        known.save(kept)
    assert (kept.step, kept.untold) == ("asking", [])
    with pytest.raises(OSError, match="full"):
        known.save(record(2))
    assert list(known) == list(Records(tmp_path)) == [kept]
