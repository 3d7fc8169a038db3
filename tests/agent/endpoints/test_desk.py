"""The desk's API as this device speaks it, answer by answer. The contract suite speaks to the real desk."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint, enroll
from agent.errors import (
    ClosedTicket,
    ConfigError,
    EndpointError,
    NotEnrolled,
    RateLimited,
    StorageError,
    TooLarge,
    UnknownTicket,
    Unreachable,
    UsageError,
)
from agent.flow import Archive, Consent, Ticket, TicketDraft

URL = "https://desk.example/api/v1"
CREDENTIAL = "device-1.secret-part-of-it"
TOLD = {
    "number": 7,
    "url": "https://desk.example/tickets/7",
    "subject": "Cannot restore",
    "status": "Open",
    "severity": 2,
    "accepts_bundles": True,
}
TICKET = Ticket(
    number="7",
    link="https://desk.example/tickets/7",
    subject="Cannot restore",
    status="Open",
    severity=2,
    accepts_bundles=True,
)


@pytest.fixture
def desk() -> Iterator[responses.RequestsMock]:
    """Answers in the desk's place; every answer prepared must be asked for."""
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    file = tmp_path / "credential"
    file.touch(0o600)
    file.write_text(CREDENTIAL)
    return Connection(address="https://Desk.Example/", credential_file=file)


@pytest.fixture
def endpoint(connection: Connection) -> DeskEndpoint:
    return DeskEndpoint(connection)


def problem(kind: str, status: int) -> dict[str, Any]:
    told = {"type": kind, "title": kind, "status": status, "detail": f"This is {kind}."}
    return {"json": told, "status": status, "content_type": "application/problem+json"}


def ignore(sent_bytes: int, total_bytes: int) -> None:
    pass


