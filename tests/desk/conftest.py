"""A real desk on a real socket, and a device that talks to it, for the tests beside this file."""

import base64
import hashlib
import io
import json
import os
import re
import selectors
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import py7zr
import pytest
import requests

from desk import ed25519
from tests.desk.desk_inside import DeskInside
from tests.migrated_desk import migrated

_START_SECONDS = 180  # a first start takes two or three, and a small machine with much else to do a minute
_ANSWER_SECONDS = 60
_MAKING = threading.Lock()  # some tests look into a desk from several threads


@dataclass
class RunningDesk:
    """A desk process, what it printed until it listened, and how to end it.

    ``insides`` are ended by who gives them; without, each command is a process that starts from nothing.
    """

    state_folder: Path
    printed: str
    process: subprocess.Popen[str]
    insides: dict[tuple[str, ...], DeskInside] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return re.search(r"^Listening on (\S+)$", self.printed, re.MULTILINE)[1]

    @property
    def password(self) -> str:
        return re.search(r"password (\S+)$", self.printed, re.MULTILINE)[1]

    def api(self, method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"{self.url}/api/v1/{path}", timeout=_ANSWER_SECONDS, **more)

    def command(self, *words: str) -> str:
        words = (words[0], "--state", str(self.state_folder), *words[1:])
        return (run_desk(*words).stdout if self.insides is None else self.inside().command(words).out).strip()

    def inside(self, **more: str) -> DeskInside:
        """Its Django, set up once for each environment, that runs functions and commands."""
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "desk.settings"} | more
        environment["SENDLOGS_DESK_STATE"] = str(self.state_folder)
        key = tuple(f"{name}={value}" for name, value in sorted(environment.items()) if name.startswith("SENDLOGS_"))
        assert self.insides is not None
        with _MAKING:
            if key not in self.insides:
                self.insides[key] = DeskInside(environment)
            return self.insides[key]

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=30)


@dataclass
class EnrolledDevice:
    """A device and its credential."""

    desk: RunningDesk
    credential: str = field(repr=False)
    computer_id: str
    device_id: str = ""

    def api(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.credential}", **more.pop("headers", {})}
        return self.desk.api(method, path, headers=headers, **more)

    def open_ticket(self, **words: Any) -> dict[str, Any]:
        words = {"subject": "It broke", "severity": 2, "request_id": str(uuid.uuid4()), **words}
        answer = self.api("POST", "tickets", json=words)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    def put(
        self, number: str, body: Any, *, bundle_id: str | None = None, path: str = "", **headers: str
    ) -> requests.Response:
        """Send a bundle to a ticket, or to another ``path``."""
        digest = hashlib.sha256(body if isinstance(body, bytes) else b"").digest()
        headers = {
            "Content-Type": "application/x-7z-compressed",
            "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
            "Sendlogs-Consent": base64.b64encode(b'{"how": "asked", "given_by": "jo"}').decode(),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        path = path or f"tickets/{number}/bundles"
        return self.api("PUT", f"{path}/{bundle_id or uuid.uuid4()}", data=body, headers=headers)


def run_desk(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "desk", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=_START_SECONDS, check=False)


@contextmanager
def running_desk(state_folder: Path, *words: str, **environment: str) -> Iterator[RunningDesk]:
    command = [sys.executable, "-m", "desk", "serve", "--state", str(state_folder), "--port", "0", *words]
    with (state_folder.parent / "desk.log").open("w") as log:
        env = {**os.environ, "PYTHONUNBUFFERED": "1", **environment}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=env)
    insides: dict[tuple[str, ...], DeskInside] = {}
    try:
        yield RunningDesk(state_folder, _read_until_listening(process, log.name), process, insides)
    finally:
        for inside in insides.values():
            inside.close()
        process.kill()
        process.wait()
        process.stdout.close()


def _read_until_listening(process: subprocess.Popen[bytes], log_name: str) -> str:
    """What it printed up to the line that tells the address, waiting no longer than a deadline."""
    printed, deadline = b"", time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while b"Listening on" not in printed or not printed.endswith(b"\n"):
            assert selector.select(deadline - time.monotonic()), "the desk did not start in time"
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, f"the desk ended: {Path(log_name).read_text()}"
            printed += piece
    return printed.decode()


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """One desk for all tests that leave it as it was."""
    with running_desk(migrated(tmp_path_factory.mktemp("desk") / "state", tmp_path_factory)) as running:
        yield running


