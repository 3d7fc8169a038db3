"""Request Tracker, answer by answer. The contract suite speaks to the real one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.request_tracker import RequestTrackerEndpoint, content_of_json, enroll
from agent.errors import EndpointError, UnknownTicket, Unreachable, UsageError
from agent.flow import Archive, Consent, TicketDraft
from tests.agent.endpoints.test_tracker import TICKET

API = "https://rt.example/REST/2.0"
TOKEN = "1-27-0123456789abcdef"
ITEM = {"id": "7", "Subject": "s", "Status": "new", "Priority": "75"}
QUEUE = {"TicketCustomFields": [{"name": "SendlogsBundle"}]}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


def connected(tmp_path: Path, address: str = "https://rt.example/Support%20EU", token: str = TOKEN) -> Any:
    connection = Connection(address=address, credential_file=tmp_path / "token")
    enroll(connection, token, "")
    return RequestTrackerEndpoint(connection)


def found(*items: object) -> dict[str, object]:
    return {"items": list(items)}


@pytest.mark.parametrize("address", ["https://rt.example", "https://rt.example/"])
def test_an_address_without_a_queue_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="QUEUE"):
        connected(tmp_path, address)


def test_closed_is_what_the_lifecycle_calls_inactive(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/ticket/7", json={"id": 7})
    mock.get(f"{API}/tickets", json=found(ITEM))
    mock.get(f"{API}/tickets", json=found({"id": "7"}))
    ticket = connected(tmp_path).look_up("7")
    assert (ticket.severity, ticket.accepts_bundles) == (2, False)
    assert "__Inactive__" in str(mock.calls[2].request.url)
    assert mock.calls[0].request.headers["Authorization"] == f"token {TOKEN}"


def test_a_merged_ticket_is_the_survivor(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/ticket/5", json={"id": 7})
    mock.get(f"{API}/tickets", json=found(ITEM))
    mock.get(f"{API}/tickets", json=found())
    assert connected(tmp_path).look_up("5").number == "7"


@pytest.mark.parametrize("status", [403, 404])
def test_a_ticket_that_is_not_shown_is_unknown(mock: responses.RequestsMock, tmp_path: Path, status: int) -> None:
    mock.get(f"{API}/ticket/7", json={"message": "No"}, status=status)
    with pytest.raises(UnknownTicket):
        connected(tmp_path).look_up("7")


def test_a_queue_without_the_field_opens_nothing(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Any, draft_for: Any
) -> None:
    """Without it a repetition would open a second ticket."""
    mock.get(f"{API}/tickets", json=found())
    mock.get(f"{API}/queue/Support%20EU", json={"TicketCustomFields": []})
    with pytest.raises(EndpointError, match="SendlogsBundle"):
        connected(tmp_path).open(draft_for(make_archive()))


def test_opens_as_the_account_of_the_token(
    mock: responses.RequestsMock,
    tmp_path: Path,
    make_archive: Callable[..., Archive],
    draft_for: Callable[[Archive], TicketDraft],
) -> None:
    draft = draft_for(make_archive())
    mock.get(f"{API}/tickets", json=found())
    mock.get(f"{API}/queue/Support%20EU", json=QUEUE)
    mock.post(f"{API}/ticket", json={"id": "7"}, status=201)
    mock.get(f"{API}/tickets", json=found(ITEM))
    mock.get(f"{API}/tickets", json=found())
    assert connected(tmp_path).open(draft).number == "7"
    sent = json.loads(mock.calls[2].request.body or b"")
    assert (sent["Queue"], sent["Requestor"]) == ("Support EU", "27")
    assert sent["CustomFields"] == {"SendlogsBundle": draft.idempotency_key}


@pytest.mark.parametrize("token", ["not-a-token-of-it", "1-27", "1-x-0123456789"])
def test_a_token_of_another_form_is_told(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Any, draft_for: Any, token: str
) -> None:
    mock.get(f"{API}/tickets", json=found())
    mock.get(f"{API}/queue/Support%20EU", json=QUEUE)
    with pytest.raises(EndpointError, match="no token"):
        connected(tmp_path, token=token.ljust(8, "x")).open(draft_for(make_archive()))


def test_attaches_by_a_reply_and_reads_it_back(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[..., Consent]
) -> None:
    """Another ticket's attachment of that name is not this one's."""
    archive = make_archive()
    mock.get(f"{API}/ticket/7", json={"id": 7})
    mock.get(f"{API}/tickets", json=found(ITEM))
    mock.get(f"{API}/tickets", json=found())
    mock.post(f"{API}/attachments", json=found({"id": "3", "TransactionId": "30"}))
    mock.get(f"{API}/transaction/30", json={"Object": {"id": "6"}})
    mock.post(f"{API}/ticket/7/correspond", json=["Correspondence added"], status=201)
    mock.post(f"{API}/attachments", json=found({"id": "4", "TransactionId": "40"}))
    mock.get(f"{API}/transaction/40", json={"Object": {"id": "7"}})
    mock.get(f"{API}/attachment/4", json={"Content": base64.encodebytes(archive.file.read_bytes()).decode()})
    link = connected(tmp_path).attach(TICKET, archive, agree(archive), lambda sent, total: None)
    assert link == "https://rt.example/Ticket/Attachment/40/4/"


def test_check_names_the_queue(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/queue/Support%20EU", json=QUEUE)
    assert "Support EU" in connected(tmp_path).check()


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 5, 64, 10**6])
@pytest.mark.parametrize("size_bytes", [0, 1, 2, 3, 100, 5000])
def test_base64_in_json_is_read_in_pieces(size_bytes: int, piece_bytes: int) -> None:
    """Also with escapes cut in two, line ends, and a member whose text looks like the one that is meant."""
    data = bytes(range(256)) * (size_bytes // 256 + 1)
    data = data[:size_bytes]
    text = base64.encodebytes(data).decode()
    raw = json.dumps({"Subject": 'a "Content": "no"', "ContentType": "x", "Content": text, "id": 4})
    raw = raw.replace("/", "\\/")
    pieces = [raw.encode()[at : at + piece_bytes] for at in range(0, len(raw), piece_bytes)]
    assert b"".join(content_of_json(pieces)) == data


@pytest.mark.parametrize("raw", [b"", b'{"id": 1}', b'{"Content"', b'{"Content": "AAAA', b'{"Content": "AAA"}'])
def test_an_attachment_that_is_none_is_a_strangers_answer(raw: bytes) -> None:
    with pytest.raises(Unreachable):
        list(content_of_json([raw]))
