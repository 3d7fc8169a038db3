"""Many devices send a bundle each, all at once, by the agent's own endpoint, and what the desk keeps is read back.

They are a process of their own beside ``waiting_devices.py``. Like the outbox a device tries again after trouble, only
sooner. A line tells of each bundle what came of it, as soon as it is there.
"""

import asyncio
import hashlib
import json
import random
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint
from agent.errors import EndpointError
from agent.flow import Archive, Consent
from config.private_files import write_private
from tests.bench.desk_servers import Desk
from tests.bench.large_upload import make_archive
from tests.servers.s3_server import BUCKET, RunningStore

MB = 10**6
MOST_SECONDS = 300.0


def made(folder: Path, credential: str, size_mb: int) -> Archive:
    """An archive to send, in a folder of its own, and beside it the credential."""
    folder.mkdir()
    write_private(folder / "credential", credential.encode())
    return make_archive(folder, size_mb)


def send(url: str, number: int, archive: Archive, deadline: float) -> dict[str, Any]:
    """Send one bundle until the desk has it, or no time is left; what came of it."""
    connection = Connection(address=url, credential_file=archive.file.with_name("credential"))
    begun, troubles, last_bytes, all_bytes = time.monotonic(), [], 0, 0

    def progress(sent_bytes: int, _total_bytes: int) -> None:
        nonlocal last_bytes, all_bytes
        all_bytes += max(0, sent_bytes - last_bytes)  # what is sent again counts again
        last_bytes = sent_bytes

    is_there = False
    while not is_there and time.monotonic() < deadline:
        try:
            endpoint = DeskEndpoint(connection)
            consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
            endpoint.attach(endpoint.look_up(str(number)), archive, consent, progress)
            is_there = True
        except EndpointError as trouble:
            troubles.append(f"{type(trouble).__name__}: {trouble}")
            time.sleep(random.uniform(0.5, 3))
    archive.file.unlink()
    told = {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "is_there": is_there}
    return told | {"seconds": time.monotonic() - begun, "sent_bytes": all_bytes, "troubles": troubles}


def tell(value: Any) -> None:
    """A line of it."""
    print(json.dumps(value), flush=True)


def main() -> None:
    """The program; ``devices`` are ``[credential, device's id, ticket's number]``."""
    words = json.load(sys.stdin)
    devices, size_mb = words["devices"], words["size_mb"]
    archives = [made(Path(words["folder"]) / str(device[2]), device[0], size_mb) for device in devices]
    deadline = time.monotonic() + MOST_SECONDS
    with ThreadPoolExecutor(len(devices)) as pool:
        pairs = zip(devices, archives, strict=True)
        for each in as_completed(
            [pool.submit(send, words["url"], device[2], archive, deadline) for device, archive in pairs]
        ):
            tell(each.result())


async def sent_by_all(
    desk: Desk, devices: list[list[Any]], size_mb: int, at_half: Callable[[], Awaitable[None]]
) -> list[dict[str, Any]]:
    """Run that program; ``at_half`` is awaited when half of the bundles are there. What came of each."""
    with tempfile.TemporaryDirectory(prefix="sendlogs-bench-") as folder:
        words = {"url": desk.url, "folder": folder, "devices": devices, "size_mb": size_mb}
        child = await asyncio.create_subprocess_exec(sys.executable, __file__, stdin=-1, stdout=-1)
        child.stdin.write(json.dumps(words).encode())
        child.stdin.close()
        told = []
        async for line in child.stdout:
            told.append(json.loads(line))
            if len(told) == len(devices) // 2:
                await at_half()
        await child.wait()
    return told


def stored_digests(desk: Desk, store: RunningStore | None) -> dict[str, str]:
    """The SHA-256 of each bundle where it lies, by its id: the store is read without the desk."""
    if store is None:
        return {file.stem: sha256_of(file.open("rb")) for file in (desk.state / "bundles").glob("*.7z")}
    client = store.client()
    keys = {key: key.rpartition("/")[2][: len(str(uuid.UUID(int=0)))] for key in store.objects()}
    return {name: sha256_of(client.get_object(Bucket=BUCKET, Key=key)["Body"]) for key, name in keys.items()}


def sha256_of(opened: Any) -> str:
    with opened:
        digest = hashlib.sha256()
        while block := opened.read(MB):
            digest.update(block)
    return digest.hexdigest()


def told_of(uploads: list[dict[str, Any]], stored: dict[str, str], seconds: float) -> bool:
    """Print what came of them; whether every bundle is there as it was sent."""
    lost = [each for each in uploads if not each["is_there"] or stored.get(each["bundle_id"]) != each["sha256"]]
    troubles = Counter(trouble for each in uploads for trouble in each["troubles"])
    took = sorted(each["seconds"] for each in uploads)
    sent_mb = sum(each["sent_bytes"] for each in uploads) / MB
    print(f"{len(uploads)} uploads at once in {seconds:.1f} s (p50 {took[len(took) // 2]:.1f} s); ", end="")
    print(f"{sent_mb:.0f} MB sent; {len(uploads) - len(lost)} SHA-256 read back, {len(lost)} lost; ", end="")
    print(f"begun anew after {dict(troubles) or 'nothing'}")
    return not lost


if __name__ == "__main__":
    main()
