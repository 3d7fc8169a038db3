"""Which bundle is tried when, which is given up, and which waits for its key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.delivery import Quarantined, retry
from agent.endpoints import Connection, Endpoint, UploadProgress
from agent.endpoints.folder import FolderEndpoint
from agent.errors import AgentError, Unreachable
from agent.events import Event, GivenUp, ignore_progress
from agent.flow import Archive, Consent, Queued, Receipt, Ticket, TicketDraft
from agent.outbox import Entry, Outbox


class FailingEndpoint(FolderEndpoint):
    """A folder that fails as long as it is told to."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.fail_before: AgentError | None = None

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        if self.fail_before is not None:
            raise self.fail_before
        return super().attach(ticket, archive, consent, progress)


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
    return sorted(str(path.relative_to(share)) for path in share.rglob("*.7z"))


def test_an_endpoint_that_asks_to_wait_is_not_asked_before(
    outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """Neither for the other bundles of this run nor in the next run; a person may still insist on one."""
    first, second = queue(), queue()
    endpoint.fail_before = Unreachable("busy", wait_seconds=3600)
    outcomes = retry(outbox, lambda address: endpoint, ignore_progress)
    assert all(isinstance(outcome, Queued) for outcome in outcomes)
    assert [entry.attempts for entry in outbox.entries()] == [1, 0]
    endpoint.fail_before = None
    again = retry(outbox, lambda address: endpoint, ignore_progress)
    assert [getattr(outcome, "reason", "")[:38] for outcome in again] == ["The ticketing side asked to wait until"] * 2
    (receipt,) = retry(outbox, lambda address: endpoint, ignore_progress, only=second.bundle_id)
    assert isinstance(receipt, Receipt)
    assert [entry.bundle_id for entry in outbox.entries()] == [first.bundle_id]


def test_a_clock_that_went_back_forgets_the_wait(
    outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """It was tried "tomorrow", with a wait: after the clock was set right it is tried at once."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    outbox.update(dataclasses.replace(queue(), seen_at=tomorrow, wait_seconds=3600.0, asked_to_wait=True))
    (receipt,) = retry(outbox, lambda address: endpoint, ignore_progress, due_only=True)
    assert isinstance(receipt, Receipt)


def test_only_what_is_due_is_tried_by_itself(
    outbox: Outbox, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """After a failure a bundle has its time of rest; a person's retry does not heed it."""
    queue()
    endpoint.fail_before = Unreachable("no network")
    assert len(retry(outbox, lambda address: endpoint, ignore_progress, due_only=True)) == 1
    assert retry(outbox, lambda address: endpoint, ignore_progress, due_only=True) == []
    endpoint.fail_before = None
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress)[0], Receipt)


def test_what_waited_too_long_is_tried_once_more_and_then_given_up(
    tmp_path: Path, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """It is told, it leaves a record, and what can be delivered at the last moment is."""
    old, fortunate, hopeless = queue(), queue(), queue("404")
    outbox, events = Outbox(tmp_path / "state", 10**8, keep_seconds=86400), list[Event]()
    two_days_ago = datetime.now(UTC) - timedelta(days=2)
    for entry in (old, hopeless):
        outbox.update(dataclasses.replace(entry, queued_at=two_days_ago))
    endpoint.fail_before = Unreachable("no network")
    first, second, third = retry(outbox, lambda address: endpoint, events.append)
    assert isinstance(first, GivenUp)
    assert isinstance(second, GivenUp)
    assert isinstance(third, Queued)
    assert events == [first, second, third]
    assert {record.bundle_id for record in outbox.dropped()} == {old.bundle_id, hopeless.bundle_id}
    outbox.update(dataclasses.replace(outbox.entry(fortunate.bundle_id), waited_seconds=10.0**6))
    endpoint.fail_before = None
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress)[0], Receipt)


def test_the_service_too_gives_up_what_waited_too_long_in_quarantine(
    tmp_path: Path, endpoint: FailingEndpoint, queue: Callable[..., Entry]
) -> None:
    """It is looked at once a day, and not sent; another one stays."""
    outbox, events = Outbox(tmp_path / "state", 10**8, keep_seconds=86400), list[Event]()
    old, young = (outbox.update(dataclasses.replace(queue(), quarantined="closed")) for _ in range(2))
    outbox.update(dataclasses.replace(old, queued_at=datetime.now(UTC) - timedelta(days=2)))
    given_up, kept = retry(outbox, lambda address: pytest.fail("sent"), events.append, due_only=True)
    assert events == [given_up]
    assert isinstance(given_up, GivenUp)
    assert isinstance(kept, Quarantined)
    assert [record.bundle_id for record in outbox.dropped()] == [old.bundle_id]
    assert [entry.bundle_id for entry in outbox.entries()] == [young.bundle_id]
    assert retry(outbox, lambda address: endpoint, ignore_progress, due_only=True) == []


def test_a_lost_key_quarantines_and_a_found_one_delivers(
    tmp_path: Path, share: Path, outbox: Outbox, endpoint: Endpoint, queue: Callable[..., Entry]
) -> None:
    entry, key_file = queue(), tmp_path / "state" / "outbox-key"
    key_file.rename(tmp_path / "backup")
    (outcome,) = retry(outbox, lambda address: endpoint, ignore_progress)
    assert isinstance(outcome, Quarantined)
    assert "key" in outcome.reason
    assert (stored(share), endpoint.tickets()) == ([], [])
    (tmp_path / "backup").rename(key_file)
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress)[0], Quarantined)
    assert isinstance(retry(outbox, lambda address: endpoint, ignore_progress, only=entry.bundle_id)[0], Receipt)
