"""The endpoints of real trackers: bundles of 60 MB, read back by a hand of our own, and Roundup's real rate limit."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import importlib
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from agent.endpoints import Connection, Endpoint, installed
from agent.endpoints._attempts import Attempts
from agent.errors import NotEnrolled, TooLarge
from agent.flow import Archive, Consent, Severity, TicketDraft
from agent.volumes import volumes_of
from tests.contracts.conftest import running_redmine, running_request_tracker, running_roundup
from tests.servers.redmine_server import running_redmine as start_redmine
from tests.servers.roundup_server import running_roundup as start_roundup
from tests.servers.tracker_process import RunningTracker

__all__ = ["running_redmine", "running_request_tracker", "running_roundup"]  # the fixtures

pytestmark = pytest.mark.peer
BUNDLE_BYTES = 60 * 2**20
TRACKERS = ("redmine", "request_tracker", "roundup")


def endpoint(name: str, tracker: RunningTracker, folder: Path, token: str | None = None) -> Endpoint:
    connection = Connection(
        address=tracker.address, credential_file=folder / "token", timeout_seconds=120, retry_seconds=120
    )
    importlib.import_module(f"agent.endpoints.{name}").enroll(connection, token or tracker.ours, "")
    return installed()[name].connect(connection)


def archive_of(size_bytes: int, folder: Path) -> Archive:
    data = b"7z\xbc\xaf\x27\x1c" + hashlib.shake_256(b"a bundle").digest(size_bytes - 6)
    file = folder / "bundle.7z"
    file.write_bytes(data)
    return Archive(
        bundle_id=str(uuid.uuid4()),
        file=file,
        size_bytes=size_bytes,
        sha256=hashlib.sha256(data).hexdigest(),
        made_at=datetime.now(UTC),
        members=(),
        skipped=(),
        facts={},
        counts={},
    )


def draft(key: str) -> TicketDraft:
    return TicketDraft(
        idempotency_key=key,
        subject="Restore stops",
        description="At 12 %.",
        severity=Severity.HIGH,
        product="Example",
        computer_id=str(uuid.uuid4()),
        operating_system="Linux",
        account="jo",
        version="1.2.3",
        cloud=None,
    )


def consent_to(archive: Archive) -> Consent:
    return Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))


def _request_tracker_copies(url: str, token: str, number: str, name: str) -> Iterator[bytes]:
    headers, base = {"Authorization": f"token {token}"}, f"{url.rpartition('/')[0]}/REST/2.0"
    wanted = [{"field": "Filename", "value": name}]
    for item in requests.post(f"{base}/attachments", json=wanted, headers=headers, timeout=120).json()["items"]:
        told = requests.get(f"{base}/attachment/{item['id']}", headers=headers, timeout=120).json()
        yield base64.b64decode(told["Content"])


def _redmine_copies(url: str, token: str, number: str, name: str) -> Iterator[bytes]:
    headers, base = {"X-Redmine-API-Key": token}, url.partition("/projects/")[0]
    issue = requests.get(f"{base}/issues/{number}.json?include=attachments", headers=headers, timeout=120).json()
    for item in issue["issue"]["attachments"]:
        yield requests.get(f"{base}/attachments/download/{item['id']}", headers=headers, timeout=120).content


def _roundup_copies(url: str, token: str, number: str, name: str) -> Iterator[bytes]:
    name, _, password = token.partition(":")
    headers: dict[str, str] = {"X-Requested-With": "test", "Referer": f"{url}/"}
    asked: dict[str, Any] = {"auth": (name, password), "headers": headers, "timeout": 120}
    issue = requests.get(f"{url}/rest/data/issue/{number}?@verbose=2", **asked).json()
    for item in issue["data"]["attributes"]["files"]:
        yield requests.get(f"{url}/rest/data/file/{item['id']}/binary_content", **asked).content


_COPIES: dict[str, Callable[[str, str, str, str], Iterator[bytes]]] = {
    "redmine": _redmine_copies,
    "request_tracker": _request_tracker_copies,
    "roundup": _roundup_copies,
}


@pytest.mark.parametrize("name", TRACKERS)
def test_sixty_megabytes_delivered_twice_are_there_once(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """One ticket, one attachment, whose bytes have the archive's SHA-256."""
    tracker: RunningTracker = request.getfixturevalue(f"running_{name}")
    archive = archive_of(BUNDLE_BYTES, tmp_path)
    began, links, numbers = time.monotonic(), set[str](), set[str]()
    for _ in range(2):
        connected = endpoint(name, tracker, tmp_path)  # as a new process would
        ticket = connected.open(draft(archive.bundle_id))
        numbers.add(ticket.number)
        links.add(connected.attach(ticket, archive, consent_to(archive), lambda sent, total: None))
    print(f"\n{name}: {archive.size_bytes} bytes, delivered and delivered again in {time.monotonic() - began:.1f} s")
    assert len(links) == len(numbers) == 1
    copies = list(_COPIES[name](tracker.address, tracker.ours, ticket.number, f"{archive.bundle_id}.7z"))
    assert [hashlib.sha256(copy).hexdigest() for copy in copies] == [archive.sha256]