@pytest.fixture
def start_desk(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningDesk]]:
    """Start a desk of one's own: ``start_desk("--url", …, SENDLOGS_DESK_…="…")``; the same folder each time."""
    state = migrated(tmp_path / "state", tmp_path_factory)
    with ExitStack() as stack:
        yield lambda *words, **environment: stack.enter_context(running_desk(state, *words, **environment))


@pytest.fixture(scope="session")
def desk_command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one command of the desk to its end."""
    return run_desk


@pytest.fixture(scope="session")
def enrol() -> Callable[..., EnrolledDevice]:
    """Enrol a device with a desk."""

    def enrolled(
        desk: RunningDesk, computer_id: str = "0b4cf6f2-0d65-4c66-9c3b-6f0d7a1f0f11", **more: str
    ) -> EnrolledDevice:
        words = {"token": desk.command("enrollment-token"), "computer_id": computer_id, **more}
        answer = desk.api("POST", "enroll", json=words)
        assert answer.status_code == 201, answer.text
        return EnrolledDevice(desk, answer.json()["credential"], computer_id, answer.json()["device_id"])

    return enrolled


@pytest.fixture(scope="session")
def enrol_with_key(enrol: Callable[..., EnrolledDevice]) -> Callable[..., EnrolledDevice]:
    """Enrol a device that takes requests."""
    line = ed25519.line_of(ed25519.public_of(b"k" * 32))
    return lambda desk: enrol(desk, device_key=line)


@pytest.fixture(scope="session")
def ask(inside: Callable[..., Any]) -> Callable[..., str]:
    """Make a champion's request to a device on its ticket; the request's id."""
    body = """
from django.contrib.auth import get_user_model
from helpdesk.models import Ticket
from desk.collecting.collection_requests import make
from desk.models import Device
return make(device=Device.objects.get(pk=words[0]), ticket=Ticket.objects.get(pk=words[1]),
    requester=get_user_model().objects.get(username="champion"), profile="demo", reason="why").pk
"""
    return lambda device, number: inside(device.desk, body, device.device_id, number)


@pytest.fixture(scope="session")
def device(desk: RunningDesk, enrol: Callable[..., EnrolledDevice]) -> EnrolledDevice:
    """An enrolled device of the shared desk."""
    return enrol(desk)


@pytest.fixture(scope="session")
def pack() -> Callable[[Mapping[str, str | bytes]], bytes]:
    """A ``.7z`` with these members."""

    def packed(members: Mapping[str, str | bytes]) -> bytes:
        file = io.BytesIO()
        with py7zr.SevenZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(content, name)
        return file.getvalue()

    return packed


@pytest.fixture(scope="session")
def bundle(pack: Callable[[Mapping[str, str | bytes]], bytes]) -> bytes:
    """A small, honest bundle."""
    manifest = {
        "format": 1,
        "product": "Example Backup",
        "computer_id": "0b4cf6f2",
        "request": {"description": "fails since noon"},
        "items": [{"item": "version", "value": "11.2", "source": "its own command"}],
        "members": [
            {
                "path": "logs/service.log",
                "size_bytes": 12,
                "source": "/var/log/service.log",
                "replacements": {"ipv4": 3},
            }
        ],
        "skipped": [{"path": "logs/old.log", "reason": "older than 7 days"}],
        "counts": {"ipv4": 3},
    }
    members = {
        "logs/service.log": "first line\nsecond line\n",
        "manifest.json": json.dumps(manifest),
        "report.html": "<!doctype html><title>Report</title><h1>What went wrong</h1>",
    }
    return pack(members)


@pytest.fixture(scope="session")
def champion(desk: RunningDesk) -> requests.Session:
    """A session logged in as the first champion."""
    session = requests.Session()
    log_in(session, desk.url, "champion", desk.password)
    return session


@pytest.fixture(scope="session")
def try_log_in() -> Callable[[requests.Session, str, str, str], requests.Response]:
    """Fill in the log-in form."""
    return log_in


def log_in(session: requests.Session, url: str, name: str, password: str) -> requests.Response:
    session.get(f"{url}/login/", timeout=_ANSWER_SECONDS)
    words = {"username": name, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(f"{url}/login/", data=words, headers={"Referer": url}, timeout=_ANSWER_SECONDS)


@pytest.fixture(scope="session")
def inside() -> Callable[..., Any]:
    """Run a function body inside a desk's Django, in a process of its own; it gets ``words`` and returns JSON."""
    return lambda desk, body, *words, **environment: desk.inside(**environment).function(body, words)
