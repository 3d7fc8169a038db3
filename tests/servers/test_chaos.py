"""Deliveries through a line that loses, cuts, stalls and lies: each bundle ends on its ticket, once.

``TEST_DELIVERIES`` says how many bundles (40 where it is not set; ``make test-chaos`` takes 500).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import requests

from agent import delivery
from agent.endpoints import Connection, Endpoint, installed
from agent.endpoints.desk import enroll
from agent.endpoints.request_tracker import enroll as enroll_at_tracker
from agent.errors import Unreachable
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Receipt, Severity, TicketDraft
from agent.outbox import Outbox
from tests.contracts.conftest import RunningDesk, running_desk, running_request_tracker
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.tracker_process import RunningTracker

__all__ = ["running_desk", "running_request_tracker"]  # the fixtures

DELIVERIES = int(os.environ.get("TEST_DELIVERIES", "40"))
ATTEMPTS = 60  # of one bundle; more than half of them meet no fault
TICKETS = 8  # that are open before the trouble begins; every third bundle opens one of its own
CLIENT_SECONDS, TRACKER_SECONDS = 1.5, 15.0  # how long an answer is waited for
MAGIC = b"7z\xbc\xaf\x27\x1c"
SEED = 20261126


class Site(NamedTuple):
    """An endpoint, reached directly and through the bad line; ``held`` tells the ticket and bundle of attachments."""

    direct: Endpoint
    through: Callable[[], Endpoint]
    address: str
    proxy: ChaosProxy
    held: Callable[[], tuple[int, list[tuple[str, str]]]]  # and how many tickets there are


_HELD_BY_DESK = """
import django; django.setup()
import json
from desk.models import Bundle, SupportRequest
bundles = [[str(bundle.ticket_id), str(bundle.bundle_id)] for bundle in Bundle.objects.all()]
print(json.dumps([SupportRequest.objects.count(), bundles]))
"""


@pytest.fixture
def desk_site(running_desk: RunningDesk, tmp_path: Path) -> Iterator[Site]:
    kind = installed()["desk"]
    credential = tmp_path / "credential"
    enroll(Connection(address=running_desk.url, credential_file=credential), running_desk.enrolment_token(), "a device")

    def held() -> tuple[int, list[tuple[str, str]]]:
        environment = {"SENDLOGS_DESK_STATE": str(running_desk.state), "DJANGO_SETTINGS_MODULE": "desk.settings"}
        argv = [sys.executable, "-c", _HELD_BY_DESK]
        done = subprocess.run(
            argv, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=True
        )
        tickets, bundles = json.loads(done.stdout)
        return tickets, [tuple(each) for each in bundles]

    def connected(url: str) -> Endpoint:
        connection = Connection(address=url, credential_file=credential, timeout_seconds=CLIENT_SECONDS)
        return kind.connect(connection)

    port = urlsplit(running_desk.url).port or 0
    with ChaosProxy(port, seed=SEED, stall_seconds=3 * CLIENT_SECONDS) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        yield Site(
            direct=connected(running_desk.url),
            through=lambda: connected(url),
            address=f"desk:{url}",
            proxy=proxy,
            held=held,
        )


@pytest.fixture
def request_tracker_site(running_request_tracker: RunningTracker, tmp_path: Path) -> Iterator[Site]:
    kind, tracker, credential = installed()["request_tracker"], running_request_tracker, tmp_path / "credential"
    enroll_at_tracker(Connection(address=tracker.address, credential_file=credential), tracker.ours, "")
    base = f"{tracker.address.rpartition('/')[0]}/REST/2.0"

    def asked(path: str, wanted: object = None) -> Any:
        headers = {"Authorization": f"token {tracker.ours}"}
        method = "GET" if wanted is None else "POST"
        answer = requests.request(method, f"{base}/{path}", json=wanted, headers=headers, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def found(path: str, wanted: object = None) -> Iterator[dict[str, Any]]:
        page = 1
        while items := asked(f"{path}per_page=100&page={page}", wanted)["items"]:
            page += 1
            yield from items

    def held() -> tuple[int, list[tuple[str, str]]]:
        wanted = [{"field": "Filename", "operator": "ENDSWITH", "value": ".7z"}]
        bundles = []
        for item in found("attachments?", wanted):
            told = asked(f"attachment/{item['id']}?fields=Filename,TransactionId")
            transaction = asked(f"transaction/{told['TransactionId']['id']}")
            bundles.append((str(transaction["Object"]["id"]), str(told["Filename"]).removesuffix(".7z")))
        return sum(1 for _ in found("tickets?query=id>0&")), bundles

    def connected(address: str) -> Endpoint:
        return kind.connect(Connection(address=address, credential_file=credential, timeout_seconds=TRACKER_SECONDS))

    parts = urlsplit(tracker.address)
    with ChaosProxy(parts.port or 0, seed=SEED, stall_seconds=3 * TRACKER_SECONDS) as proxy:
        through = parts._replace(netloc=f"127.0.0.1:{proxy.port}").geturl()
        yield Site(
            direct=connected(tracker.address),
            through=lambda: connected(through),
            address=f"request_tracker:{through}",
            proxy=proxy,
            held=held,
        )


def test_every_bundle_arrives_once_at_the_desk(desk_site: Site, tmp_path: Path) -> None:
    _deliver_all(desk_site, tmp_path)


@pytest.mark.peer
def test_every_bundle_arrives_once_at_request_tracker(request_tracker_site: Site, tmp_path: Path) -> None:
    _deliver_all(request_tracker_site, tmp_path)


def _deliver_all(site: Site, folder: Path) -> None:
    outbox = Outbox(folder / "state", limit_bytes=2**30)
    open_tickets = [site.direct.open(_draft(f"Ticket {number}")).number for number in range(TICKETS)]
    tickets_before, _ = site.held()
    chance = random.Random(SEED)
    receipts: dict[str, Receipt] = {}
    attempts: Counter[int] = Counter()
    opened = 0
    for number in range(DELIVERIES):
        archive = _archive(folder, chance)
        consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
        opens = number % 3 == 0
        opened += opens
        target = _draft(f"New {number}", archive.bundle_id) if opens else chance.choice(open_tickets)
        outbox.put(archive, target, consent, site.address, "scope")
        receipts[archive.bundle_id], tries = _delivered(archive.bundle_id, outbox, site)
        attempts[tries] += 1
        if not opens:
            assert receipts[archive.bundle_id].ticket == target
    tickets, held = site.held()
    print(f"\n{DELIVERIES} deliveries, attempts {dict(sorted(attempts.items()))}, faults {dict(site.proxy.faults)}")
    assert sorted(held) == sorted((receipt.ticket, bundle) for bundle, receipt in receipts.items())
    assert tickets - tickets_before == opened
    assert outbox.entries() == []
    assert site.proxy.strangers_met == 0


def _delivered(bundle_id: str, outbox: Outbox, site: Site) -> tuple[Receipt, int]:
    endpoint = site.through()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return delivery.deliver(outbox.entry(bundle_id), outbox, endpoint, ignore_progress), attempt
        except Unreachable:
            if attempt % 3 == 0:  # a new process would begin anew
                endpoint = site.through()
    pytest.fail(f"not delivered in {ATTEMPTS} attempts: {outbox.entry(bundle_id).last_error}")


def _draft(subject: str, key: str | None = None) -> TicketDraft:
    return TicketDraft(
        idempotency_key=key or str(uuid.uuid4()),
        subject=subject,
        description="It does not work.",
        severity=Severity.HIGH,
        product="Example",
        computer_id=str(uuid.uuid4()),
        operating_system="Linux",
        account="jo",
        version="1.2.3",
        cloud=None,
    )


def _archive(folder: Path, chance: random.Random) -> Archive:
    data = MAGIC + chance.randbytes(chance.choice((1_000, 30_000, 70_000, 200_000)))
    bundle_id = str(uuid.uuid4())
    file = folder / f"{bundle_id}.7z"
    file.write_bytes(data)
    return Archive(
        bundle_id=bundle_id,
        file=file,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        made_at=datetime.now(UTC),
        members=(),
        skipped=(),
        facts={},
        counts={},
    )
