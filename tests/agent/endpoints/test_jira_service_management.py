"""Jira Service Management, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.endpoints import Connection
from agent.endpoints.jira_service_management import ENDPOINT, JiraServiceManagementEndpoint, enroll
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
from tests.vendors.jira_service_management import OURS, PRIORITIES, JiraServiceManagement, failure
from tests.vendors.server import Reply


@pytest.fixture
def vendor() -> Iterator[JiraServiceManagement]:
    jira = JiraServiceManagement()
    with jira.server.running():
        yield jira


@pytest.fixture
def endpoint(vendor: JiraServiceManagement, tmp_path: Path) -> Any:
    return device("jira_service_management", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_ticket_and_one_attachment(tmp_path: Path, told: Told, fault: str) -> None:
    hurt = deliver_through(fault, "jira_service_management", JiraServiceManagement, OURS, tmp_path, told)
    assert hurt >= 11


@pytest.mark.parametrize("path", ["", "/SUP", "/SUP/ten", "/10/SUP", "/a/SUP/10", "/SUP/10?x=1"])
def test_an_address_without_project_and_type_is_none(tmp_path: Path, path: str) -> None:
    connection = Connection(address=f"https://x.atlassian.net{path}", credential_file=tmp_path / "token")
    with pytest.raises(UsageError):
        JiraServiceManagementEndpoint(connection)


def test_a_token_without_an_account_is_not_kept(tmp_path: Path) -> None:
    connection = Connection(address="https://x.atlassian.net/SUP/10", credential_file=tmp_path / "token")
    with pytest.raises(NotEnrolled, match="EMAIL:API-TOKEN"):
        enroll(connection, "a-token-alone", "")
    assert not connection.credential_file.exists()


def test_the_token_goes_to_jira_alone_and_in_a_header_alone(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    """Not to the host that stores attachments, which a redirect names."""
    link = endpoint.attach(endpoint.open(told[0]), told[1], told[2], ignore)
    assert link == f"{vendor.server.base}/browse/SUP-1"
    assert endpoint.check().endswith("SUP.")
    for request in vendor.server.requests:
        assert ("authorization" in request.headers) == (not request.path.startswith("/file/"))
        assert "token-of-ours" not in f"{request.path}{request.query}{request.body!r}"


def test_a_request_is_found_among_pages_of_others(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    first = endpoint.open(told[0])
    for number in range(7):
        endpoint.open(dataclasses.replace(told[0], idempotency_key=f"another-{number}"))
    endpoint._opened.clear()
    assert endpoint.open(told[0]) == first
    assert len(endpoint.tickets()) == 8


def test_attachments_without_an_end_are_left_and_requests_are_not(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    """To miss an attachment would be to send it twice; an account's requests of old are no concern."""
    ticket = endpoint.open(told[0])
    vendor.attachments = [{"request": "SUP-1", "filename": "x", "shown": {"filename": "x"}}] * 100
    with pytest.raises(EndpointError, match="more than"):
        endpoint.attach(ticket, told[1], told[2], ignore)
    vendor.requests *= 100
    assert endpoint.tickets()


