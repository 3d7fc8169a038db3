"""Our client with one archive and any tus server: python our_client.py TASK, a JSON object as of client.mjs."""

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from agent.endpoints import Connection
from agent.endpoints._transport import Transport
from agent.endpoints._tus import TusUpload
from agent.flow import Archive

task = json.loads(sys.argv[1])
file = Path(task["file"])
with file.open("rb") as opened:
    sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
archive = Archive(
    bundle_id=task["metadata"]["bundle_id"],
    file=file,
    size_bytes=file.stat().st_size,
    sha256=sha256,
    made_at=datetime.now(UTC),
    members=(),
    skipped=(),
    facts={},
    counts={},
)
address = urlsplit(task["endpoint"])
url = f"{address.scheme}://{address.netloc}"
transport = Transport(url, Connection(address=url, credential_file=file.with_name("unused")))
TusUpload(
    transport,
    address.path,
    archive,
    headers={"Authorization": task["authorization"]},
    metadata=task["metadata"],
    progress=lambda _sent_bytes, _total_bytes: None,
).send()
