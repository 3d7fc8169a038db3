"""What all trackers share: looking before acting, after a lost answer and after a success; and what they say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.endpoints import Capabilities, Connection, UploadProgress
from agent.endpoints._tracker import (
    Refused,
    TrackerEndpoint,
    bundle_name,
    bundle_text,
    items_of,
    refusal,
    text_of,
    ticket_text,
)
from agent.errors import (
    Ambiguous,
    ClosedTicket,
    EndpointError,
    NotEnrolled,
    RateLimited,
    TooLarge,
    UnknownTicket,
    Unreachable,
    WrongType,
)
from agent.flow import Archive, Consent, Ticket, TicketDraft

HOST = "tracker.example"
TICKET = Ticket(number="7", link="https://x/7", subject="s", status="new", severity=2, accepts_bundles=True)


class Fake(TrackerEndpoint):
    """A tracker in memory; ``loses`` are the acts whose answer is lost, ``acts`` whether it acts nonetheless."""

    name = "fake"

    def __init__(self, connection: Connection) -> None:
        super().__init__("https://tracker.example", connection)
        self.ticket: Ticket | None = TICKET
        self.opened: list[str] = []
        self.stored: list[str] = []
        self.messages: list[str] = []
        self.loses = self.acts = False
        self.keeps_ids = True
        self.hurts = False

    def tickets(self) -> list[Ticket]:
        return []

    def check(self) -> str:
        return ""

    def _headers(self) -> dict[str, str]:
        return {}

    def _look_up(self, number: str) -> Ticket:
        if self.ticket is None:
            raise Refused("no", 404)
        return self.ticket

    def _find(self, key: str) -> Ticket | None:
        return TICKET if key in self.opened and self.keeps_ids else None

    def _create(self, draft: TicketDraft) -> None:
        self._act(self.opened, draft.idempotency_key)

    def _held(self, number: str, name: str) -> list[str]:
        there = (each.partition(" ") for each in self.stored)
        return [sha256 for own, _, sha256 in there if own == name] if self.keeps_ids else []

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        self.messages.append(bundle_text(archive, consent))
        self._act(self.stored, f"{bundle_name(archive)} {'0' * 64 if self.hurts else archive.sha256}")

    def _act(self, on: list[str], what: str) -> None:
        if self.acts or not self.loses:
            on.append(what)
        if self.loses:
            raise Ambiguous("lost")

    def _sha256(self, attachment: str) -> str:
        return attachment

    def _link(self, attachment: str) -> str:
        return f"https://tracker.example/{attachment}"


@pytest.fixture
def tracker(tmp_path: Path) -> Fake:
    return Fake(Connection(address="https://tracker.example", credential_file=tmp_path / "token"))


@pytest.fixture
def deliver(tracker: Fake, make_archive: Callable[..., Archive]) -> Callable[[], str]:
    archive = make_archive()
    consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
    return lambda: tracker.attach(TICKET, archive, consent, lambda sent, total: None)


@pytest.fixture
def draft(make_archive: Callable[..., Archive], draft_for: Callable[[Archive], TicketDraft]) -> TicketDraft:
    return draft_for(make_archive())


def test_a_lost_answer_after_the_act_is_no_trouble(
    tracker: Fake, deliver: Callable[[], str], draft: TicketDraft
) -> None:
    tracker.loses = tracker.acts = True
    assert tracker.open(draft) == TICKET
    assert deliver()
    assert len(tracker.opened) == len(tracker.stored) == 1


def test_a_lost_request_is_ambiguous_and_can_be_repeated(
    tracker: Fake, deliver: Callable[[], str], draft: TicketDraft
) -> None:
    tracker.loses = True
    with pytest.raises(Ambiguous):
        tracker.open(draft)
    with pytest.raises(Ambiguous):
        deliver()
    tracker.loses = False
    assert tracker.open(draft) == tracker.open(draft) == TICKET
    assert deliver() == deliver()
    assert len(tracker.opened) == len(tracker.stored) == 1


def test_a_success_is_not_believed(tracker: Fake, deliver: Callable[[], str], draft: TicketDraft) -> None:
    """Neither a ticket that cannot be found, nor an attachment that is not shown, nor one that is another."""
    tracker.keeps_ids = False
    with pytest.raises(EndpointError, match="cannot be found again"):
        tracker.open(draft)
    with pytest.raises(Unreachable, match="does not show it"):
        deliver()
    tracker.keeps_ids, tracker.hurts, tracker.stored = True, True, []
    with pytest.raises(EndpointError, match="SHA-256"):
        deliver()


def test_a_closed_ticket_takes_nothing_but_shows_what_it_has(tracker: Fake, deliver: Callable[[], str]) -> None:
    tracker.ticket = dataclasses.replace(TICKET, accepts_bundles=False)
    with pytest.raises(ClosedTicket):
        deliver()
    tracker.ticket = TICKET
    link = deliver()
    tracker.ticket = dataclasses.replace(TICKET, accepts_bundles=False)
    assert deliver() == link


def test_a_ticket_that_is_closed_during_the_upload_is_closed(
    tracker: Fake, deliver: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is what it was, unless the ticket takes nothing any more."""

    def refuse(*_: object) -> None:
        raise Refused("no such permission", 403)

    def close(*_: object) -> None:
        tracker.ticket = dataclasses.replace(TICKET, status="closed", accepts_bundles=False)
        raise Refused("no", 422)

    monkeypatch.setattr(tracker, "_upload", refuse)
    with pytest.raises(Refused, match="no such permission"):
        deliver()
    monkeypatch.setattr(tracker, "_upload", close)
    with pytest.raises(ClosedTicket, match="closed"):
        deliver()


