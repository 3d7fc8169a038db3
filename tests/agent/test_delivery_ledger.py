"""Receipts and the records of what was given up: they stay, and a damaged one hides no other."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import delivery_ledger
from agent.delivery_ledger import Ledger, make_lasting_folder
from agent.delivery_records import Dropped
from agent.errors import StorageError
from agent.flow import Consent, Receipt
from config.private_files import is_open_to_others, read_private

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
RECEIPT = Receipt(
    bundle_id="delivered",
    endpoint="folder:/x",
    ticket="7",
    link="file:///x",
    sha256="a",
    size_bytes=1,
    delivered_at=NOW,
    consent=Consent(archive_sha256="a", given_by="jo", how="asked", given_at=NOW),
    pseudonym_scope="s",
)
DROPPED = Dropped(
    bundle_id="dropped",
    endpoint="folder:/x",
    ticket=None,
    size_bytes=1,
    sha256="a",
    queued_at=NOW,
    attempts=3,
    dropped_at=NOW,
    reason="too old",
)

IDS = {"delivered", "dropped"}


def test_both_kinds_are_kept_apart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert (ledger.receipts(), ledger.dropped(), ledger.settled(IDS)) == ([], [], set())
    ledger.write(RECEIPT)
    ledger.write(DROPPED)
    again = Ledger(tmp_path)
    assert (again.receipts(), again.dropped(), again.settled(IDS)) == ([RECEIPT], [DROPPED], IDS)


def test_the_newest_comes_first(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    later = dataclasses.replace(DROPPED, bundle_id="a later one", dropped_at=NOW.replace(hour=13))
    for record in (DROPPED, later):
        ledger.write(record)
    assert ledger.dropped() == [later, DROPPED]


def test_a_damaged_record_settles_nothing(tmp_path: Path) -> None:
    """A bundle whose receipt cannot be read stays until it has a good one."""
    ledger = Ledger(tmp_path)
    ledger.write(RECEIPT)
    (tmp_path / "receipts" / "x.json").write_bytes(b"{")
    assert ledger.settled({"delivered", "x"}) == {"delivered"}
    assert ledger.receipt("x") is None
    assert [found.name for found in ledger.damaged_receipts()] == ["x"]


def test_of_one_bundle_no_other_records_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They become thousands over the years, and each put and each delivery asks."""
    ledger, opened = Ledger(tmp_path), list[str]()
    for number in range(5):
        ledger.write(dataclasses.replace(RECEIPT, bundle_id=f"old-{number}"))
        ledger.write(dataclasses.replace(DROPPED, bundle_id=f"lost-{number}"))

    def read(file: Path) -> bytes:
        opened.append(file.stem)
        return read_private(file)

    monkeypatch.setattr(delivery_ledger, "read_private", read)
    assert ledger.settled({"old-1", "lost-2", "waits"}) == {"old-1", "lost-2"}
    assert ledger.receipt("old-3") == dataclasses.replace(RECEIPT, bundle_id="old-3")
    assert ledger.receipt("../receipts/old-3") is None
    assert sorted(opened) == ["lost-2", "old-1", "old-3"]


def test_what_was_half_written_is_swept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.write(DROPPED)
    (tmp_path / "dropped" / ".x.json.123.new").write_bytes(b"{")
    ledger.sweep()
    assert [file.name for file in (tmp_path / "dropped").iterdir()] == ["dropped.json"]


def test_what_others_hide_there_is_left_alone(tmp_path: Path) -> None:
    """A folder of a sync program cannot be unlinked, and would end every delivery."""
    ledger = Ledger(tmp_path)
    ledger.write(RECEIPT)
    (tmp_path / "receipts" / ".sync").mkdir()
    (tmp_path / "receipts" / ".DS_Store").write_bytes(b"x")
    ledger.sweep()
    assert sorted(found.name for found in (tmp_path / "receipts").glob(".*")) == [".DS_Store", ".sync"]
    assert ledger.receipts() == [RECEIPT]


def test_a_folder_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o755)
    make_lasting_folder(folder)
    assert not is_open_to_others(folder)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        make_lasting_folder(tmp_path / "file" / "below")
