"""One large bundle through the desk's endpoint, beside `curl -T` to nginx: speed, and memory of both ends.

The second figure for curl adds what a proved delivery does besides: flushed to the disk, and `sha256sum` on both ends.

    python tests/bench/large_upload.py --mb 2000

By tus, and, where SeaweedFS's ``weed`` is on the path, in parts past the desk into that store. Linux only (it reads
/proc); needs nginx and curl. The memory told is the highest of the process, before and after. What is sent is sealed,
as the outbox keeps it. Before each measure so much memory is written and given back: on a virtual machine the first
touch of a page costs more than copying it, which whoever comes first would pay for all.
"""

import argparse
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint, enroll
from agent.flow import Archive, Consent, Severity, TicketDraft
from tests.sealed_archives import sealed
from tests.servers.s3_server import BUCKET, RunningStore, running_store
from tests.servers.test_tus_peers import MAGIC, Process, answers, free_port

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1; user {user};
events {{ worker_connections 64; }}
http {{
    access_log off; client_body_temp_path {folder}/temp; client_max_body_size 0;
    proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port}; location / {{ root {folder}; dav_methods PUT; }} }}
}}
"""


def make_archive(folder: Path, size_mb: int) -> Archive:
    """A file of so many megabytes that looks like a bundle."""
    file, block, digest = folder / "bundle.7z", os.urandom(10**6 - len(MAGIC)), hashlib.sha256()
    with file.open("wb") as opened:
        for _ in range(size_mb):
            opened.write(MAGIC + block)
            digest.update(MAGIC + block)
    return Archive(
        bundle_id=str(uuid.uuid4()),
        file=file,
        size_bytes=size_mb * 10**6,
        sha256=digest.hexdigest(),
        made_at=datetime.now(UTC),
        members=(),
        skipped=(),
        facts={},
        counts={},
    )


def touch_memory(folder: Path, size_bytes: int) -> None:
    """Have the system hold as many pages as a file of that size takes, and give them back."""
    file = folder / "touched"
    with file.open("wb") as opened:
        for _ in range(size_bytes // 10**6):
            opened.write(bytes(10**6))
    file.unlink()


@contextmanager
def running(process: Process) -> Iterator[Process]:
    try:
        process.start()
        yield process
    finally:
        process.kill()


def by_curl(archive: Archive, folder: Path) -> tuple[float, float]:
    """Seconds of `curl -T` to nginx, and with what proves that it arrived."""
    port, user = free_port(), os.environ.get("USER", "root")
    folder.mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or "nginx"
    with running(Process([nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder)], lambda: answers(port))):
        touch_memory(folder, archive.size_bytes)
        begun = time.monotonic()
        argv = ["curl", "-sf", "-T", str(archive.file), f"http://127.0.0.1:{port}/bundle.7z"]
        subprocess.run(argv, check=True, timeout=600)
        seconds = time.monotonic() - begun
        subprocess.run(["sync", "bundle.7z"], cwd=folder, check=True, timeout=600)
        for file in (archive.file, folder / "bundle.7z"):
            subprocess.run(["sha256sum", file], check=True, timeout=600, stdout=subprocess.DEVNULL)
        proved_seconds = time.monotonic() - begun
    (folder / "bundle.7z").unlink()
    return seconds, proved_seconds


def by_curl_to_store(archive: Archive, store: RunningStore) -> float:
    """Seconds of `curl -T` to the store: what it can take, whoever sends."""
    about = {"Bucket": BUCKET, "Key": "by-curl"}
    url = store.client().generate_presigned_url("put_object", Params=about, ExpiresIn=600)
    touch_memory(archive.file.parent, archive.size_bytes)
    begun = time.monotonic()
    subprocess.run(["curl", "-sf", "-T", str(archive.file), url], check=True, timeout=600)
    return time.monotonic() - begun


def by_desk(archive: Archive, folder: Path, settings: dict[str, str]) -> float:
    """Seconds of ``attach``, from the first look to the hash that was read back; prints memory."""
    port, state, desk = free_port(), folder / "state", [sys.executable, "-m", "desk"]
    serve = Process([*desk, "serve", "--state", str(state), "--port", str(port)], lambda: answers(port), settings)
    with running(serve) as served:
        argv = [*desk, "enrollment-token", "--state", str(state)]
        token = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
        connection = Connection(address=f"http://127.0.0.1:{port}", credential_file=folder / "credential")
        enroll(connection, token, str(uuid.uuid4()))
        endpoint = DeskEndpoint(connection)
        ticket = endpoint.open(draft(archive))
        consent = Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=datetime.now(UTC))
        before = (ours_mb(), peak_mb(served))
        touch_memory(folder, archive.size_bytes)
        begun = time.monotonic()
        endpoint.attach(ticket, archive, consent, lambda _sent_bytes, _total_bytes: None)
        seconds = time.monotonic() - begun
        print(f"memory of the agent {before[0]} -> {ours_mb()} MB, of the desk {before[1]} -> {peak_mb(served)} MB")
    shutil.rmtree(state)
    return seconds


def draft(archive: Archive) -> TicketDraft:
    return TicketDraft(
        idempotency_key=archive.bundle_id,
        subject="A large one",
        description="",
        severity=Severity.LOW,
        product="",
        computer_id="",
        operating_system="",
        account="",
        version="",
        cloud=None,
    )


def ours_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def peak_mb(process: Process) -> int:
    status = Path(f"/proc/{process.running.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1000


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=1000)
    size_mb = parser.parse_args().mb
    with tempfile.TemporaryDirectory(prefix="sendlogs-bench-") as made:
        archive = make_archive(Path(made), size_mb)
        curl, proved = by_curl(archive, Path(made) / "nginx")
        kept = sealed(archive, Path(made))
        ways = {"tus to the desk": by_desk(kept, Path(made), {})}
        if shutil.which("weed"):
            with running_store() as store:
                ways["parts to SeaweedFS"] = by_desk(kept, Path(made), store.desk_settings())
                ways["curl to SeaweedFS"] = by_curl_to_store(archive, store)
    print(
        f"{size_mb} MB: curl to nginx {size_mb / curl:.0f} MB/s, with what proves the delivery {size_mb / proved:.0f}"
    )
    for way, seconds in ways.items():
        print(f"{way} {size_mb / seconds:.0f} MB/s: {curl / seconds:.2f} and {proved / seconds:.2f} times as fast")


if __name__ == "__main__":
    main()
