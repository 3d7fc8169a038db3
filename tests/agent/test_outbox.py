"""The outbox: a bundle in it is complete, owner-only, counted, and there until its receipt is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.delivery_progress import Delivering
from agent.errors import Busy, StorageError, UsageError
from agent.flow import Archive, Consent, Receipt, TicketDraft
from agent.outbox import Entry, Outbox
from agent.sealed_archive import Unreadable
from config.private_files import is_open_to_others

ENDPOINT = "desk:https://desk.example"


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state", 10**6)


@pytest.fixture
def queue(
    outbox: Outbox, make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]
) -> Callable[..., Entry]:
    """Puts a new bundle into the outbox."""

    def put(target: TicketDraft | str = "7", endpoint: str = ENDPOINT, archive: Archive | None = None) -> Entry:
        made = archive or make_archive()
        return outbox.put(made, target, agree(made), endpoint, "scope of 7")

    return put


def opened(entry: Entry) -> bytes:
    with entry.archive.open() as stream:
        return stream.read()


def receipt_of(entry: Entry, number: str = "7") -> Receipt:
    return Receipt(
        bundle_id=entry.bundle_id,
        endpoint=entry.endpoint,
        ticket=number,
        link="https://desk.example/7",
        sha256=entry.archive.sha256,
        size_bytes=entry.archive.size_bytes,
        delivered_at=datetime.now(UTC),
        consent=entry.consent,
        pseudonym_scope=entry.pseudonym_scope,
    )


def test_a_new_outbox_is_empty(outbox: Outbox) -> None:
    assert (outbox.entries(), outbox.damaged(), outbox.receipts()) == ([], [], [])


def test_put_takes_the_file_over(
    outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    """The same bytes are in the outbox, and no longer where they were."""
    archive = make_archive()
    data = archive.file.read_bytes()
    entry = queue(archive=archive)
    assert opened(entry) == data
    assert entry.archive.file.read_bytes() != data
    assert not archive.file.exists()
    assert outbox.entries() == [entry]


def test_a_file_that_a_person_has_open_is_queued_all_the_same(
    outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to remove it; it lies in a folder that whoever made it removes."""

    def refuse(_: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, "in use")

    archive = make_archive()
    monkeypatch.setattr(Path, "unlink", refuse)
    assert queue(archive=archive).archive.sha256 == archive.sha256
    assert archive.file.exists()


def test_a_draft_and_a_number_are_kept_apart(
    queue: Callable[..., Entry], make_archive: Callable[..., Archive], draft_for: Callable[[Archive], TicketDraft]
) -> None:
    archive = make_archive()
    draft = draft_for(archive)
    new, known = queue(draft, archive=archive), queue("12")
    assert (new.draft, new.ticket) == (draft, None)
    assert (known.draft, known.ticket) == (None, "12")


