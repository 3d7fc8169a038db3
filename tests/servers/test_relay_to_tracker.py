"""A desk's ticket with its bundle in a real Request Tracker: there once, and both numbers known."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from agent.endpoints import Connection, installed
from agent.endpoints.desk import enroll
from agent.flow import Consent
from tests.contracts.conftest import RunningDesk, running_desk, running_request_tracker
from tests.servers.test_trackers import archive_of, draft
from tests.servers.tracker_process import RunningTracker

__all__ = ["running_desk", "running_request_tracker"]  # the fixtures

pytestmark = pytest.mark.peer
SENDLOGS = Path(sys.executable).with_name("sendlogs")
BUNDLE_BYTES = 3 * 2**20


def test_a_ticket_is_relayed_once_and_both_sides_know(
    running_desk: RunningDesk, running_request_tracker: RunningTracker, tmp_path: Path
) -> None:
    tracker = running_request_tracker
    desk_link = Connection(address=running_desk.url, credential_file=tmp_path / "device")
    enroll(desk_link, running_desk.enrolment_token(), str(uuid.uuid4()))
    device, archive = installed()["desk"].connect(desk_link), archive_of(BUNDLE_BYTES, tmp_path)
    ticket = device.open(draft(archive.bundle_id))
    consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
    device.attach(ticket, archive, consent, lambda sent, total: None)

    credential = tmp_path / "relay"
    command = [sys.executable, "-m", "desk", "relay-credential", "--state", str(running_desk.state), "tracker"]
    credential.write_text(running_desk._run(command, {}))
    credential.chmod(0o600)
    address = f"request_tracker:{tracker.address}"
    assert _sendlogs(tmp_path, "enroll", address, "--token-file", "-", given=tracker.ours)[0] == 0
    words = ("relay", "--desk", running_desk.url, "--desk-credential", str(credential), "--to", address)
    code, said = _sendlogs(tmp_path, *words)
    assert code == 0, said
    assert _sendlogs(tmp_path, *words) == (0, "")  # nothing waits any more

    base = f"{tracker.address.rpartition('/')[0]}/REST/2.0"
    headers = {"Authorization": f"token {tracker.ours}"}

    def asked(path: str, wanted: object = None) -> Any:
        method = "GET" if wanted is None else "POST"
        answer = requests.request(method, f"{base}/{path}", json=wanted, headers=headers, timeout=120)
        assert answer.status_code == 200, answer.text
        return answer.json()

    (number,) = {line.rpartition(" -> ")[2] for line in said.splitlines() if " -> " in line}
    (copy,) = asked("attachments", [{"field": "Filename", "value": f"{archive.bundle_id}.7z"}])["items"]
    content = base64.b64decode(asked(f"attachment/{copy['id']}")["Content"])
    assert content == archive.file.read_bytes()
    history = asked(f"ticket/{number}/history?per_page=100")["items"]
    texts = [base64.b64decode(a.get("Content") or "") for t in history for a in _attachments(asked, t["id"])]
    assert any(ticket.link.encode() in text for text in texts)
    assert _passed_on_as(running_desk, ticket.number) == number


def _attachments(asked: Any, transaction: str) -> list[dict[str, Any]]:
    listed = asked(f"transaction/{transaction}/attachments?fields=Filename,ContentType")["items"]
    small = [item for item in listed if not item.get("Filename")]
    return [asked(f"attachment/{item['id']}") for item in small]


def _passed_on_as(desk: RunningDesk, number: str) -> str:
    program = (
        "import django; django.setup()\n"
        "import sys\n"
        "from desk.models import PassedOn\n"
        "print(PassedOn.objects.get(ticket_id=sys.argv[1]).number)\n"
    )
    environment = {"SENDLOGS_DESK_STATE": str(desk.state), "DJANGO_SETTINGS_MODULE": "desk.settings"}
    return desk._run([sys.executable, "-c", program, number], environment)


def _sendlogs(folder: Path, *words: str, given: str = "") -> tuple[int, str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "SENDLOGS_STATE_FOLDER": str(folder / "state")}
    done = subprocess.run(
        [str(SENDLOGS), *words], env=environment, input=given, capture_output=True, text=True, timeout=300, check=False
    )
    return done.returncode, done.stdout + done.stderr
