"""GitHub Issues, against its documented answers: answer by answer, and with a fault at each request."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.github_issues import ENDPOINT, GithubIssuesEndpoint, enroll
from agent.errors import ClosedTicket, EndpointError, NotEnrolled, RateLimited, UnknownTicket, UsageError
from agent.flow import Archive, Consent, Ticket
from tests.vendors.faults import FAULTS, Told, deliver_through, device, ignore
from tests.vendors.github_issues import OURS, THEIRS, GithubIssues
from tests.vendors.server import Reply

LINK = "https://desk.example/bundles/7"


@pytest.fixture
def vendor() -> Iterator[GithubIssues]:
    github = GithubIssues()
    with github.server.running():
        yield github


@pytest.fixture
def endpoint(vendor: GithubIssues, tmp_path: Path) -> Any:
    return device("github_issues", vendor, tmp_path, OURS)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_at_any_request_ends_as_one_issue_and_one_comment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Told, fault: str
) -> None:
    def attach(self: Any, ticket: Ticket, archive: Archive, consent: Consent, progress: object) -> str:
        return str(self.attach_link(ticket, archive, consent, LINK, None))

    monkeypatch.setattr(GithubIssuesEndpoint, "attach", attach)
    assert deliver_through(fault, "github_issues", GithubIssues, OURS, tmp_path, told) >= 8


def test_a_file_is_refused_with_a_sentence_that_says_what_to_do(
    vendor: GithubIssues, endpoint: Any, told: Told
) -> None:
    ticket = endpoint.open(told[0])
    with pytest.raises(EndpointError, match="takes no files: set 'link_store' to a desk"):
        endpoint.attach(ticket, told[1], told[2], ignore)
    vendor.close(ticket.number)
    with pytest.raises(ClosedTicket):
        endpoint.attach(ticket, told[1], told[2], ignore)
    assert vendor.kept() == (1, 0)
    assert ENDPOINT.capabilities.link_only


def test_a_comment_tells_link_hash_and_end(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    ends = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
    where = endpoint.attach_link(endpoint.open(told[0]), told[1], told[2], LINK, ends)
    (comment,) = vendor.comments
    assert where == comment["html_url"]
    assert comment["body"].splitlines()[0] == f"Diagnostic bundle {told[1].bundle_id}"
    assert f"SHA-256: {told[1].sha256}" in comment["body"].splitlines()
    assert comment["body"].splitlines()[-1] == f"Link: {LINK} (until 2026-12-24 18:00 UTC)"


def test_the_same_link_is_told_once_and_another_beside_it(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    first = endpoint.attach_link(ticket, told[1], told[2], LINK, None)
    assert endpoint.attach_link(ticket, told[1], told[2], LINK, None) == first
    assert endpoint.attach_link(ticket, told[1], told[2], f"{LINK}0", None) != first
    assert vendor.kept() == (1, 2)


def test_a_strangers_comment_and_many_others_are_not_ours(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    body = f"Diagnostic bundle {told[1].bundle_id}\nSHA-256: {told[1].sha256}\nLink: {LINK}"
    strange = {"issue": 1, "html_url": "x", "user": {"login": "stranger"}, "body": body}
    vendor.comments.extend({**strange, "id": number} for number in range(1, 101))
    endpoint.attach_link(ticket, told[1], told[2], LINK, None)
    endpoint.attach_link(ticket, told[1], told[2], LINK, None)
    assert vendor.kept() == (1, 101)


def test_a_comment_that_was_edited_is_noticed(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    ticket = endpoint.open(told[0])
    endpoint.attach_link(ticket, told[1], told[2], LINK, None)
    vendor.damage(ticket.number, told[1].bundle_id)
    with pytest.raises(EndpointError, match="SHA-256"):
        endpoint.attach_link(ticket, told[1], told[2], LINK, None)


def test_an_issue_of_another_account_takes_no_link(
    vendor: GithubIssues, endpoint: Any, tmp_path: Path, told: Told
) -> None:
    foreign = device("github_issues", vendor, tmp_path, THEIRS).open(told[0])
    with pytest.raises(UnknownTicket):
        endpoint.attach_link(foreign, told[1], told[2], LINK, None)


def test_pull_requests_are_no_tickets(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    number = endpoint.open(told[0]).number
    vendor.issues[1]["pull_request"] = {"url": "x"}
    assert endpoint.tickets() == []
    with pytest.raises(UnknownTicket):
        endpoint.look_up(number)
    assert endpoint.open(told[0]).number != number


def test_an_issue_beyond_the_first_page_is_found(vendor: GithubIssues, endpoint: Any, told: Told) -> None:
    first = endpoint.open(told[0])
    for number in range(2, 202):
        vendor.issues[number] = {**vendor.issues[1], "number": number, "body": None}
    assert endpoint.open(told[0]) == first
    assert endpoint.open(dataclasses.replace(told[0], idempotency_key="another")).number == "202"


@pytest.mark.parametrize("address", ["https://github.com", "https://github.com/owner", "https://github.com/a/b/issues"])
def test_an_address_that_is_no_repositorys_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="OWNER/REPOSITORY"):
        GithubIssuesEndpoint(Connection(address=address, credential_file=tmp_path / "token"))


@pytest.mark.parametrize(("status", "body"), [(301, {"message": "Moved Permanently"}), (410, {"message": "Gone"})])
def test_the_public_site_has_an_api_host_and_a_moved_or_deleted_issue_is_unknown(
    tmp_path: Path, status: int, body: dict[str, str]
) -> None:
    connection = Connection(address="https://github.com/example/support", credential_file=tmp_path / "token")
    enroll(connection, OURS, "")
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com/repos/example/support/issues/7", json=body, status=status)
        with pytest.raises(UnknownTicket):
            GithubIssuesEndpoint(connection).look_up("7")
        assert mock.calls[0].request.headers["Authorization"] == f"Bearer {OURS}"


def limited(**headers: str) -> Reply:
    return Reply(403, {"message": "limit"}, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, {"message": "Bad credentials"}), NotEnrolled, "token"),
        (Reply(403, {"message": "Resource not accessible"}), EndpointError, "not accessible"),
        (limited(Retry_After="60"), RateLimited, "60 seconds"),
        (
            limited(X_RateLimit_Remaining="0", X_RateLimit_Reset=str(int(time.time()) + 9000)),
            RateLimited,
            "8\\d\\d\\d sec",
        ),
        (limited(X_RateLimit_Remaining="0"), RateLimited, "0 seconds"),
        (Reply(422, {"message": "Failed", "errors": [{"code": "x"}]}), EndpointError, "Failed"),
        (FAULTS["429"], RateLimited, "7 seconds"),
    ],
)
def test_each_refusal_has_its_error(vendor: GithubIssues, endpoint: Any, reply: Any, kind: Any, words: str) -> None:
    vendor.server.troubles = [reply]
    with pytest.raises(kind, match=words) as refused:
        endpoint.check()
    assert OURS not in str(refused.value)
