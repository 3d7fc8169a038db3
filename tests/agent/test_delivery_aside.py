"""A bundle whose ticket is gone, at an endpoint that keeps such aside: left there once, told, and found again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.delivery import Quarantined, deliver, retry
from agent.endpoints import Connection, KeptAside, UploadProgress
from agent.errors import AgentError, EndpointError, NotEnrolled, UnknownTicket, Unreachable
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Receipt
from agent.outbox import Entry, Outbox
from tests.agent.test_delivery import FailingEndpoint, outbox, queue, share

__all__ = ["outbox", "queue", "share"]  # fixtures


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
