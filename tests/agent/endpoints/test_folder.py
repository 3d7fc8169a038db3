"""The folder as a ticketing endpoint: what it writes, and what a share can do to it."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.endpoints import Connection, folder
from agent.endpoints.folder import FolderEndpoint
from agent.errors import UnknownTicket, Unreachable, UsageError
from agent.flow import Archive, Consent, TicketDraft

OPEN_MANY = """
import sys
from pathlib import Path
from agent.endpoints import Connection
from agent.endpoints.folder import FolderEndpoint
from agent.flow import Severity, TicketDraft
root = Path(sys.argv[1])
endpoint = FolderEndpoint(Connection(address=str(root / "share"), credential_file=root / "device"))
for index in range(20):
    endpoint.open(TicketDraft(
        idempotency_key=f"key {index}", subject="s", description="d", severity=Severity.LOW, product="p",
        computer_id="c", operating_system="o", account="a", version="1", cloud=None,
    ))
"""


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


@pytest.fixture
def endpoint(tmp_path: Path, share: Path) -> FolderEndpoint:
    return FolderEndpoint(Connection(address=str(share), credential_file=tmp_path / "device"))


@pytest.fixture
def draft(make_archive: Callable[..., Archive], draft_for: Callable[[Archive], TicketDraft]) -> TicketDraft:
    return draft_for(make_archive())


def test_a_ticket_is_a_folder_that_a_person_can_read(endpoint: FolderEndpoint, share: Path, draft: TicketDraft) -> None:
    endpoint.open(draft)
    told = json.loads((share / "ticket-000001" / "ticket.json").read_bytes())
    assert told["subject"] == draft.subject
    assert told["description"] == draft.description
    assert told["status"] == "open"


def test_a_bundle_lies_beside_its_hash_and_its_consent(
    endpoint: FolderEndpoint,
    share: Path,
    draft: TicketDraft,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    link = endpoint.attach(endpoint.open(draft), archive, agree(archive), lambda sent, total: None)
    stored = share / "ticket-000001" / f"{archive.bundle_id}.7z"
    assert link == stored.as_uri()
    assert stored.read_bytes() == archive.file.read_bytes()
    about = json.loads(stored.with_suffix(".json").read_bytes())
    assert (about["sha256"], about["consent"]["given_by"]) == (archive.sha256, "jo")


@pytest.mark.posix
def test_everything_in_it_is_for_the_owner_alone(
    endpoint: FolderEndpoint,
    share: Path,
    draft: TicketDraft,
    make_archive: Callable[..., Archive],
    agree: Callable[[Archive], Consent],
) -> None:
    archive = make_archive()
    endpoint.attach(endpoint.open(draft), archive, agree(archive), lambda sent, total: None)
    assert [path for path in share.rglob("*") if path.stat().st_mode & 0o077] == []


def test_a_share_that_is_away_is_not_made(endpoint: FolderEndpoint, share: Path, draft: TicketDraft) -> None:
    """A bundle must not end up in an empty mount point."""
    share.rmdir()
    for action in (lambda: endpoint.open(draft), endpoint.tickets, endpoint.check, lambda: endpoint.look_up("1")):
        with pytest.raises(Unreachable, match="is not there"):
            action()
    assert not share.exists()


def test_a_folder_that_never_was_there_is_told_as_a_mistake(
    endpoint: FolderEndpoint, share: Path, draft: TicketDraft
) -> None:
    """Looking does not make it one that was there; having used it once does."""
    share.rmdir()
    for ask in (endpoint.check, endpoint.tickets, lambda: endpoint.open(draft)):
        with pytest.raises(Unreachable):
            ask()
        with pytest.raises(UsageError, match="no folder"):
            endpoint.require_place()
    share.mkdir()
    endpoint.require_place()
    endpoint.check()
    share.rmdir()
    endpoint.require_place()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"number": 1}', b"[" * 50_000])
def test_a_damaged_ticket_does_not_hide_the_others(
    endpoint: FolderEndpoint, share: Path, draft: TicketDraft, content: bytes
) -> None:
    """It is told when it is asked for; its number is not given away again."""
    endpoint.open(draft)
    (share / "ticket-000002").mkdir()
    (share / "ticket-000002" / "ticket.json").write_bytes(content)
    assert [ticket.number for ticket in endpoint.tickets()] == ["1"]
    with pytest.raises(Unreachable, match="damaged"):
        endpoint.look_up("2")


def test_a_foreign_folder_in_between_is_no_ticket(endpoint: FolderEndpoint, share: Path, draft: TicketDraft) -> None:
    (share / "ticket-notes").mkdir()
    (share / "ticket-000005").mkdir()
    assert endpoint.open(draft).number == "6"
    with pytest.raises(UnknownTicket):
        endpoint.look_up("5")


def test_processes_that_open_at_once_make_one_ticket_per_key(
    tmp_path: Path, share: Path, endpoint: FolderEndpoint
) -> None:
    argv = [sys.executable, "-c", OPEN_MANY, str(tmp_path)]
    started = [subprocess.Popen(argv) for _ in range(3)]
    assert [process.wait(timeout=120) for process in started] == [0, 0, 0]
    assert sorted(int(ticket.number) for ticket in endpoint.tickets()) == list(range(1, 21))


def test_an_empty_folder_where_tickets_were_is_a_share_that_is_away(
    endpoint: FolderEndpoint, share: Path, tmp_path: Path, draft: TicketDraft
) -> None:
    """A mount point without its share: nothing is refused for good, and nothing is written below it."""
    with pytest.raises(UnknownTicket):
        endpoint.look_up("1")  # nothing was ever there
    opened = endpoint.open(draft)
    share.rename(tmp_path / "away")
    share.mkdir()
    for attempt in (lambda: endpoint.look_up(opened.number), lambda: endpoint.open(draft)):
        with pytest.raises(Unreachable, match="holds no ticket, and this computer has opened one"):
            attempt()
    assert [path.name for path in share.iterdir() if path.name != ".open.lock"] == []
    (share / ".open.lock").unlink(missing_ok=True)
    share.rmdir()
    (tmp_path / "away").rename(share)
    assert endpoint.look_up(opened.number) == opened
    with pytest.raises(UnknownTicket):
        endpoint.look_up("2")


def test_a_folder_in_which_nothing_can_be_opened_is_tried_again(
    endpoint: FolderEndpoint, share: Path, draft: TicketDraft
) -> None:
    """A bundle for it waits: its rights may be mended, as a share may be mounted."""
    (share / ".open.lock").mkdir()
    with pytest.raises(Unreachable, match=r"\.open\.lock cannot be used"):
        endpoint.open(draft)


def test_a_folder_that_never_took_anything_is_told_as_a_mistake(
    endpoint: FolderEndpoint, share: Path, draft: TicketDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One without rights, as a mistyped one; once it was used, a bundle for it waits, and the folder is named."""
    (share / ".open.lock").mkdir()
    with monkeypatch.context() as closed:
        closed.setattr(os, "access", lambda *_: False)
        for _ in range(2):
            with pytest.raises(UsageError, match=re.escape(f"may not read and write in the folder {share}.")):
                endpoint.require_place()
            with pytest.raises(Unreachable, match=re.escape(f"may not read and write in the folder {share}.")):
                endpoint.open(draft)
        (share / ".open.lock").rmdir()
        with monkeypatch.context() as refusing:
            refusing.setattr(folder, "open_private", refused)
            with pytest.raises(Unreachable, match="may not read and write") as raised:
                endpoint.check()
            assert "sendlogs doctor" not in raised.value.advice
        endpoint.check()
        endpoint.require_place()
    endpoint.require_place()


def refused(path: Path) -> None:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))
