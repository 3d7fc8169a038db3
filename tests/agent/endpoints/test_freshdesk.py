"""Freshdesk, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints.freshdesk import ENDPOINT
from agent.errors import EndpointError, NotEnrolled, RateLimited, TooLarge, UnknownTicket, Unreachable
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.freshdesk import OURS, Freshdesk
from tests.vendors.server import Reply


@pytest.fixture
def vendor() -> Iterator[Freshdesk]:
    freshdesk = Freshdesk()
    with freshdesk.server.running():
        yield freshdesk


@pytest.fixture
def endpoint(vendor: Freshdesk, tmp_path: Path) -> Any:
    return device("freshdesk", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_ticket_and_one_attachment(tmp_path: Path, told: Told, fault: str) -> None:
    assert deliver_through(fault, "freshdesk", Freshdesk, OURS, tmp_path, told) >= 8


def test_the_key_goes_to_freshdesk_alone_and_in_a_header(vendor: Freshdesk, endpoint: Any, told: Told) -> None:
    endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore)
    assert endpoint.check().endswith("account 21.")
    for request in vendor.server.requests:
        assert OURS not in f"{request.path}{request.query}{request.body!r}"
        assert ("authorization" in request.headers) == request.path.startswith("/api/")
    assert any(request.path.startswith("/store/") for request in vendor.server.requests)


def test_a_note_says_what_the_bundle_is(vendor: Freshdesk, endpoint: Any, told: Told) -> None:
    _, archive, consent = told
    link = endpoint.attach(endpoint.open(told[0]), archive, consent, ignore)
    assert link == f"{vendor.server.base}/a/tickets/1"
    (note,) = vendor.notes
    assert archive.sha256 in note["body"]
    assert "<br>" in note["body"]
    assert note["private"] == "false"
    assert note["attachments"][0]["content_type"] == "application/x-7z-compressed"


def test_words_of_a_person_are_no_markup(vendor: Freshdesk, endpoint: Any, told: Told) -> None:
    endpoint.open(dataclasses.replace(told[0], description="<img src=x>\n& more"))
    assert vendor.tickets[1]["description"].startswith("&lt;img src=x&gt;<br>&amp; more<br>")


def test_a_ticket_older_than_the_newest_hundred_is_found_by_its_tag(
    vendor: Freshdesk, endpoint: Any, told: Told
) -> None:
    first = endpoint.open(told[0])
    for number in range(2, 103):
        vendor.tickets[number] = {**vendor.tickets[1], "id": number, "description_text": "another", "tags": []}
    vendor.indexed()
    assert endpoint.open(told[0]) == first


def test_a_bundle_among_more_than_a_page_of_notes_is_found(vendor: Freshdesk, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.notes.extend({"ticket_id": 1, "attachments": []} for _ in range(100))
    endpoint.attach(ticket, told[1], told[2], ignore)
    endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


@pytest.mark.parametrize("state", [{"deleted": True}, {"spam": True}, {"requester_id": 22}])
def test_a_ticket_that_is_deleted_spam_or_anothers_is_unknown(
    vendor: Freshdesk, endpoint: Any, told: Told, state: dict[str, object]
) -> None:
    number = endpoint.open(told[0]).number
    vendor.tickets[1].update(state)
    with pytest.raises(UnknownTicket, match="has no ticket 1"):
        endpoint.look_up(number)


def test_a_status_of_the_sites_own_takes_bundles(vendor: Freshdesk, endpoint: Any, told: Told) -> None:
    number = endpoint.open(told[0]).number
    vendor.tickets[1]["status"] = 8
    found = endpoint.look_up(number)
    assert (found.status, found.accepts_bundles) == ("status 8", True)


@pytest.mark.parametrize("address", ["", "ftp://store/1", "https://"])
def test_an_attachments_address_that_is_none_is_tried_again(endpoint: Any, address: str) -> None:
    with pytest.raises(Unreachable):
        endpoint._sha256(f"1 {address}")


_TOO_LARGE = {
    "description": "Validation failed",
    "errors": [{"field": "a", "message": "It is big", "code": "invalid_size"}],
}
_INVALID = {"errors": [{"field": "type", "message": "It should be one of these values", "code": "invalid_value"}]}


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, {"code": "invalid_credentials", "message": "log in"}), NotEnrolled, "token"),
        (Reply(403, {"code": "access_denied", "message": "You are not authorized"}), EndpointError, "not authorized"),
        (Reply(400, _INVALID), EndpointError, "one of these values"),
        (Reply(400, _TOO_LARGE), TooLarge, "It is big"),
        (Reply(400, {"errors": "?"}), EndpointError, "\\?"),
        (Reply(400, body=b"["), EndpointError, "400"),
        (Reply(429, body=b"", headers={"Retry-After": "51", "X-RateLimit-Remaining": "0"}), RateLimited, "51 seconds"),
    ],
)
def test_each_refusal_has_its_error(vendor: Freshdesk, endpoint: Any, reply: Reply, kind: Any, words: str) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert OURS not in str(refused.value)


def test_declares_the_documented_limit() -> None:
    assert ENDPOINT.capabilities.largest_bundle_bytes == 20_000_000
