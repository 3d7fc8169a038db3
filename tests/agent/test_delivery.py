"""Delivery: one attachment, one receipt, and every failure told with the entry in the right state."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.delivery import Quarantined, deliver, retry
from agent.endpoints import Connection, Endpoint, UploadProgress
from agent.endpoints.folder import FolderEndpoint
from agent.errors import (
    AgentError,
    Busy,
    ClosedTicket,
    ConfigError,
    EndpointError,
    NotEnrolled,
    StorageError,
    TooLarge,
    UnknownTicket,
    Unreachable,
)
from agent.events import Delivered, Event, Uploading, ignore_progress
from agent.flow import Archive, Consent, Queued, Receipt, Ticket, TicketDraft
from agent.outbox import Entry, Outbox


class FailingEndpoint(FolderEndpoint):
    """A folder that fails once, before or after it has acted."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.fail_before: AgentError | None = None
        self.fail_after: AgentError | None = None

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        if self.fail_before is not None:
            raise self.fail_before
        link = super().attach(ticket, archive, consent, progress)
        if self.fail_after is not None:
            raise self.fail_after
        return link


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def endpoint(tmp_path: Path, share: Path) -> FailingEndpoint:
    return FailingEndpoint(Connection(address=str(share), credential_file=tmp_path / "device"))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state", 10**8)


@pytest.fixture
def queue(
    outbox: Outbox,
    share: Path,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    draft_for: Callable[[Archive], TicketDraft],
) -> Callable[..., Entry]:
    """Puts a bundle into the outbox: for a new ticket, or for a number."""

    def put(number: str | None = None) -> Entry:
        archive = make_archive()
        return outbox.put(archive, number or draft_for(archive), agree(archive), f"folder:{share}", "scope")

    return put


def stored(share: Path) -> list[str]:
    return sorted(path.relative_to(share).as_posix() for path in share.rglob("*.7z"))


def test_a_new_ticket_is_opened_and_gets_the_bundle(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    entry, events = queue(), list[Event]()
    receipt = deliver(entry, outbox, endpoint, events.append)
    assert stored(share) == [f"ticket-000001/{entry.bundle_id}.7z"]
    assert (receipt.ticket, receipt.sha256, receipt.consent) == ("1", entry.archive.sha256, entry.consent)
    assert (outbox.entries(), outbox.receipts()) == ([], [receipt])
    assert events[-1] == Delivered(receipt=receipt)
    assert isinstance(events[0], Uploading)


def test_a_bundle_joins_a_ticket_that_is_there(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    deliver(queue(), outbox, endpoint, ignore_progress)
    assert deliver(queue("#1"), outbox, endpoint, ignore_progress).ticket == "1"
    assert len(stored(share)) == 2
    assert len(endpoint.tickets()) == 1


def test_delivered_before_is_delivered(outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]) -> None:
    """An entry in hand that another process has delivered in the meantime gives that receipt."""
    entry = queue()
    receipt = deliver(entry, outbox, endpoint, ignore_progress)
    assert deliver(entry, outbox, endpoint, ignore_progress) == receipt


def test_a_lost_answer_is_one_ticket_and_one_attachment(
    share: Path, outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """The endpoint acted but its answer was lost: the repetition finds the work done."""
    entry = queue()
    endpoint.fail_after = Unreachable("cut off")
    with pytest.raises(Unreachable):
        deliver(entry, outbox, endpoint, ignore_progress)
    waiting = outbox.entry(entry.bundle_id)
    assert (waiting.ticket, waiting.attempts, waiting.last_error) == ("1", 1, "cut off")
    endpoint.fail_after = None
    (receipt,) = retry(outbox, lambda address: endpoint, ignore_progress)
    assert isinstance(receipt, Receipt)
    assert len(stored(share)) == len(endpoint.tickets()) == 1


@pytest.mark.parametrize("trouble", [Unreachable("no network"), NotEnrolled("revoked")])
def test_what_may_pass_keeps_waiting(
    outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry], trouble: AgentError
) -> None:
    """No network, or a device that must be enrolled again, is no reason to give a bundle up."""
    entry, events = queue(), list[Event]()
    endpoint.fail_before = trouble
    for attempt in (1, 2):
        outcome = retry(outbox, lambda address: endpoint, events.append)
        assert outcome == [Queued(bundle_id=entry.bundle_id, reason=str(trouble))]
        assert outbox.entry(entry.bundle_id).attempts == attempt
    assert events == [Queued(bundle_id=entry.bundle_id, reason=str(trouble))] * 2
    endpoint.fail_before = None
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress)[0], Receipt)


@pytest.mark.parametrize(
    "trouble", [ClosedTicket("closed"), TooLarge("too large"), EndpointError("conflict"), UnknownTicket("gone")]
)
def test_what_cannot_pass_is_quarantined(
    outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry], trouble: AgentError
) -> None:
    """The bundle stays, with the reason, and is not sent again and again; a person may still deliver it."""
    entry = queue()
    endpoint.fail_before = trouble
    with pytest.raises(type(trouble)):
        deliver(entry, outbox, endpoint, ignore_progress)
    endpoint.fail_before = None
    quarantined = [Quarantined(bundle_id=entry.bundle_id, reason=str(trouble))]
    assert retry(outbox, lambda address: endpoint, ignore_progress) == quarantined
    assert outbox.entry(entry.bundle_id).quarantined == str(trouble)
    assert deliver(entry, outbox, endpoint, ignore_progress).bundle_id == entry.bundle_id