def test_a_request_that_no_list_shows_yet_is_found_by_its_number(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    """The index may lag behind what was opened; the answer told the number."""
    vendor.lags = True
    assert endpoint.open(told[0]).number == "SUP-1"
    assert endpoint.tickets() == []


def test_a_lost_answer_that_no_list_shows_yet_is_ambiguous_until_one_does(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    vendor.lags = True
    vendor.server.troubles = [None, None, None, "cut after"]
    with pytest.raises(Ambiguous):
        endpoint.open(told[0])
    assert endpoint.open(told[0]).number == "SUP-1"
    assert vendor.kept() == (1, 0)


def test_a_request_that_quotes_the_bundle_is_not_its_request(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    other = dataclasses.replace(
        told[0], idempotency_key="another", description=f"> Bundle: {told[0].idempotency_key} did not arrive"
    )
    first = endpoint.open(other)
    assert endpoint.open(told[0]).number != first.number


@pytest.mark.parametrize("missing", ["summary", "description"])
def test_nothing_is_opened_that_could_not_be_found_again(
    vendor: JiraServiceManagement, endpoint: Any, told: Told, missing: str
) -> None:
    del vendor.fields[missing]
    for ask in (endpoint.check, lambda: endpoint.open(told[0])):
        with pytest.raises(EndpointError, match=missing):
            ask()
    assert vendor.kept() == (0, 0)


@pytest.mark.parametrize(("severity", "chosen"), [(1, 0), (2, 1), (3, 2), (4, 2)])
def test_a_severity_is_a_priority_that_may_be_chosen(
    vendor: JiraServiceManagement, endpoint: Any, told: Told, severity: int, chosen: int
) -> None:
    """It is read back from our own line, also where the person's words look like one."""
    words = "Severity: 1 as I said"
    draft = dataclasses.replace(told[0], severity=Severity(severity), description=words)
    assert endpoint.open(draft).severity == severity
    assert vendor.sent[0]["priority"] == {"id": PRIORITIES[chosen]}


def test_a_type_without_priorities_is_sent_none(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    del vendor.fields["priority"]
    assert endpoint.open(told[0]).severity == int(told[0].severity)
    assert "priority" not in vendor.sent[0]


def test_a_request_without_our_lines_has_no_severity(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    """A person opened it in the portal."""
    endpoint.open(told[0])
    vendor.requests[0]["requestFieldValues"][1]["value"] = None
    assert endpoint.look_up("sup-1").severity is None


def test_a_request_of_another_project_is_unknown(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    endpoint.open(told[0])
    vendor.requests[0]["serviceDeskId"] = "5"
    with pytest.raises(UnknownTicket):
        endpoint.look_up("SUP-1")


def test_a_request_that_was_moved_is_told_by_its_new_number(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    """Jira answers a number of old with the request as it is called now; the bundle goes there."""
    ticket = endpoint.open(told[0])
    moved = Reply(200, {**vendor.requests[0], "issueKey": "SUP-77"})
    vendor.server.troubles = [moved]
    assert endpoint.look_up(ticket.number).number == "SUP-77"


def test_a_request_that_is_resolved_while_the_bundle_goes_up_is_closed(
    vendor: JiraServiceManagement, endpoint: Any, told: Told
) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None, None, None, failure(403, "It is not possible to add an attachment.")]
    with pytest.raises(ClosedTicket):
        endpoint.attach(ticket, told[1], told[2], lambda sent, total: vendor.close("SUP-1"))
    assert vendor.kept() == (1, 0)


def test_a_lost_answer_is_looked_for_and_found(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    vendor.server.troubles = [None, None, None, "cut after"]
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None, None, None, "cut after"]
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


def test_an_attachment_that_never_came_is_ambiguous(vendor: JiraServiceManagement, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    vendor.server.troubles = [None, None, None, "cut before"]
    with pytest.raises(Ambiguous):
        endpoint.attach(ticket, told[1], told[2], ignore)
    assert endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 1)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, body=b"Client must be authenticated"), NotEnrolled, "token"),
        (failure(403, "You may not see this service desk."), EndpointError, "may not see"),
        (Reply(400, {"errorMessages": ["No such project"], "errors": {}}), EndpointError, "No such project"),
        (Reply(200, {"well": True}), Unreachable, "id"),
        (FAULTS["nginx 413"], TooLarge, "413"),
        (Reply(429, {}, headers={"Retry-After": "7", "RateLimit-Reason": "jira-burst-based"}), RateLimited, "7 sec"),
    ],
)
def test_each_refusal_has_its_error(
    vendor: JiraServiceManagement, endpoint: Any, reply: Any, kind: Any, words: str
) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert "token-of-ours" not in str(refused.value)


def test_declares_the_documented_limit() -> None:
    assert ENDPOINT.capabilities.largest_bundle_bytes == 1_000_000_000
