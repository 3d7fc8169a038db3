"""ServiceNow, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints import Connection
from agent.endpoints._tracker_api import keep_token
from agent.endpoints.servicenow import ENDPOINT, ServicenowEndpoint, enroll
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
from agent.flow import Severity
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.server import Reply
from tests.vendors.servicenow import OURS, THEIRS, Servicenow, failure


@pytest.fixture
def vendor() -> Iterator[Servicenow]:
    servicenow = Servicenow()
    with servicenow.server.running():
        yield servicenow


@pytest.fixture
def endpoint(vendor: Servicenow, tmp_path: Path) -> Any:
    return device("servicenow", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_ticket_and_one_attachment(tmp_path: Path, told: Told, fault: str) -> None:
    assert deliver_through(fault, "servicenow", Servicenow, OURS, tmp_path, told) >= 9


@pytest.mark.parametrize("path", ["", "/", "/Incident", "/incident?active=true", "/in cident"])
def test_an_address_without_a_table_is_none(tmp_path: Path, path: str) -> None:
    with pytest.raises(UsageError):
        ServicenowEndpoint(Connection(address=f"https://x.service-now.com{path}", credential_file=tmp_path / "token"))


@pytest.mark.parametrize("token", ["a-token-alone", "a^b:password"])
def test_a_name_that_no_search_can_hold_is_no_log_in(vendor: Servicenow, tmp_path: Path, token: str) -> None:
    """With a ``^`` in it the search would be another one."""
    connection = Connection(address=vendor.address, credential_file=tmp_path / "token")
    keep_token(connection, token)
    with pytest.raises(NotEnrolled):
        ServicenowEndpoint(connection).check()
    assert vendor.server.requests == []


def test_a_token_without_a_name_is_not_kept(tmp_path: Path) -> None:
    connection = Connection(address="https://x.service-now.com/incident", credential_file=tmp_path / "token")
    with pytest.raises(NotEnrolled, match="NAME:PASSWORD"):
        enroll(connection, "a-token-alone", "")
    assert not connection.credential_file.exists()


def test_the_password_is_in_a_header_alone(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore)
    assert endpoint.check().endswith("table incident.")
    for request in vendor.server.requests:
        assert request.headers["authorization"].startswith("Basic ")
        assert "password-of-ours" not in f"{request.path}{request.query}{request.body!r}"


def test_a_record_carries_the_bundles_id_and_a_comment_says_what_came(
    vendor: Servicenow, endpoint: Any, told: Told
) -> None:
    endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore)
    assert vendor.records[0]["correlation_id"] == told[0].idempotency_key
    (comment,) = vendor.comments
    assert told[1].sha256 in comment
    assert vendor.attachments[0]["content_type"] == "application/x-7z-compressed"


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_a_severity_is_the_priority_that_impact_and_urgency_make(endpoint: Any, told: Told, severity: int) -> None:
    draft = dataclasses.replace(told[0], severity=Severity(severity))
    assert endpoint.open(draft).severity == severity


@pytest.mark.parametrize("typed", ["INC0010001", "#INC0010001", "inc0010001"])
def test_a_number_is_found_however_it_is_written(endpoint: Any, told: Told, typed: str) -> None:
    assert endpoint.open(told[0]).number == "INC0010001"
    assert endpoint.look_up(typed).number == "INC0010001"


def test_a_condition_that_is_dropped_finds_no_strangers_record(
    vendor: Servicenow, endpoint: Any, told: Told, tmp_path: Path
) -> None:
    """ServiceNow answers as if a condition that it does not take had not been there: with everybody's records."""
    theirs = device("servicenow", vendor, tmp_path, THEIRS).open(told[0])
    everything = Reply(200, {"result": list(vendor.records)})
    vendor.server.troubles = [everything]
    with pytest.raises(UnknownTicket):
        endpoint.look_up(theirs.number)
    vendor.server.troubles = [everything]
    assert endpoint.tickets() == []
    vendor.server.troubles = [everything, None, everything]
    with pytest.raises(EndpointError, match="cannot be found again"):
        endpoint.open(dataclasses.replace(told[0], subject="Another"))


def test_an_attachment_of_another_record_is_not_ours(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    first = endpoint.open(told[0])
    endpoint.attach(first, told[1], told[2], ignore)
    second = endpoint.open(dataclasses.replace(told[0], idempotency_key="another"))
    vendor.server.troubles = [None, None, Reply(200, {"result": list(vendor.attachments)})]
    endpoint.attach(second, told[1], told[2], ignore)
    assert vendor.kept() == (2, 2)


def test_a_record_that_is_closed_while_the_bundle_goes_up_is_closed(
    vendor: Servicenow, endpoint: Any, told: Told
) -> None:
    ticket = endpoint.open(told[0])

    vendor.server.troubles = [None] * 4 + [failure(403, "Operation Failed", "ACL restricts it")]
    with pytest.raises(ClosedTicket):
        endpoint.attach(ticket, told[1], told[2], lambda sent, total: vendor.close(ticket.number))
    assert vendor.kept() == (1, 0)


def test_an_account_that_may_not_comment_delivers(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None] * 5 + [failure(403, "Insufficient rights to update records")]
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert (vendor.kept(), vendor.comments) == ((1, 1), [])


def test_a_lost_upload_is_looked_for_and_found(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None] * 4 + ["cut after"]
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


def test_an_upload_that_never_came_is_ambiguous(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None] * 4 + ["cut before"]
    with pytest.raises(Ambiguous):
        endpoint.attach(ticket, told[1], told[2], ignore)
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


def test_a_success_that_stored_nothing_is_no_delivery(vendor: Servicenow, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None] * 4 + [Reply(201, {"result": {"sys_id": "0" * 32, "size_bytes": "5"}})]
    with pytest.raises(Unreachable, match="does not show it"):
        endpoint.attach(ticket, told[1], told[2], ignore)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (failure(401, "User Not Authenticated"), NotEnrolled, "token"),
        (failure(403, "Operation Failed"), EndpointError, "Operation Failed"),
        (failure(400, "Invalid table incident"), EndpointError, "Invalid table"),
        (Reply(200, {"well": 1}), Unreachable, "result"),
        (FAULTS["nginx 413"], TooLarge, "413"),
        (FAULTS["429"], RateLimited, "7 seconds"),
    ],
)
def test_each_refusal_has_its_error(vendor: Servicenow, endpoint: Any, reply: Any, kind: Any, words: str) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert "password-of-ours" not in str(refused.value)


def test_declares_the_documented_limit() -> None:
    assert ENDPOINT.capabilities.largest_bundle_bytes == 1024 * 2**20