def test_looks_a_ticket_up_with_its_credential(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/tickets/7", json=TOLD)
    assert endpoint.look_up("#7") == TICKET
    assert desk.calls[0].request.headers["Authorization"] == f"Bearer {CREDENTIAL}"


def test_opens_a_ticket_under_the_key_of_the_draft(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    draft_for: Callable[[Archive], TicketDraft],
) -> None:
    draft = draft_for(make_archive())
    desk.post(f"{URL}/tickets", json=TOLD, status=201)
    assert endpoint.open(draft) == TICKET
    sent = json.loads(desk.calls[0].request.body or b"")
    assert sent["request_id"] == draft.idempotency_key
    assert sent["severity"] == 2
    assert sent["cloud"] is None
    assert set(sent) == {
        "subject", "description", "severity", "product", "computer_id", "operating_system", "account", "version",
        "cloud", "request_id",
    }  # fmt: skip


def test_attaches_and_reads_the_hash_back(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    """Asks, sends with digest and consent, asks again: only the second answer counts."""
    archive = make_archive()
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    stored = {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "size_bytes": 1, "url": f"{path}/page"}
    desk.get(path, **problem("unknown-bundle", 404))
    desk.put(path, json=stored, status=201)
    desk.get(path, json=stored)
    assert endpoint.attach(TICKET, archive, agree(archive), ignore) == f"{path}/page"
    headers = desk.calls[1].request.headers
    assert headers["Content-Type"] == "application/x-7z-compressed"
    assert headers["Content-Length"] == str(archive.size_bytes)
    assert headers["Repr-Digest"] == f"sha-256=:{base64.b64encode(bytes.fromhex(archive.sha256)).decode()}:"
    consent = json.loads(base64.b64decode(headers["Sendlogs-Consent"]))
    assert consent == {
        "archive_sha256": archive.sha256,
        "given_by": "jo",
        "how": "asked",
        "given_at": "2026-11-20T12:00:00+00:00",
    }


def test_a_success_whose_read_back_differs_is_an_error(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    desk.get(path, **problem("unknown-bundle", 404))
    desk.put(path, json={"sha256": archive.sha256, "url": "u"}, status=201)
    desk.get(path, json={"sha256": "0" * 64, "url": "u"})
    with pytest.raises(EndpointError, match="SHA-256"):
        endpoint.attach(TICKET, archive, agree(archive), ignore)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("closed-ticket", 409, ClosedTicket),
        ("too-large", 413, TooLarge),
        ("unknown-ticket", 404, UnknownTicket),
        ("unauthorized", 401, NotEnrolled),
        ("throttled", 429, RateLimited),
        ("digest-mismatch", 400, Unreachable),
        ("conflict", 409, EndpointError),
    ],
)
def test_a_refused_bundle_is_told_as_what_it_is(
    desk: responses.RequestsMock,
    endpoint: DeskEndpoint,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
    kind: str,
    status: int,
    error: type[EndpointError],
) -> None:
    archive = make_archive()
    path = f"{URL}/tickets/7/bundles/{archive.bundle_id}"
    desk.get(path, **problem("unknown-bundle", 404))
    desk.put(path, **problem(kind, status))
    if error is ClosedTicket:
        desk.get(f"{URL}/tickets/7", json={**TOLD, "accepts_bundles": False, "merged": False})
    with pytest.raises(error, match=f"This is {kind}") as raised:
        endpoint.attach(TICKET, archive, agree(archive), ignore)
    assert type(raised.value) is error
    assert CREDENTIAL not in str(raised.value)


def test_lists_tickets_in_the_desks_order(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/tickets", json=[{**TOLD, "number": number} for number in (9, 7)])
    assert [ticket.number for ticket in endpoint.tickets()] == ["9", "7"]


def test_check_asks_who_it_is_and_who_we_are(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/health", json={"status": "ok", "version": "1.2"})
    desk.get(f"{URL}/me", json={"device_id": "1"})
    assert endpoint.check() == "The desk at desk.example (version 1.2) answers and knows this device."
    assert "Authorization" not in desk.calls[0].request.headers


def test_check_tells_a_revoked_device(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/health", json={"status": "ok", "version": "1.2"})
    desk.get(f"{URL}/me", **problem("unauthorized", 401))
    with pytest.raises(NotEnrolled) as raised:
        endpoint.check()
    assert "enroll" in raised.value.advice


@pytest.mark.parametrize(
    "answer", [[], {}, {**TOLD, "number": None}, {**TOLD, "number": True}, {"number": 7}, {**TOLD, "subject": ["x"]}]
)
def test_an_answer_of_another_shape_is_another_program(
    desk: responses.RequestsMock, endpoint: DeskEndpoint, answer: object
) -> None:
    desk.get(f"{URL}/tickets/7", json=answer)
    with pytest.raises(Unreachable, match="another program, or another version"):
        endpoint.look_up("7")


def test_an_odd_severity_is_none(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/tickets/7", json={**TOLD, "severity": "high"})
    assert endpoint.look_up("7").severity is None


def test_a_subject_cannot_steer_the_terminal(desk: responses.RequestsMock, endpoint: DeskEndpoint) -> None:
    desk.get(f"{URL}/tickets/7", json={**TOLD, "subject": "s\x1b]0;x\x07\x1b[2J\nTicket 8"})
    assert endpoint.look_up("7").subject == "s]0;x[2JTicket 8"


def test_without_a_credential_nothing_is_asked(desk: responses.RequestsMock, tmp_path: Path) -> None:
    with pytest.raises(NotEnrolled, match="not enrolled"):
        DeskEndpoint(Connection(address="https://desk.example", credential_file=tmp_path / "none")).look_up("7")
    assert len(desk.calls) == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"line one of it\r\nX-Evil: line two", b"\xff" * 40])
def test_a_damaged_credential_is_told_and_not_shown(
    endpoint: DeskEndpoint, connection: Connection, content: bytes
) -> None:
    connection.credential_file.write_bytes(content)
    with pytest.raises(NotEnrolled, match="damaged") as raised:
        endpoint.look_up("7")
    assert "Evil" not in str(raised.value)


@pytest.mark.posix
def test_a_credential_that_others_can_read_is_not_used(endpoint: DeskEndpoint, connection: Connection) -> None:
    connection.credential_file.chmod(0o644)
    with pytest.raises(StorageError, match="others"):
        endpoint.look_up("7")


def test_enrolling_keeps_the_credential_for_the_owner_alone(
    desk: responses.RequestsMock, connection: Connection
) -> None:
    """The token goes into the body, without the line end it was typed with; the credential replaces the old one."""
    desk.post(f"{URL}/enroll", json={"device_id": "d", "credential": "new-device.new-secret-part"}, status=201)
    enroll(connection, " token-typed-by-hand\n", "computer-1")
    assert json.loads(desk.calls[0].request.body or b"") == {
        "token": "token-typed-by-hand",
        "computer_id": "computer-1",
    }
    assert desk.calls[0].request.headers["Authorization"] == "Bearer device-1.secret-part-of-it"  # of before
    assert connection.credential_file.read_text() == "new-device.new-secret-part"
    if sys.platform != "win32":
        assert connection.credential_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("kind", "status"), [("token-invalid", 403), ("unauthorized", 401)])
def test_a_token_that_is_not_taken_keeps_the_old_credential(
    desk: responses.RequestsMock, connection: Connection, kind: str, status: int
) -> None:
    desk.post(f"{URL}/enroll", **problem(kind, status))
    with pytest.raises(NotEnrolled) as raised:
        enroll(connection, "used-token", "computer-1")
    assert "new one" in raised.value.advice
    assert "used-token" not in str(raised.value) + raised.value.advice
    assert connection.credential_file.read_text() == CREDENTIAL


@pytest.mark.parametrize("credential", ["", "x\r\nX-Evil: 1", "ü" * 30, 7, None])
def test_a_credential_that_no_header_can_carry_is_refused(
    desk: responses.RequestsMock, connection: Connection, credential: object
) -> None:
    desk.post(f"{URL}/enroll", json={"device_id": "d", "credential": credential}, status=201)
    with pytest.raises(Unreachable):
        enroll(connection, "token", "computer-1")
    assert connection.credential_file.read_text() == CREDENTIAL


@pytest.mark.parametrize(
    ("address", "error"),
    [("desk.example", UsageError), ("http://desk.example", ConfigError), ("https://jo:pw@desk.example", UsageError)],
)
def test_an_address_that_cannot_be_used_is_refused_at_once(
    tmp_path: Path, address: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        DeskEndpoint(Connection(address=address, credential_file=tmp_path / "credential"))
