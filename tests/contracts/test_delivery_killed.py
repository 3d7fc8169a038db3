"""kill -9 at random moments of put, seal, open, send and record against the real desk: each bundle arrives once.

The killed are forks of this process, so that all of their short lives is spent at work; ``tests/system`` kills the
whole program. ``KILLS=200`` (``make kill-agent``) is the whole measure; a few are in every run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.delivery import deliver, retry
from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint, enroll
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Severity, TicketDraft
from agent.outbox import Outbox

if TYPE_CHECKING:
    from conftest import RunningDesk

KILLS = int(os.environ.get("KILLS", "12"))
SEED = 20261126
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MOST_AT_ONCE = 3  # bundles that one life may deliver

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")


def work_off(work: Path, outbox: Outbox, endpoint: DeskEndpoint, address: str) -> None:
    """Deliver what waits, then queue and deliver whatever lies in the work folder, as the program does."""
    retry(outbox, lambda _: endpoint, ignore_progress)
    for file in sorted(work.iterdir()):
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        archive = Archive(
            bundle_id=file.stem,
            file=file,
            size_bytes=file.stat().st_size,
            sha256=sha256,
            made_at=NOW,
            members=(),
            skipped=(),
            facts={},
            counts={},
        )
        texts = ("subject", "description", "product", "computer_id", "operating_system", "account", "version")
        draft = TicketDraft(idempotency_key=file.stem, **dict.fromkeys(texts, "x"), severity=Severity.LOW, cloud=None)
        consent = Consent(archive_sha256=sha256, given_by="jo", how="asked", given_at=NOW)
        deliver(outbox.put(archive, draft, consent, address, file.stem), outbox, endpoint, ignore_progress)


def lives(work: Callable[[], None], seconds: float) -> bool:
    """Let a fork of this process work; kill it after ``seconds``; whether it came to its end before."""
    process = os.fork()
    if process == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            assert status == 0, "it failed by itself"
            return True
    os.kill(process, signal.SIGKILL)
    return os.WIFEXITED(os.waitpid(process, 0)[1])


def tickets_of(desk: RunningDesk, computer_id: str) -> list[str]:
    """The numbers of all that this computer opened; the desk's own list ends with the newest hundred or so."""
    asked = "SELECT ticket_id FROM desk_supportrequest JOIN desk_device d ON d.id = device_id WHERE d.computer_id = ?"
    with contextlib.closing(sqlite3.connect(desk.state / "desk.sqlite3")) as database:
        return sorted(str(number) for (number,) in database.execute(asked, (computer_id,)))


def test_every_bundle_arrives_once(tmp_path: Path, running_desk: RunningDesk) -> None:
    chance, work_folder = random.Random(SEED), tmp_path / "work"
    work_folder.mkdir()
    connection = Connection(address=running_desk.url, credential_file=tmp_path / "credential")
    computer_id = str(uuid.uuid4())
    enroll(connection, running_desk.enrolment_token(), computer_id)
    outbox, endpoint, address = Outbox(tmp_path / "state", 10**9), DeskEndpoint(connection), f"desk:{running_desk.url}"
    hashes = dict[str, str]()

    def make_bundles() -> None:
        for _ in range(chance.randint(1, MOST_AT_ONCE)):
            bundle_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
            data = b"7z\xbc\xaf\x27\x1c" + chance.randbytes(chance.randint(10, 600_000))
            (work_folder / f"{bundle_id}.7z").write_bytes(data)
            hashes[bundle_id] = hashlib.sha256(data).hexdigest()

    def work() -> None:
        work_off(work_folder, outbox, endpoint, address)

    make_bundles()
    began = time.monotonic()
    assert lives(work, 120)
    undisturbed_seconds, kills, began = (time.monotonic() - began) / len(hashes), 0, time.monotonic()
    while kills < KILLS:
        if not list(work_folder.iterdir()) and chance.random() < 0.5:
            make_bundles()
        kills += not lives(work, chance.uniform(0, undisturbed_seconds * MOST_AT_ONCE))
    assert lives(work, 120)
    print(f"{kills} kills in {time.monotonic() - began:.0f} s, {len(hashes)} bundles")

    assert (outbox.entries(), outbox.damaged(), outbox.damaged_receipts(), outbox.dropped()) == ([], [], [], [])
    receipts = {receipt.bundle_id: receipt for receipt in outbox.receipts()}
    assert receipts.keys() == hashes.keys()
    for bundle_id, sha256 in hashes.items():
        stored = running_desk.stored_bundle(bundle_id).read_bytes()  # the one file of that name
        assert receipts[bundle_id].sha256 == sha256 == hashlib.sha256(stored).hexdigest()
    assert tickets_of(running_desk, computer_id) == sorted(receipt.ticket for receipt in receipts.values())
    assert {path.name for path in (tmp_path / "state" / "outbox").iterdir()} == {".put.lock", ".deliver.lock"}
    assert list(work_folder.iterdir()) == []