@pytest.mark.parametrize("name", TRACKERS)
def test_volumes_delivered_twice_are_there_once_and_join_to_the_bundle(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Three files on the ticket, read back by a hand of our own; one after the other they are the archive."""
    tracker: RunningTracker = request.getfixturevalue(f"running_{name}")
    archive = dataclasses.replace(archive_of(5 * 2**20, tmp_path), volume_bytes=2 * 2**20)
    links = set[str]()
    for _ in range(2):
        connected = endpoint(name, tracker, tmp_path)
        ticket = connected.open(draft(archive.bundle_id))
        links.add(connected.attach(ticket, archive, consent_to(archive), lambda sent, total: None))
    assert len(links) == 1
    if name == "request_tracker":  # its copies are asked for by name
        names = [f"{archive.bundle_id}.7z.00{number}" for number in (1, 2, 3)]
        copies = [copy for each in names for copy in _COPIES[name](tracker.address, tracker.ours, ticket.number, each)]
    else:
        copies = list(_COPIES[name](tracker.address, tracker.ours, ticket.number, ""))
    assert sorted(len(copy) for copy in copies) == [2**20, 2 * 2**20, 2 * 2**20]
    assert sorted(hashlib.sha256(copy).hexdigest() for copy in copies) == sorted(
        part.sha256 for part in volumes_of(archive)
    )


@pytest.mark.parametrize("name", TRACKERS)
def test_a_wrong_token_is_told_as_such(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    tracker: RunningTracker = request.getfixturevalue(f"running_{name}")
    wrong = {"request_tracker": "1-27-0123456789abcdef", "roundup": "device-1:wrong-password"}.get(name, "0123456789")
    with pytest.raises(NotEnrolled) as told:
        endpoint(name, tracker, tmp_path, wrong).check()
    assert wrong.rpartition(":")[2] not in str(told.value) + told.value.advice


def test_roundup_is_waited_for_when_it_asks(tmp_path: Path) -> None:
    """A dozen requests a minute: real 429s come, are waited for as they ask, and the bundle is there once."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        time.sleep(seconds)

    with start_roundup(calls_per_minute=12) as tracker:
        connected: Any = endpoint("roundup", tracker, tmp_path)
        connected._transport._attempts = Attempts(budget_seconds=120, sleep=sleep, chance=lambda: 0.0)
        archive = archive_of(100_000, tmp_path)
        ticket = connected.open(draft(archive.bundle_id))
        connected.attach(ticket, archive, consent_to(archive), lambda sent, total: None)
        again = connected.attach(ticket, archive, consent_to(archive), lambda sent, total: None)
        print(f"\n429s waited for: {len(pauses)}, {sum(pauses):.1f} s")
        assert again
        assert pauses
        assert len(connected._held(ticket.number, f"{archive.bundle_id}.7z")) == 1


def test_redmines_own_limit_is_told_as_too_large(tmp_path: Path) -> None:
    """Its default is 5 MB, told by a sentence in the account's language."""
    with start_redmine(limit_kb=100) as tracker:
        connected = endpoint("redmine", tracker, tmp_path)
        archive = archive_of(200_000, tmp_path)
        ticket = connected.open(draft(archive.bundle_id))
        with pytest.raises(TooLarge, match="size"):
            connected.attach(ticket, archive, consent_to(archive), lambda sent, total: None)
        volumes = dataclasses.replace(archive, volume_bytes=100_000)
        assert connected.attach(ticket, volumes, consent_to(archive), lambda sent, total: None)
        small = dataclasses.replace(archive_of(50_000, tmp_path), bundle_id=archive.bundle_id)
        assert connected.attach(ticket, small, consent_to(small), lambda sent, total: None)
