"""Our tus client and the desk's tus server, each against official ones, while both sides are killed in turn.

``TEST_TUS_PEERS`` names a folder with ``node_modules`` (made from ``tests/servers/tus/package.json``) and ``python``
(with tuspy); ``TEST_TUS_MB`` says how large the bundle is (200 where it is not set).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.servers.counting_relay import CountingRelay

PROJECT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).with_name("tus")
pytestmark = pytest.mark.peer

SIZE_BYTES = int(os.environ.get("TEST_TUS_MB", "200")) * 10**6
KILLS = ((0.2, "client"), (0.4, "server"), (0.6, "client"), (0.8, "server"))
MOST_SENT = 1.1  # times the bundle; it is 1.02 to 1.05, also on a busy machine
START_SECONDS, RUN_SECONDS, MOST_STARTS = 60, 300, 40
MAGIC = b"7z\xbc\xaf\x27\x1c"


def needed(present: object, what: str) -> None:
    if not present:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{what} is not on this machine")


@pytest.fixture
def peers(tmp_path: Path) -> Path:
    """A folder with the programs, and beside them the packages they import."""
    named = os.environ.get("TEST_TUS_PEERS")
    needed(named, "TEST_TUS_PEERS, the folder of tus-js-client and tuspy,")
    needed(shutil.which("node"), "node")
    folder = tmp_path / "peers"
    shutil.copytree(PROGRAMS, folder)
    (folder / "node_modules").symlink_to(Path(named or "") / "node_modules")
    (folder / "python").symlink_to(Path(named or "") / "python")
    return folder


@dataclass
class Process:
    """A program that is started again and again."""

    argv: list[str]
    is_up: Callable[[], bool] = lambda: True
    environment: dict[str, str] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.running = subprocess.Popen(
            self.argv,
            stdout=subprocess.DEVNULL,
            cwd=PROJECT,
            env={**os.environ, **self.environment},
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up():
            assert time.monotonic() < deadline, self.argv
            self.ended(0.05)

    def ended(self, seconds: float) -> int | None:
        """Its exit code, or ``None`` if it still runs after these seconds."""
        try:
            return self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End it with all it started: the node of a Python package is a program that starts the real one."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "bundle.7z", SIZE_BYTES)


def make_bundle(file: Path, size_bytes: int) -> Path:
    chance = random.Random(5)
    with file.open("wb") as opened:
        opened.write(MAGIC)
        for size in (10**6 - len(MAGIC), *[10**6] * (size_bytes // 10**6 - 1)):
            opened.write(chance.randbytes(size))
    return file


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def drive(server: Process, client_of: Callable[[int], Process], port: int, size_bytes: int = SIZE_BYTES) -> None:
    """Run the client until it has succeeded, killing it and the server at the counts of ``KILLS``."""
    order = [who for _, who in KILLS]
    with ExitStack() as stack:
        relay = stack.enter_context(CountingRelay(port, [int(at * size_bytes) for at, _ in KILLS]))
        client = client_of(relay.port)
        stack.callback(client.kill)
        client.start()
        deadline = time.monotonic() + RUN_SECONDS
        while (code := client.ended(0.01)) != 0 or relay.stopped.is_set():
            assert time.monotonic() < deadline, "it does not get to its end"
            if relay.stopped.is_set():
                killed = server if order.pop(0) == "server" else client
                killed.kill()
                relay.go_on()
                killed.start()
            elif code is not None:
                assert client.starts < MOST_STARTS, "the client gives up each time"
                client.start()
    print(
        f"\n{relay.sent_bytes / size_bytes:.3f} times the bundle sent; {client.starts} clients, {server.starts} servers"
    )
    assert order == []
    assert relay.sent_bytes <= MOST_SENT * size_bytes


def task(endpoint: str, bundle: Path, authorization: str) -> str:
    consent = json.dumps({"how": "asked", "given_by": "jo"})
    metadata = {"bundle_id": str(uuid.uuid4()), "sha256": sha256_of(bundle), "consent": consent}
    remembered = str(bundle.with_suffix(".remembered"))
    told = {"endpoint": endpoint, "file": str(bundle), "metadata": metadata, "authorization": authorization}
    return json.dumps({**told, "remembered": remembered})


def test_our_client_against_the_official_server(peers: Path, bundle: Path, tmp_path: Path) -> None:
    stored, port = tmp_path / "stored", free_port()
    stored.mkdir()
    server = Process(["node", str(peers / "server.mjs"), str(stored), str(port)], lambda: answers(port))
    words = ""

    def client_of(relay_port: int) -> Process:
        nonlocal words
        words = words or task(f"http://127.0.0.1:{relay_port}/files", bundle, "Bearer none")
        return Process([sys.executable, str(PROGRAMS / "our_client.py"), words])

    server.start()
    try:
        drive(server, client_of, port)
    finally:
        server.kill()
    arrived = [file for file in stored.iterdir() if file.suffix != ".json"]
    assert [sha256_of(file) for file in arrived] == [sha256_of(bundle)]


@pytest.mark.parametrize("client", ["tus-js-client", "tuspy", "ours"])
def test_the_desk_against_official_clients(client: str, peers: Path, bundle: Path, tmp_path: Path) -> None:
    state, port = tmp_path / "state", free_port()
    desk = [sys.executable, "-m", "desk"]
    server = Process([*desk, "serve", "--state", str(state), "--port", str(port)], lambda: answers(port))
    argv = {
        "tus-js-client": ["node", str(peers / "client.mjs")],
        "tuspy": [sys.executable, str(peers / "tuspy_client.py")],
        "ours": [sys.executable, str(PROGRAMS / "our_client.py")],
    }[client]
    server.start()
    try:
        api = f"http://127.0.0.1:{port}/api/v1"
        authorization = {"Authorization": f"Bearer {_enrolled(api, state)}"}
        words = {"subject": "It broke", "severity": 2, "request_id": str(uuid.uuid4())}
        number = requests.post(f"{api}/tickets", json=words, headers=authorization, timeout=60).json()["number"]
        told = ""

        def client_of(relay_port: int) -> Process:
            nonlocal told
            endpoint = f"http://127.0.0.1:{relay_port}/api/v1/tickets/{number}/uploads"
            told = told or task(endpoint, bundle, authorization["Authorization"])
            return Process(
                [*argv, told], environment={"PYTHONPATH": str(peers / "python")} if client == "tuspy" else {}
            )

        drive(server, client_of, port)
        bundle_id = json.loads(told)["metadata"]["bundle_id"]
        kept = requests.get(f"{api}/tickets/{number}/bundles/{bundle_id}", headers=authorization, timeout=60).json()
        assert kept["sha256"] == sha256_of(bundle)
        assert list((state / "uploads").glob("*/*.part")) == []
    finally:
        server.kill()


def _enrolled(api: str, state: Path) -> str:
    argv = [sys.executable, "-m", "desk", "enrollment-token", "--state", str(state)]
    token = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    words = {"token": token, "computer_id": str(uuid.uuid4())}
    return requests.post(f"{api}/enroll", json=words, timeout=60).json()["credential"]