def test_an_unknown_number_is_quarantined(outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]) -> None:
    """No ticket is opened for a number that is none."""
    entry = queue("404")
    with pytest.raises(UnknownTicket):
        deliver(entry, outbox, endpoint, ignore_progress)
    assert "404" in (outbox.entry(entry.bundle_id).quarantined or "")
    assert endpoint.tickets() == []


def test_a_bundle_that_changed_is_never_sent(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    """Only the bytes that were agreed to leave: others are refused before a ticket is even opened."""
    entry = queue()
    data = entry.archive.file.read_bytes()
    entry.archive.file.write_bytes(data[:-1] + b"!")
    with pytest.raises(StorageError, match="agreed to"):
        deliver(entry, outbox, endpoint, ignore_progress)
    assert (stored(share), endpoint.tickets()) == ([], [])
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress)[0], Quarantined)


def test_consent_to_other_bytes_is_no_consent(
    outbox: Outbox, endpoint: Endpoint, make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]
) -> None:
    archive = make_archive()
    entry = outbox.put(
        archive, "1", dataclasses.replace(agree(archive), archive_sha256="0" * 64), "folder:/nowhere", "scope"
    )
    with pytest.raises(StorageError, match="agreed to"):
        deliver(entry, outbox, endpoint, ignore_progress)


def test_one_bad_entry_does_not_keep_the_others(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    """Each entry is tried once, and damaged ones are told at the end."""
    unknown, damaged, good = queue("404"), queue(), queue()
    (damaged.archive.file.parent / "delivery.json").write_bytes(b"?")
    first, second, third = retry(outbox, lambda address: endpoint, ignore_progress)
    assert isinstance(first, Quarantined)
    assert isinstance(second, Receipt)
    assert isinstance(third, Quarantined)
    assert [first.bundle_id, second.bundle_id, third.bundle_id] == [
        unknown.bundle_id,
        good.bundle_id,
        damaged.bundle_id,
    ]


def test_an_endpoint_that_cannot_be_made_keeps_the_entry(outbox: Outbox, queue: Callable[..., Entry]) -> None:
    """A configuration that is broken today may be mended tomorrow."""
    entry = queue()

    def broken(address: str) -> Endpoint:
        raise ConfigError("ca_file holds no certificates")

    assert retry(outbox, broken, ignore_progress) == [
        Queued(bundle_id=entry.bundle_id, reason="ca_file holds no certificates")
    ]
    assert outbox.entry(entry.bundle_id).last_error == "ca_file holds no certificates"


def test_a_surprise_in_one_entry_does_not_keep_the_others(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    """A mistake of ours, or an answer nobody foresaw, keeps that bundle waiting and lets the next one go."""
    surprising, good = queue(), queue()
    endpoints = iter([None, endpoint])
    first, second = retry(outbox, lambda address: next(endpoints), ignore_progress)  # type: ignore[arg-type,return-value]  # the surprise
    assert first == Queued(bundle_id=surprising.bundle_id, reason="Something unexpected happened (AttributeError).")
    assert isinstance(second, Receipt)
    assert second.bundle_id == good.bundle_id


def test_an_entry_that_cannot_be_written_does_not_keep_the_others(
    outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk refuses what is to be noted of it, be it in quarantine or due."""
    stuck, hopeless, good = queue(), queue(), queue()
    outbox.update(dataclasses.replace(hopeless, quarantined="closed"))
    update = Outbox.update

    def refuse(box: Outbox, entry: Entry) -> Entry:
        if entry.bundle_id != good.bundle_id:
            raise StorageError("the disk is full")
        return update(box, entry)

    monkeypatch.setattr(Outbox, "update", refuse)
    first, second, third = retry(outbox, lambda address: endpoint, ignore_progress)
    assert first == Queued(bundle_id=stuck.bundle_id, reason="the disk is full")
    assert second == Quarantined(bundle_id=hopeless.bundle_id, reason="the disk is full")
    assert isinstance(third, Receipt)


def test_what_arrives_is_not_sealed(
    share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    entry = queue()
    deliver(entry, outbox, endpoint, ignore_progress)
    arrived = (share / stored(share)[0]).read_bytes()
    assert arrived.startswith(b"7z\xbc\xaf\x27\x1c")
    assert hashlib.sha256(arrived).hexdigest() == entry.archive.sha256


def test_one_waits_for_another_that_is_soon_done(
    outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    entry = queue()
    with ThreadPoolExecutor() as pool:
        with outbox.lock():
            second = pool.submit(deliver, entry, outbox, endpoint, ignore_progress)
            with pytest.raises(TimeoutError):
                second.result(0.3)
        assert second.result(60).bundle_id == entry.bundle_id


def test_two_deliverers_do_not_meet(
    outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.delivery.PATIENCE_SECONDS", 0.1)
    entry = queue()
    with outbox.lock():
        with pytest.raises(Busy):
            deliver(entry, outbox, endpoint, ignore_progress)
        with pytest.raises(Busy):
            retry(outbox, lambda address: endpoint, ignore_progress)
