"""Zammad, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.zammad import ENDPOINT, ZammadEndpoint, enroll
from agent.errors import EndpointError, NotEnrolled, RateLimited, TooLarge, UnknownTicket, UsageError
from agent.flow import Archive, Severity, TicketDraft
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.server import Reply
from tests.vendors.zammad import OURS, Zammad


@pytest.fixture
def vendor() -> Iterator[Zammad]:
    zammad = Zammad()
    with zammad.server.running():
        yield zammad


@pytest.fixture
def endpoint(vendor: Zammad, tmp_path: Path) -> Any:
    return device("zammad", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_ticket_and_one_attachment(tmp_path: Path, told: Told, fault: str) -> None:
    assert deliver_through(fault, "zammad", Zammad, OURS, tmp_path, told) >= 8


@pytest.mark.parametrize("fault", ["cut after", "truncate", "503"])
def test_a_fault_at_any_request_ends_as_each_volume_once(tmp_path: Path, told: Told, fault: str) -> None:
    draft, archive, consent = told
    volumes = dataclasses.replace(archive, volume_bytes=archive.size_bytes // 2)
    assert deliver_through(fault, "zammad", Zammad, OURS, tmp_path, (draft, volumes, consent)) >= 12


@pytest.mark.parametrize("address", ["https://zammad.example", "https://"])
def test_an_address_without_a_group_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError):
        ZammadEndpoint(Connection(address=address, credential_file=tmp_path / "token"))


def test_the_token_is_in_a_header_alone(vendor: Zammad, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    endpoint.attach(ticket, told[1], told[2], ignore)
    assert endpoint.check().endswith("account 11.")
    for request in vendor.server.requests:
        assert request.headers["authorization"] == f"Token token={OURS}"
        assert OURS not in f"{request.path}{request.query}{request.body!r}"


def test_a_bundle_comes_as_an_article_that_says_what_it_is(vendor: Zammad, endpoint: Any, told: Told) -> None:
    draft, archive, consent = told
    endpoint.attach(endpoint.open(draft), archive, consent, ignore)
    first, second = vendor.articles
    assert f"Bundle: {draft.idempotency_key}" in first["body"].splitlines()
    assert archive.sha256 in second["body"]
    assert second["attachments"][0]["preferences"] == {"Mime-Type": "application/x-7z-compressed"}
    sent = next(request for request in vendor.server.requests if request.path == "/api/v1/ticket_articles")
    assert int(sent.headers["content-length"]) == len(sent.body)
    assert "transfer-encoding" not in sent.headers
    assert json.loads(sent.body)["internal"] is False


@pytest.mark.parametrize("state", ["closed", "merged"])
def test_a_ticket_that_was_closed_or_merged_takes_nothing(
    vendor: Zammad, endpoint: Any, told: Told, state: str
) -> None:
    ticket = endpoint.open(told[0])
    vendor.close(ticket.number, state)
    found = endpoint.look_up(ticket.number)
    assert (found.status, found.accepts_bundles) == (state, False)


def test_a_ticket_that_mentions_the_bundle_is_not_its_ticket(vendor: Zammad, endpoint: Any, told: Told) -> None:
    other = endpoint.open(told[0])
    vendor.articles[0]["body"] = f"> Bundle: {told[0].idempotency_key} did not arrive"
    assert endpoint.open(told[0]).number != other.number


@pytest.mark.parametrize(("severity", "read"), [(1, 2), (2, 2), (3, 3), (4, 4)])
def test_four_severities_are_three_priorities(
    endpoint: Any, make_archive: Callable[..., Archive], draft_for: Callable[..., TicketDraft], severity: int, read: int
) -> None:
    draft = dataclasses.replace(draft_for(make_archive()), severity=Severity(severity))
    assert endpoint.open(draft).severity == read


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, {"error": "Invalid token"}), NotEnrolled, "token"),
        (Reply(403, {"error": "Not authorized"}), EndpointError, "Not authorized"),
        (Reply(422, {"error": "group unknown"}), EndpointError, "group unknown"),
        (FAULTS["nginx 413"], TooLarge, "413"),
        (FAULTS["429"], RateLimited, "7 seconds"),
    ],
)
def test_each_refusal_has_its_error(vendor: Zammad, endpoint: Any, reply: Any, kind: Any, words: str) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert OURS not in str(refused.value)


def test_a_search_that_tells_another_number_finds_nothing(tmp_path: Path) -> None:
    """A Zammad that knows no conditions answers with whatever it likes."""
    connection = Connection(address="https://zammad.example/Users", credential_file=tmp_path / "token")
    enroll(connection, OURS, "")
    with responses.RequestsMock() as mock:
        mock.get("https://zammad.example/api/v1/users/me", json={"id": 1})
        mock.get("https://zammad.example/api/v1/tickets/search", json=[{"id": 1, "number": "8", "state": "new"}])
        with pytest.raises(UnknownTicket):
            ZammadEndpoint(connection).look_up("7")


def test_declares_what_the_web_server_before_it_lets_through() -> None:
    largest = ENDPOINT.capabilities.largest_bundle_bytes
    assert largest is not None
    assert 37 * 2**20 < largest < 50 * 2**20 * 3 / 4
