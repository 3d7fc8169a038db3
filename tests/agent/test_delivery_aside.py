"""A bundle whose ticket is gone, at an endpoint that keeps such aside: left there once, told, and found again."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from agent.delivery import Quarantined, deliver, retry
from agent.endpoints import Connection, KeptAside, UploadProgress
from agent.endpoints.desk import DeskEndpoint, enroll
from agent.errors import AgentError, EndpointError, NotEnrolled, UnknownTicket, Unreachable
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Receipt, TicketDraft
from agent.outbox import Entry, Outbox
from tests.agent.test_delivery import FailingEndpoint, outbox, queue, share
from tests.contracts.conftest import RunningDesk, running_desk

__all__ = ["outbox", "queue", "running_desk", "share"]  # fixtures


class Keeping(FailingEndpoint):
    """A folder that keeps bundles aside whose ticket is gone."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.kept: KeptAside | AgentError = KeptAside(until="2026-12-26", ticket=None, link="")
        self.asked: list[str] = []

    def keep_aside(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> KeptAside:
        self.asked.append(number)
        if isinstance(self.kept, AgentError):
            raise self.kept
        return self.kept


@pytest.fixture
def keeping(tmp_path: Path, share: Path) -> Keeping:
    return Keeping(Connection(address=str(share), credential_file=tmp_path / "device"))


def test_a_bundle_whose_ticket_is_gone_is_left_aside_and_not_sent_again(
    outbox: Outbox, keeping: Keeping, queue: Callable[..., Entry]
) -> None:
    """Also when the ticket goes after it was looked up, and when it was opened for this bundle."""
    for number, trouble in (("404", None), (None, UnknownTicket("gone"))):
        entry = queue(number)
        keeping.fail_before = trouble
        with pytest.raises(UnknownTicket, match="kept there without a ticket until 2026-12-26"):
            deliver(entry, outbox, keeping, ignore_progress)
        waiting = outbox.entry(entry.bundle_id)
        assert entry.archive.sha256 in (waiting.quarantined or "")
        assert waiting.kept_until == "2026-12-26"
    assert keeping.asked == ["404", "1"]
    assert {type(outcome) for outcome in retry(outbox, lambda address: keeping, ignore_progress)} == {Quarantined}
    assert keeping.asked == ["404", "1"]


def test_a_bundle_that_support_put_on_another_ticket_is_delivered(
    outbox: Outbox, keeping: Keeping, queue: Callable[..., Entry]
) -> None:
    deliver(queue(), outbox, keeping, ignore_progress)
    entry = queue("404")
    keeping.kept = KeptAside(until="", ticket="1", link="https://desk.example/bundles/x")
    (receipt,) = retry(outbox, lambda address: keeping, ignore_progress, only=entry.bundle_id)
    assert isinstance(receipt, Receipt)
    assert (receipt.ticket, receipt.link) == ("1", "https://desk.example/bundles/x")
    assert outbox.entries() == []


@pytest.mark.parametrize(
    ("trouble", "waits"), [(Unreachable("down"), True), (NotEnrolled("who?"), True), (EndpointError("full"), False)]
)
def test_what_cannot_be_kept_aside_waits_or_says_why(
    outbox: Outbox, keeping: Keeping, queue: Callable[..., Entry], trouble: AgentError, waits: bool
) -> None:
    entry = queue("404")
    keeping.kept = trouble
    with pytest.raises(type(trouble) if waits else UnknownTicket, match=str(trouble)):
        deliver(entry, outbox, keeping, ignore_progress)
    assert bool(outbox.entry(entry.bundle_id).quarantined) is not waits


@pytest.mark.parametrize("gone", ["deleted", "merged"])
def test_at_a_real_desk_nothing_is_lost_when_the_ticket_goes(
    running_desk: RunningDesk,
    tmp_path: Path,
    outbox: Outbox,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    draft_for: Callable[[Archive], TicketDraft],
    gone: str,
) -> None:
    """The ticket goes between look-up and delivery; a champion hangs the bundle on another; the outbox learns it."""
    connection = Connection(address=running_desk.url, credential_file=tmp_path / "credential")
    enroll(connection, running_desk.enrolment_token(), str(uuid.uuid4()))
    desk, archive = DeskEndpoint(connection), make_archive()
    lost, other = (desk.open(draft_for(make_archive())) for _ in range(2))
    entry = outbox.put(archive, lost.number, agree(archive), f"desk:{running_desk.url}", "scope")
    with database(running_desk) as rows:
        if gone == "deleted":
            rows.execute("DELETE FROM desk_supportrequest WHERE ticket_id = ?", [lost.number])
        else:
            rows.execute("UPDATE helpdesk_ticket SET merged_to_id = ? WHERE id = ?", [other.number, lost.number])
    for _ in range(2):  # the second time it is there already
        (outcome,) = retry(outbox, lambda _: desk, ignore_progress, only=entry.bundle_id)
        assert isinstance(outcome, Quarantined)
        assert "kept there without a ticket until" in outcome.reason
    with database(running_desk) as rows:
        found = rows.execute("SELECT number, sha256 FROM desk_quarantinedbundle").fetchall()
        assert (lost.number, archive.sha256) in found
    running_desk.run_in_desk(_HANG, entry.bundle_id, other.number)
    (receipt,) = retry(outbox, lambda _: desk, ignore_progress, only=entry.bundle_id)
    assert isinstance(receipt, Receipt)
    assert (receipt.ticket, receipt.sha256) == (other.number, archive.sha256)
    assert running_desk.stored_bundle(entry.bundle_id).parent.name == "bundles"


_HANG = """
import django; django.setup()
import sys
from helpdesk.models import Ticket
from desk import quarantine
from desk.models import QuarantinedBundle
kept = QuarantinedBundle.objects.get(bundle_id=sys.argv[1])
quarantine.hang(kept, Ticket.objects.get(pk=sys.argv[2]))
"""


@contextmanager
def database(desk: RunningDesk) -> Iterator[sqlite3.Connection]:
    """The desk's own, to change what champions change."""
    with closing(sqlite3.connect(desk.state / "desk.sqlite3")) as opened, opened:
        yield opened
