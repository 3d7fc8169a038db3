"""Attaches one archive to a ticket of a desk, as the agent does: python attach_client.py TASK, a JSON object."""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint
from agent.flow import Archive, Consent

task = json.loads(sys.argv[1])
file = Path(task["file"])
with file.open("rb") as opened:
    sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
archive = Archive(
    bundle_id=task["bundle_id"],
    file=file,
    size_bytes=file.stat().st_size,
    sha256=sha256,
    made_at=datetime.now(UTC),
    members=(),
    skipped=(),
    facts={},
    counts={},
)
endpoint = DeskEndpoint(Connection(address=task["address"], credential_file=Path(task["credential_file"])))
consent = Consent(archive_sha256=sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
endpoint.attach(endpoint.look_up(task["number"]), archive, consent, lambda _sent_bytes, _total_bytes: None)
