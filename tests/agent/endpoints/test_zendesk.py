"""Zendesk, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints import Connection
from agent.endpoints.zendesk import ENDPOINT, ZendeskEndpoint, enroll
from agent.errors import (
    Ambiguous,
    ClosedTicket,
    EndpointError,
    NotEnrolled,
    RateLimited,
    TooLarge,
    UnknownTicket,
    Unreachable,
    UsageError,
)
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.server import Reply
from tests.vendors.zendesk import OURS, Zendesk


@pytest.fixture
def vendor() -> Iterator[Zendesk]:
    zendesk = Zendesk()
    with zendesk.server.running():
        yield zendesk


@pytest.fixture
def endpoint(vendor: Zendesk, tmp_path: Path) -> Any:
    return device("zendesk", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_ticket_and_one_attachment(tmp_path: Path, told: Told, fault: str) -> None:
    assert deliver_through(fault, "zendesk", Zendesk, OURS, tmp_path, told) >= 10


def test_an_address_with_a_path_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        ZendeskEndpoint(Connection(address="https://example.zendesk.com/agent", credential_file=tmp_path / "token"))


def test_a_token_without_an_account_is_not_kept(tmp_path: Path) -> None:
    connection = Connection(address="https://example.zendesk.com", credential_file=tmp_path / "token")
    with pytest.raises(NotEnrolled, match="EMAIL:API-TOKEN"):
        enroll(connection, "a-token-alone", "")
    assert not connection.credential_file.exists()


def test_the_token_goes_to_zendesk_alone_and_in_a_header_alone(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    """Not to the host that stores attachments, which a redirect names."""
    assert endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore) == f"{vendor.address}/agent/tickets/1"
    assert endpoint.check().endswith("account 11.")
    for request in vendor.server.requests:
        assert ("authorization" in request.headers) == (not request.path.startswith("/stored/"))
        assert "token-of-ours" not in f"{request.path}{request.query}{request.body!r}"


def test_a_ticket_carries_the_bundles_id_twice(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    """The key guards a request that is repeated at once, the external id one that comes days later."""
    endpoint.open(told[0])
    sent = next(request for request in vendor.server.requests if request.method == "POST")
    assert sent.headers["idempotency-key"] == told[0].idempotency_key
    assert sent.value["ticket"]["external_id"] == told[0].idempotency_key


def test_a_list_that_lags_behind_opens_no_second_ticket(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    """Within two hours the key gives the ticket of the first time, though no list shows it yet."""
    first = endpoint.open(told[0])
    vendor.tickets[1]["external_id"] = None
    endpoint._opened.clear()
    assert endpoint.open(told[0]).number == first.number
    assert vendor.kept() == (1, 0)


def test_another_draft_under_a_key_that_is_taken_is_refused(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    endpoint.open(told[0])
    vendor.tickets[1]["external_id"] = None
    endpoint._opened.clear()
    with pytest.raises(EndpointError, match="Another request had this key"):
        endpoint.open(dataclasses.replace(told[0], subject="Another"))


def test_a_bundle_is_found_beyond_the_first_page_of_comments(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.comments[1] += [{"id": number, "body": "Hello?", "attachments": []} for number in range(5)]
    endpoint.attach(ticket, told[1], told[2], ignore)
    endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


def test_comments_without_an_end_are_left(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.comments[1] *= 200
    with pytest.raises(EndpointError, match="too many comments"):
        endpoint.attach(ticket, told[1], told[2], ignore)


def test_a_merged_ticket_says_so_and_takes_nothing(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.tickets[1] |= {"status": "closed", "tags": ["closed_by_merge"]}
    assert endpoint.look_up("1").status == "merged"
    with pytest.raises(ClosedTicket, match="merged"):
        endpoint.attach(ticket, told[1], told[2], ignore)


def test_a_solved_ticket_still_takes_a_bundle(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.tickets[1]["status"] = "solved"
    assert endpoint.attach(ticket, told[1], told[2], ignore)


def test_a_ticket_that_is_closed_while_the_bundle_goes_up_is_closed(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    with pytest.raises(ClosedTicket):
        endpoint.attach(ticket, told[1], told[2], lambda sent, total: vendor.close("1"))
    assert vendor.kept() == (1, 0)


def test_what_a_scanner_holds_back_is_said_to_be(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    endpoint.attach(ticket, told[1], told[2], ignore)
    vendor.shown[1]["malware_scan_result"] = "malware_found"
    with pytest.raises(EndpointError, match="malware"):
        endpoint.attach(ticket, told[1], told[2], ignore)
    vendor.shown[1]["malware_access_override"] = True
    assert endpoint.attach(ticket, told[1], told[2], ignore)


def test_an_upload_of_another_size_is_hung_on_nothing(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    cut = Reply(201, {"upload": {"token": "upload-1", "attachment": {"id": 1, "size": 5}}})
    vendor.server.troubles = [None, None, cut]
    with pytest.raises(Unreachable, match="another size"):
        endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 0)


def test_a_lost_comment_is_looked_for_and_found(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    """In the same call, without a second comment."""
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None, None, None, "cut after"]
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


def test_a_comment_that_never_came_is_ambiguous(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None, None, None, "cut before"]
    with pytest.raises(Ambiguous):
        endpoint.attach(ticket, told[1], told[2], ignore)
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(200, {"user": {"id": None, "name": "Anonymous user"}}), NotEnrolled, "token"),
        (Reply(401, {"error": "Couldn't authenticate you"}), NotEnrolled, "token"),
        (Reply(403, {"error": "Forbidden", "description": "No access"}), EndpointError, "No access"),
        (Reply(200, {"well": 1}), Unreachable, "id"),
        (FAULTS["nginx 413"], TooLarge, "413"),
        (FAULTS["429"], RateLimited, "7 seconds"),
        (Reply(429, {}, headers={"ratelimit-reset": "41"}), RateLimited, "41 seconds"),
    ],
)
def test_each_refusal_has_its_error(vendor: Zendesk, endpoint: Any, reply: Any, kind: Any, words: str) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert "token-of-ours" not in str(refused.value)


def test_a_deleted_ticket_is_unknown(vendor: Zendesk, endpoint: Any, told: Told) -> None:
    number = endpoint.open(told[0]).number
    del vendor.tickets[1]
    with pytest.raises(UnknownTicket):
        endpoint.look_up(number)


def test_declares_the_documented_limit() -> None:
    assert ENDPOINT.capabilities.largest_bundle_bytes == 50_000_000