def test_everything_is_for_the_owner_alone(
    tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    outbox.record(receipt_of(queue()))
    queue()
    found = [path for folder in ("outbox", "receipts") for path in (tmp_path / "state" / folder).rglob("*")]
    assert len(found) >= 4
    assert [path for path in found if is_open_to_others(path)] == []


def test_the_same_bundle_again_is_the_entry_that_waits(
    outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    archive = make_archive()
    data = archive.file.read_bytes()
    first = queue(archive=archive)
    archive.file.write_bytes(data)
    assert queue(archive=archive) == first
    assert outbox.entries() == [first]


def test_another_bundle_of_an_id_that_waits_is_refused(
    queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    first = make_archive()
    queue(archive=first)
    other = dataclasses.replace(make_archive(b"other"), bundle_id=first.bundle_id)
    with pytest.raises(StorageError, match="Another bundle"):
        queue(archive=other)
    assert other.file.read_bytes() == b"other"


def test_a_bundle_that_changed_since_it_was_shown_is_not_queued(
    tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    archive = make_archive(b"agreed")
    archive.file.write_bytes(b"change")
    with pytest.raises(StorageError, match="changed"):
        queue(archive=archive)
    assert outbox.entries() == []
    assert [path for path in (tmp_path / "state" / "outbox").iterdir() if path.is_dir()] == []


def test_a_lost_key_keeps_no_new_bundle_away(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    """The next bundle gets a new key; the old one is there still, and says what is the matter."""
    old = queue()
    (tmp_path / "state" / "outbox-key").unlink()
    with pytest.raises(Unreadable, match="lost"):
        opened(old)
    new = queue()
    assert opened(new)
    with pytest.raises(Unreadable, match="another key"):
        opened(old)
    assert outbox.entries() == [old, new]


def test_a_damaged_key_is_told_and_not_written_over(tmp_path: Path, queue: Callable[..., Entry]) -> None:
    queue()
    (tmp_path / "state" / "outbox-key").write_bytes(b"short")
    with pytest.raises(StorageError, match="damaged"):
        queue()
    assert (tmp_path / "state" / "outbox-key").read_bytes() == b"short"


def test_an_open_archive_of_an_older_program_is_still_an_entry(
    outbox: Outbox, queue: Callable[..., Entry], make_archive: Callable[..., Archive]
) -> None:
    archive = make_archive()
    data = archive.file.read_bytes()
    folder = queue(archive=archive).archive.file.parent
    (folder / "archive.sealed").unlink()
    (folder / "archive.7z").write_bytes(data)
    (entry,) = outbox.entries()
    assert (type(entry.archive), opened(entry)) == (Archive, data)


def test_others_see_how_far_a_delivery_is(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    told, other = Delivering(bundle_id=queue().bundle_id, sent_bytes=1, total_bytes=2), Outbox(tmp_path / "state", 1)
    with outbox.lock():
        outbox.note_progress(told)
        assert other.delivering() == told
    assert other.delivering() is None


def test_an_update_is_what_is_read_afterwards(outbox: Outbox, queue: Callable[..., Entry]) -> None:
    changed = dataclasses.replace(queue(), attempts=3, last_error="no network", quarantined="closed")
    outbox.update(changed)
    assert outbox.entry(changed.bundle_id) == changed


def test_entries_come_oldest_first(outbox: Outbox, queue: Callable[..., Entry]) -> None:
    made = [queue() for _ in range(3)]
    assert outbox.entries() == made


@pytest.mark.parametrize("damage", ["no file", "no archive", "not json", "cut archive", "foreign id"])
def test_a_damaged_entry_is_reported_and_does_not_hide_others(
    outbox: Outbox, queue: Callable[..., Entry], damage: str
) -> None:
    broken, whole = queue(), queue()
    folder = broken.archive.file.parent
    if damage == "no file":
        (folder / "delivery.json").unlink()
    elif damage == "no archive":
        broken.archive.file.unlink()
    elif damage == "not json":
        (folder / "delivery.json").write_bytes(b"\x00" * 100)
    elif damage == "cut archive":
        broken.archive.file.write_bytes(b"7z")
    else:
        (folder / "delivery.json").write_bytes((whole.archive.file.parent / "delivery.json").read_bytes())
    assert outbox.entries() == [whole]
    (found,) = outbox.damaged()
    assert found.name == broken.bundle_id
    assert found.reason
    with pytest.raises(UsageError):
        outbox.entry(broken.bundle_id)
    outbox.drop(broken.bundle_id)
    assert outbox.damaged() == []
    assert [record.bundle_id for record in outbox.dropped()] == [broken.bundle_id]


@pytest.mark.parametrize("bundle_id", ["", ".", "..", "../receipts", "/etc", "no-such-bundle", ".put.lock"])
def test_only_what_waits_can_be_dropped(outbox: Outbox, queue: Callable[..., Entry], bundle_id: str) -> None:
    """An id that is no entry's, or a path, drops nothing."""
    entry = queue()
    with pytest.raises(UsageError):
        outbox.drop(bundle_id)
    assert outbox.entries() == [entry]


def test_a_receipt_stays_and_its_entry_goes(outbox: Outbox, queue: Callable[..., Entry]) -> None:
    entry = queue()
    receipt = receipt_of(entry)
    outbox.record(receipt)
    assert outbox.entries() == []
    assert outbox.receipts() == [receipt]
    assert outbox.receipt(entry.bundle_id) == receipt
    assert outbox.receipt("another") is None


def test_an_entry_with_a_receipt_is_cleaned_up(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    """Killed after the receipt and before the removal: the next start removes the entry."""
    entry = queue()
    other = Outbox(tmp_path / "elsewhere", 10**6)
    other.record(receipt_of(entry))
    name = f"{entry.bundle_id}.json"
    (tmp_path / "state" / "receipts").mkdir(mode=0o700)
    (tmp_path / "elsewhere" / "receipts" / name).rename(tmp_path / "state" / "receipts" / name)
    with outbox.lock():
        assert outbox.entries() == []


def test_left_overs_of_killed_processes_are_swept(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    entry = queue()
    left = tmp_path / "state" / "outbox" / ".partial-1"
    left.mkdir(mode=0o700)
    (left / "archive.7z").write_bytes(b"half")
    with outbox.lock():
        assert not left.exists()
        assert outbox.entries() == [entry]


def test_there_is_one_deliverer(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    """While one delivers, another is told, nothing can be dropped, and bundles can still be put."""
    entry = queue()
    with outbox.lock():
        with pytest.raises(Busy), Outbox(tmp_path / "state", 10**6).lock():
            pass
        with pytest.raises(Busy):
            outbox.drop(entry.bundle_id)
        queue()
    assert len(outbox.entries()) == 2


def test_a_damaged_receipt_is_reported(tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry]) -> None:
    receipt = receipt_of(queue())
    outbox.record(receipt)
    (tmp_path / "state" / "receipts" / "x.json").write_bytes(b"{")
    assert outbox.receipts() == [receipt]
    assert [found.name for found in outbox.damaged_receipts()] == ["x"]
    assert outbox.damaged() == []


def test_the_scope_of_a_ticket_is_that_of_its_earlier_bundles(outbox: Outbox, queue: Callable[..., Entry]) -> None:
    """Found from receipts and from what waits, by any spelling of address and number; other tickets have none."""
    outbox.record(receipt_of(queue(), "7"))
    queue("#8")
    for number in ("7", "#7", "8"):
        assert outbox.scope_of("desk:HTTPS://desk.example:443/", number) == "scope of 7"
    assert outbox.scope_of(ENDPOINT, "9") is None
    assert outbox.scope_of("desk:https://other.example", "7") is None