@pytest.fixture
def in_volumes(make_archive: Callable[..., Archive]) -> Archive:
    return dataclasses.replace(make_archive(b"7z" * 1250), volume_bytes=1000)


def agreed(archive: Archive) -> Consent:
    return Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))


def test_each_volume_is_there_once_however_often_answers_are_lost(tracker: Fake, in_volumes: Archive) -> None:
    tracker.loses, tracker.acts = True, True
    first = tracker.attach(TICKET, in_volumes, agreed(in_volumes), lambda sent, total: None)
    tracker.loses = False
    assert tracker.attach(TICKET, in_volumes, agreed(in_volumes), lambda sent, total: None) == first
    names = [each.partition(" ")[0] for each in tracker.stored]
    assert names == [f"{in_volumes.bundle_id}.7z.00{number}" for number in (1, 2, 3)]
    assert len(set(tracker.stored)) == len(tracker.messages) == 3


def test_the_ticket_tells_how_many_volumes_there_are_and_how_to_join_them(tracker: Fake, in_volumes: Archive) -> None:
    tracker.attach(TICKET, in_volumes, agreed(in_volumes), lambda sent, total: None)
    for number, message in enumerate(tracker.messages, 1):
        assert message.startswith(f"Diagnostic bundle {in_volumes.bundle_id}, volume {number} of 3\n")
        assert f"All 3 joined: 2500 bytes, SHA-256 {in_volumes.sha256}" in message
        assert f"open {in_volumes.bundle_id}.7z.001 with 7-Zip" in message
        assert f"cat {in_volumes.bundle_id}.7z.* > {in_volumes.bundle_id}.7z" in message


def test_a_volume_that_came_out_as_another_is_no_delivery(tracker: Fake, in_volumes: Archive) -> None:
    tracker.hurts = True
    with pytest.raises(EndpointError, match="SHA-256"):
        tracker.attach(TICKET, in_volumes, agreed(in_volumes), lambda sent, total: None)
    assert len(tracker.stored) == 1


def test_a_tracker_may_have_numbers_of_its_own(tracker: Fake) -> None:
    tracker.capabilities = Capabilities(number_pattern=r"(?P<number>SUP-[0-9]+)")
    assert tracker.look_up("SUP-7") == TICKET
    with pytest.raises(UnknownTicket, match="as that tracker writes them"):
        tracker.look_up("7")


def test_a_ticket_that_is_not_shown_is_unknown(tracker: Fake) -> None:
    tracker.ticket = None
    with pytest.raises(UnknownTicket):
        tracker.look_up("7")


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, b"", NotEnrolled, "does not accept the token"),
        (403, b'{"message": "No permission"}', Refused, "No permission"),
        (404, b"", Refused, "status 404"),
        (404, b'{"error": {"message": "No Record found", "detail": "x"}, "status": "failure"}', Refused, "No Record"),
        (404, b'{"error": "RecordNotFound", "description": "Not found"}', Refused, "says: Not found"),
        (422, b'{"message": "Failed", "errors": [{"code": "x"}]}', Refused, "says: Failed"),
        (400, b'{"errorMessages": ["One", "Two"], "errors": {}}', Refused, "One; Two"),
        (400, b'{"errorMessage": "Three", "i18nErrorMessage": {}}', Refused, "Three"),
        (409, b'{"error": {"status": 409, "msg": "Taken"}}', Refused, "Taken"),
        (413, b"", TooLarge, "413"),
        (415, b"{}", WrongType, "415"),
        (422, b'{"errors": ["One", "Two"]}', Refused, "One; Two"),
        (400, b'{"errors": [{"field": "a", "message": "One"}, {"code": "b"}]}', Refused, "One"),
        (400, b'[{"message": "One", "errorCode": "B"}]', Refused, "One"),
        (422, b"[" * 9999, Refused, "status 422"),
        (429, b'{"error": {"msg": "Slow"}}', RateLimited, "Slow"),
        (500, b"<html>", Unreachable, "status 500"),
        (302, b"", Unreachable, "points to"),
    ],
)
def test_an_answer_is_sorted(status: int, body: bytes, error: type[EndpointError], words: str) -> None:
    told = refusal(status, {}, body, HOST)
    assert type(told) is error
    assert words in str(told)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_web_page_is_a_strangers_answer(status: int) -> None:
    """A hotel's log-in page must not make a token look revoked or a ticket unknown."""
    assert type(refusal(status, {"Content-Type": "text/html"}, b"<html>", HOST)) is Unreachable


def test_a_ticket_carries_the_bundles_id(draft: TicketDraft) -> None:
    assert f"Bundle: {draft.idempotency_key}" in ticket_text(draft).splitlines()


@pytest.mark.parametrize("raw", [None, [], {}, {"a": None}, {"a": {"b": True}}, json.loads('{"a": {"b": {}}}')])
def test_an_answer_without_what_it_should_hold_is_a_strangers(raw: object) -> None:
    for reader in (text_of, items_of):
        with pytest.raises(Unreachable, match=r"no 'a\.b'"):
            reader(raw, "a", "b")
