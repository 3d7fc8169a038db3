"""kill -9 in the midst of queueing and delivering: nothing is lost and nothing is delivered twice."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path

from agent.outbox import Outbox

KILLS = 20
# How many there are, and how long a child lives after it began to work. One bundle takes some ten milliseconds, and a
# few hundred on Windows, where every file that is opened costs more.
BUNDLES, LONGEST_LIFE_SECONDS = (50, 0.5) if sys.platform == "win32" else (150, 0.12)

# Finishes what the one before it left, then queues and delivers whatever lies in the work folder.
CHILD = """
import hashlib, sys
from datetime import UTC, datetime
from pathlib import Path
from agent.delivery import deliver, retry
from agent.endpoints import Connection
from agent.endpoints.folder import FolderEndpoint
from agent.errors import Busy
from agent.events import ignore_progress
from agent.flow import Archive, Consent, Receipt, Severity, TicketDraft
from agent.outbox import Outbox

root = Path(sys.argv[1])
outbox = Outbox(root / "state", 10**9)
endpoint = FolderEndpoint(Connection(address=str(root / "share"), credential_file=root / "device"))
print("working", flush=True)
retry(outbox, lambda address: endpoint, ignore_progress)
now = datetime.now(UTC)
for file in sorted((root / "work").glob("*.7z")):
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    archive = Archive(
        bundle_id=file.stem, file=file, size_bytes=file.stat().st_size, sha256=sha256, made_at=now,
        members=(), skipped=(), facts={}, counts={},
    )
    consent = Consent(archive_sha256=sha256, given_by="jo", how="asked", given_at=now)
    draft = TicketDraft(
        idempotency_key=file.stem, subject="s", description="d", severity=Severity.LOW, product="p", computer_id="c",
        operating_system="o", account="a", version="1", cloud=None,
    )
    entry = outbox.put(archive, draft, consent, f"folder:{root / 'share'}", file.stem)
    deliver(entry, outbox, endpoint, ignore_progress)
print("done", flush=True)
"""


def start(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(root)], stdout=subprocess.PIPE, text=True)


def test_every_bundle_arrives_exactly_once(tmp_path: Path) -> None:
    chance = random.Random(20261120)
    for folder in ("share", "work"):
        (tmp_path / folder).mkdir()
    bundle_ids = {str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(BUNDLES)}
    for bundle_id in bundle_ids:
        (tmp_path / "work" / f"{bundle_id}.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + chance.randbytes(300_000))
    for _ in range(KILLS):
        with start(tmp_path) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "working\n"
            alive_until = time.monotonic() + chance.uniform(0, LONGEST_LIFE_SECONDS)
            while time.monotonic() < alive_until and child.poll() is None:
                pass
            child.kill()
            assert not child.stdout.read(), "the child must not get to its end before it is killed"
    with start(tmp_path) as child:
        assert child.communicate(timeout=120)[0] == "working\ndone\n"

    outbox = Outbox(tmp_path / "state", 10**9)
    assert (outbox.entries(), outbox.damaged(), outbox.damaged_receipts()) == ([], [], [])
    assert sorted(receipt.bundle_id for receipt in outbox.receipts()) == sorted(bundle_ids)
    stored = sorted(path.stem for path in (tmp_path / "share").rglob("*.7z"))
    assert stored == sorted(bundle_ids)
    tickets = [json.loads(path.read_bytes()) for path in (tmp_path / "share").glob("ticket-*/ticket.json")]
    assert sorted(ticket["request_id"] for ticket in tickets) == sorted(bundle_ids)
    assert list((tmp_path / "work").iterdir()) == []
    left_over = {path.name for path in tmp_path.rglob(".*")} - {".open.lock", ".put.lock", ".deliver.lock"}
    assert left_over == set()
    assert [path for path in (tmp_path / "state" / "outbox").iterdir() if path.is_dir()] == []
