"""Roundup, answer by answer. The contract suite speaks to the real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from agent.endpoints import Connection
from agent.endpoints.roundup import RoundupEndpoint, enroll
from agent.errors import NotEnrolled, UnknownTicket, Unreachable, UsageError
from agent.flow import Archive, Consent, TicketDraft
from tests.agent.endpoints.test_tracker import TICKET

URL = "https://roundup.example/support"
API = f"{URL}/rest/data"
ETAG = {"ETag": '"state-gzip"'}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as requests_mock:
        yield requests_mock


def connected(tmp_path: Path, address: str = URL) -> Any:
    connection = Connection(address=address, credential_file=tmp_path / "token")
    enroll(connection, "device:password", "")
    return RoundupEndpoint(connection)


def listed(*items: object) -> dict[str, object]:
    return {"data": {"collection": list(items)}}


def issue(*files: str, creator: str = "device", status: str = "unread") -> dict[str, object]:
    attributes = {
        "title": "s",
        "status": {"name": status},
        "priority": {"name": "urgent"},
        "creator": {"username": creator},
        "files": [{"id": each} for each in files],
    }
    return {"data": {"id": "7", "attributes": attributes}}


def test_an_address_without_a_tracker_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TRACKER"):
        connected(tmp_path, "https://roundup.example")


@pytest.mark.parametrize("token", ["no-colon-in-it", ":password-only", "name-only:"])
def test_what_is_no_log_in_is_not_kept(tmp_path: Path, token: str) -> None:
    with pytest.raises(NotEnrolled, match="NAME:PASSWORD"):
        enroll(Connection(address=URL, credential_file=tmp_path / "token"), token, "")
    assert not (tmp_path / "token").exists()


def test_looks_an_issue_up_as_a_browser_at_its_own_page_would(mock: responses.RequestsMock, tmp_path: Path) -> None:
    """Roundup refuses what has no X-Requested-With, or comes from elsewhere."""
    mock.get(f"{API}/issue/7", json=issue(status="resolved"))
    ticket = connected(tmp_path).look_up("7")
    assert (ticket.severity, ticket.status, ticket.accepts_bundles) == (2, "resolved", False)
    sent = mock.calls[0].request.headers
    assert sent["Origin"] == "https://roundup.example"
    assert sent["Referer"] == f"{URL}/"
    assert sent["X-Requested-With"]


def test_anothers_issue_is_told_like_an_absent_one(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/issue/7", json=issue(creator="another"))
    mock.get(f"{API}/issue/8", json={"error": {"msg": "no such issue 8"}}, status=404)
    for number in ("7", "8"):
        with pytest.raises(UnknownTicket):
            connected(tmp_path).look_up(number)


def test_the_first_message_carries_the_bundles_id(
    mock: responses.RequestsMock,
    tmp_path: Path,
    make_archive: Callable[..., Archive],
    draft_for: Callable[[Archive], TicketDraft],
) -> None:
    """An earlier attempt left the message without an issue: it is used, not written again."""
    draft = draft_for(make_archive())
    message = {"id": "3", "messageid": f"<{draft.idempotency_key}@sendlogs.invalid>"}
    mock.get(f"{API}/msg", json=listed({"id": "2", "messageid": "<another>"}, message))
    mock.get(f"{API}/issue", json=listed())
    mock.get(f"{API}/msg", json=listed(message))
    mock.post(f"{API}/issue", json={"data": {"id": "7"}}, status=201)
    mock.get(f"{API}/msg", json=listed(message))
    mock.get(f"{API}/issue", json=listed({"id": "7", "title": "s", "status": None, "priority": None}))
    opened = connected(tmp_path).open(draft)
    assert (opened.number, opened.severity, opened.status) == ("7", None, "unread")
    assert json.loads(mock.calls[3].request.body or b"")["messages"] == ["3"]


def prepare_files(mock: responses.RequestsMock, archive: Archive, *numbers: str) -> None:
    items = [{"id": number, "name": f"{archive.bundle_id}.7z"} for number in numbers]
    mock.get(f"{API}/file", json=listed(*items, {"id": "1", "name": "another.7z"}))


def test_a_file_is_read_back_before_it_is_hung_on_the_issue(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[..., Consent]
) -> None:
    """A body that was cut off stands there as a file of its own, and the issue changes once meanwhile."""
    archive = make_archive()
    mock.get(f"{API}/issue/7", json=issue("1"))
    mock.get(f"{API}/issue/7", json=issue("1"))
    prepare_files(mock, archive, "4")
    prepare_files(mock, archive, "4")
    mock.get(f"{API}/file/4/binary_content", body=b"7z cut off")
    mock.post(f"{API}/file", json={"data": {"id": "5"}}, status=201)
    mock.get(f"{API}/file/5/binary_content", body=archive.file.read_bytes())
    mock.post(f"{API}/msg", json={"data": {"id": "9"}}, status=201)
    mock.get(f"{API}/issue/7", json=issue("1"), headers=ETAG)
    mock.patch(f"{API}/issue/7", json={"error": {"msg": "changed"}}, status=412)
    mock.get(f"{API}/issue/7", json=issue("1"), headers=ETAG)
    mock.patch(f"{API}/issue/7", json={"data": {}})
    mock.get(f"{API}/issue/7", json=issue("1", "5"))
    prepare_files(mock, archive, "4", "5")
    mock.get(f"{API}/file/5/binary_content", body=archive.file.read_bytes())
    link = connected(tmp_path).attach(TICKET, archive, agree(archive), lambda sent, total: None)
    assert link == f"{URL}/file5/"
    sent = next(call.request for call in mock.calls if call.request.method == "PATCH")
    assert sent.headers["If-Match"] == ETAG["ETag"]
    assert json.loads(sent.body or b"") == {"@op": "add", "files": ["5"], "messages": ["9"]}


def test_a_file_that_arrived_hurt_is_not_hung_on_the_issue(
    mock: responses.RequestsMock, tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[..., Consent]
) -> None:
    archive = make_archive()
    mock.get(f"{API}/issue/7", json=issue())
    mock.get(f"{API}/issue/7", json=issue())
    prepare_files(mock, archive)
    mock.post(f"{API}/file", json={"data": {"id": "5"}}, status=201)
    mock.get(f"{API}/file/5/binary_content", body=archive.file.read_bytes()[:-1])
    with pytest.raises(Unreachable, match="other bytes"):
        connected(tmp_path).attach(TICKET, archive, agree(archive), lambda sent, total: None)


def test_check_names_the_account(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/issue", json=listed())
    assert "device" in connected(tmp_path).check()


def test_an_answer_without_data_is_a_strangers(mock: responses.RequestsMock, tmp_path: Path) -> None:
    mock.get(f"{API}/issue/7", json={"well": True})
    with pytest.raises(Unreachable, match="data"):
        connected(tmp_path).look_up("7")
