"""Two processes at one entry: one delivers it while another sweeps or looks for room, and neither fails of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent import file_lock
from agent.delivery_ledger import Ledger
from agent.events import Event
from agent.flow import Archive, Consent, Receipt
from agent.outbox import Entry, Outbox
from tests.agent.test_outbox import outbox, queue, receipt_of

__all__ = ["outbox", "queue"]  # fixtures


def test_a_put_sweeps_while_another_process_lets_the_entry_go(
    tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw the entry and its receipt; before it removes the one, the deliverer has."""
    delivered, settled = queue(), Ledger.settled

    def settled_and_gone(ledger: Ledger, *words: object) -> set[str]:
        monkeypatch.setattr(Ledger, "settled", settled)
        Outbox(tmp_path / "state", 10**6).record(receipt_of(delivered))
        return {delivered.bundle_id}

    monkeypatch.setattr(Ledger, "settled", settled_and_gone)
    entry = queue()
    assert outbox.entries() == [entry]


def test_a_deliverer_lets_an_entry_go_that_a_put_has_swept(
    tmp_path: Path,
    outbox: Outbox,
    queue: Callable[..., Entry],
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The receipt is on the disk, and so another process removes the entry before the deliverer does."""
    delivered, other = queue(), make_archive()
    waits = Outbox._waits

    def waits_until_it_is_swept(box: Outbox, bundle_id: str) -> bool:
        monkeypatch.setattr(Outbox, "_waits", waits)
        found = box._waits(bundle_id)
        Outbox(tmp_path / "state", 10**6).put(other, "8", agree(other), "folder:/x", "scope of 8")
        return found

    monkeypatch.setattr(Outbox, "_waits", waits_until_it_is_swept)
    outbox.record(receipt_of(delivered))
    assert [entry.bundle_id for entry in outbox.entries()] == [other.bundle_id]
    assert outbox.receipt(delivered.bundle_id)


def test_what_goes_while_room_is_looked_for_takes_none(
    tmp_path: Path, outbox: Outbox, queue: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of its archive was listed, and then it was gone."""
    gone, glob = tmp_path / "state" / "outbox" / "gone" / "archive.sealed", Path.glob

    def listed(folder: Path, pattern: str) -> Iterator[Path]:
        yield from glob(folder, pattern)
        if pattern == "*/archive.*":
            yield gone

    monkeypatch.setattr(Path, "glob", listed)
    entry = queue()
    assert outbox.entries() == [entry]


def test_a_bundle_that_arrives_while_it_is_to_make_room_is_not_recorded_as_given_up(
    tmp_path: Path, queue: Callable[..., Entry], make_archive: Callable[..., Archive], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its delivery ends before the lock on deliveries is had."""
    entry, told, hold = queue(archive=make_archive(b"x" * 1000)), list[Event](), file_lock.hold
    full, receipt = Outbox(tmp_path / "state", 1500, drops_oldest=True), receipt_of(entry)

    @contextmanager
    def arrived_first(path: Path, busy: str, *, wait_seconds: float = 0.0) -> Iterator[None]:
        if path.name == ".deliver.lock":
            Outbox(tmp_path / "state", 1500).record(receipt)
        with hold(path, busy, wait_seconds=wait_seconds):
            yield

    monkeypatch.setattr(file_lock, "hold", arrived_first)
    archive = make_archive(b"y" * 1000)
    consent = dataclasses.replace(entry.consent, archive_sha256=archive.sha256)
    full.put(archive, "7", consent, entry.endpoint, "s", progress=told.append)
    assert (told, full.dropped()) == ([], [])
    assert [type(found) for found in full.receipts()] == [Receipt]
