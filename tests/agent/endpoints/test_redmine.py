"""Redmine, answer by answer. The contract suite speaks to the real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.redmine import RedmineEndpoint, _rank, _severity, enroll
from agent.errors import EndpointError, TooLarge, UnknownTicket, Unreachable, UsageError, WrongType
from agent.flow import Archive, Consent, TicketDraft
from tests.agent.endpoints.test_tracker import TICKET

URL = "https://redmine.example"
KEY = "0123456789abcdef"
PRIORITIES = {"issue_priorities": [{"id": number} for number in (11, 12, 13, 14, 15)]}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


def connected(tmp_path: Path, address: str = f"{URL}/projects/support") -> Any:
    connection = Connection(address=address, credential_file=tmp_path / "token")
    enroll(connection, KEY, "")
    return RedmineEndpoint(connection)


def issue(*, closed: bool = False, **more: object) -> dict[str, object]:
    told = {"id": 7, "subject": "s", "status": {"name": "New", "is_closed": closed}, "priority": {"id": 13}}
    return {**told, **more}


@pytest.mark.parametrize("address", [URL, f"{URL}/support", f"{URL}/projects/support/issues"])
def test_an_address_that_is_no_projects_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="PROJECT"):
        connected(tmp_path, address)


@pytest.mark.parametrize("closed", [True, False])
def test_looks_an_issue_up(mock: responses.RequestsMock, tmp_path: Path, closed: bool) -> None:
    mock.get(f"{URL}/issues/7.json", json={"issue": issue(closed=closed)})
    mock.get(f"{URL}/enumerations/issue_priorities.json", json=PRIORITIES)
    ticket = connected(tmp_path).look_up("#7")
    assert (ticket.severity, ticket.accepts_bundles) == (2, not closed)
    assert mock.calls[0].request.headers["X-Redmine-API-Key"] == KEY
    assert KEY not in str(mock.calls[0].request.url)


@pytest.mark.parametrize("status", [403, 404])
def test_an_issue_that_is_not_shown_is_unknown(mock: responses.RequestsMock, tmp_path: Path, status: int) -> None:
    """Redmine answers with an empty body."""
    mock.get(f"{URL}/issues/7.json", body=b"", status=status)
    with pytest.raises(UnknownTicket):
        connected(tmp_path).look_up("7")


def test_an_issue_that_only_mentions_the_bundle_is_not_its_ticket(
    mock: responses.RequestsMock,
    tmp_path: Path,
    make_archive: Callable[..., Archive],
    draft_for: Callable[[Archive], TicketDraft],
) -> None:
    draft = draft_for(make_archive())
    search = f"{URL}/projects/support/issues.json"
    mock.get(search, json={"issues": [issue(description=f"see Bundle: {draft.idempotency_key} there")]})
    mock.get(f"{URL}/enumerations/issue_priorities.json", json=PRIORITIES)
    mock.post(f"{URL}/issues.json", json={"issue": issue()}, status=201)
    mock.get(search, json={"issues": [issue(description=f"x\r\nBundle: {draft.idempotency_key}")]})
    assert connected(tmp_path).open(draft).number == "7"
    sent = json.loads(mock.calls[2].request.body or b"")["issue"]
    assert sent["project_id"] == "support"
    assert f"Bundle: {draft.idempotency_key}" in sent["description"]


def prepare_attach(mock: responses.RequestsMock, attached: list[object]) -> None:
    mock.get(f"{URL}/issues/7.json", json={"issue": issue(attachments=attached)})


def test_hangs_the_upload_on_the_issue_and_reads_it_back(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[..., Consent]
) -> None:
    archive = make_archive()
    prepare_attach(mock, [])
    mock.get(f"{URL}/enumerations/issue_priorities.json", json=PRIORITIES)
    prepare_attach(mock, [{"id": 1, "filename": "another.7z"}])
    mock.post(f"{URL}/uploads.json", json={"upload": {"token": f"3.{archive.sha256}"}}, status=201)
    mock.put(f"{URL}/issues/7.json", body=b"", status=204)
    prepare_attach(mock, [{"id": 3, "filename": f"{archive.bundle_id}.7z"}])
    mock.get(f"{URL}/attachments/download/3", body=archive.file.read_bytes())
    link = connected(tmp_path).attach(TICKET, archive, agree(archive), lambda sent, total: None)
    assert link == f"{URL}/attachments/3"


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (422, "This file cannot be uploaded because it exceeds the maximum allowed file size (5 MB)", TooLarge),
        (422, "Attachment extension .7z is not allowed", WrongType),
        (406, "", EndpointError),
        (201, "", Unreachable),  # with the token of other bytes
    ],
)
def test_an_upload_that_is_not_taken_is_told_as_what_it_is(
    mock: responses.RequestsMock,
    tmp_path: Path,
    make_archive: Any,
    agree: Any,
    status: int,
    words: str,
    error: type[EndpointError],
) -> None:
    archive = make_archive()
    prepare_attach(mock, [])
    mock.get(f"{URL}/enumerations/issue_priorities.json", json=PRIORITIES)
    prepare_attach(mock, [])
    mock.post(f"{URL}/uploads.json", json={"errors": [words], "upload": {"token": "3.0000"}}, status=status)
    with pytest.raises(error, match=words[:10] or HOST_WORDS):
        connected(tmp_path).attach(TICKET, archive, agree(archive), lambda sent, total: None)


HOST_WORDS = "redmine.example"


def test_check_names_the_project(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{URL}/projects/support.json", json={"project": {"id": 1}})
    assert "support" in connected(tmp_path).check()


def test_an_answer_without_an_issue_is_a_strangers(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{URL}/issues/7.json", json={"well": True})
    with pytest.raises(Unreachable, match="issue"):
        connected(tmp_path).look_up("7")


@pytest.mark.parametrize("priorities", [4, 5, 8])
def test_a_severity_comes_back_as_it_went(priorities: int) -> None:
    assert [_severity(_rank(severity, priorities), priorities) for severity in (1, 2, 3, 4)] == [1, 2, 3, 4]


@pytest.mark.parametrize("priorities", [1, 2, 3])
def test_few_priorities_are_enough(priorities: int) -> None:
    assert all(0 <= _rank(severity, priorities) < priorities for severity in (1, 2, 3, 4))
