"""A desk that says what the test wants, a loop, and the requests of a computer whose errands the test ends."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.service.children import Errand
from agent.service.line import Desk
from agent.service.loop import Loop
from agent.service.records import Records
from agent.service.requests import Requests

FUTURE = "2999-01-01T00:00:00Z"
ID = str(uuid.UUID(int=7, version=4))


@dataclass
class StandInDesk:
    """Answers on loopback with what stands in ``answers`` (by method and path); notes what it was asked."""

    answers: dict[str, Callable[[dict[str, Any]], tuple[int, object]]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    extra_headers: dict[str, str] = field(default_factory=dict)
    problem_type: str = "application/problem+json"
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: StandInDesk

    context: ssl.SSLContext | None

    def setup(self) -> None:
        if self.context is not None:
            self.request.settimeout(10)
            self.request = self.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        value = json.loads(self.rfile.read(length)) if length else None
        self.desk.asked.append((self.command, self.path, value, dict(self.headers)))
        name = f"{self.command} {self.path.partition('?')[0]}"
        status, answer = self.desk.answers.get(name, lambda _: (404, {}))({"value": value, "path": self.path})
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else self.desk.problem_type)
        for key, text in self.desk.extra_headers.items():
            self.send_header(key, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *arguments: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that did not like our certificate is none of the test's business."""


@pytest.fixture
def stand_in() -> Iterator[StandInDesk]:
    yield from _serve(None)


@pytest.fixture
def tls_stand_in(certificate: Path) -> Iterator[StandInDesk]:
    """The same over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    yield from _serve(context)


def _serve(context: ssl.SSLContext | None) -> Iterator[StandInDesk]:
    desk = StandInDesk()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk, "context": context}))
    server.daemon_threads = True
    desk.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield desk
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key in one file, made on the spot; nobody vouches for it but itself."""
    if shutil.which("openssl") is None:
        assert os.environ.get("CI") != "true", "openssl is not installed"
        pytest.skip("openssl is not installed")
    key, made, both = tmp_path / "key.pem", tmp_path / "made.pem", tmp_path / "both.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    words += [
        "-subj",
        "/CN=127.0.0.1",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        str(key),
        "-out",
        str(made),
    ]
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both


@pytest.fixture
def desk(stand_in: StandInDesk, tmp_path: Path) -> Desk:
    """The stand-in, as the service knows it."""
    (tmp_path / "credential").write_text("c" * 32)
    return Desk(url=stand_in.url, credential_file=tmp_path / "credential", proxy=None, ca_file=None, timeout_seconds=5)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@dataclass
class FakeLane:
    """Runs nothing: the test ends each errand."""

    errands: list[Errand] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)

    def has(self, name: str, about: str = "") -> bool:
        return any((each.name, each.about) == (name, about) for each in self.errands)

    def end(self, about: str) -> None:
        self.ended.append(about)
        for each in [each for each in self.errands if each.about == about]:
            self.errands.remove(each)
            each.ended({"event": "failed", "died": True, "sentence": "ended"})

    def come_to(self, name: str, **outcome: object) -> None:
        (errand,) = [each for each in self.errands if each.name == name]
        self.errands.remove(errand)
        errand.ended({"event": "result", **outcome})

    def fail(self, name: str, **outcome: object) -> None:
        self.come_to(name, event="failed", **outcome)

    def say(self, name: str, step: str) -> None:
        (errand,) = [each for each in self.errands if each.name == name]
        errand.said({"event": "step", "step": step, "audit_head": "ab" * 32})

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.errands]


class Scene:
    """A computer's requests, and what its desk is told."""

    def __init__(self, state: Path) -> None:
        self.state, self.quick, self.long, self.logged = state, FakeLane(), FakeLane(), []
        self.notes: list[str] = []
        self.restart()

    def restart(self) -> None:
        self.quick, self.long = FakeLane(), FakeLane()
        tell: Callable[[], None] = lambda: None  # noqa: E731 - a function that does nothing
        self.requests = Requests(
            Records(self.state), self.quick, self.long, tell=tell, log=self.logged.append, command="sudo sendlogs"
        )

    def heard(self, state: str = "delivered", request_id: str = ID) -> None:
        told = {"request_id": request_id, "state": state, "envelope": '{"signed": 1}'}
        self.requests.heard({"position": 1, "requests": [told], "successions": ["{}"]})

    def admitted(self, policy: str, expires_at: str = FUTURE) -> None:
        asked = {"requester": "Kim", "reason": "Why", "profile": "nginx", "ticket": "17", "since_seconds": None}
        self.quick.come_to("admit", request={**asked, "expires_at": expires_at}, policy=policy, audit_head="cd" * 32)

    def told(self, answer: str = "") -> list[tuple[str, str]]:
        """What the desk is told until nothing is left; it answers that state, or the one it is told."""
        found = []
        while True:
            telling = self.requests.next_telling()
            if telling is None and "note" in self.quick.names:
                self.notes += [each.arguments["what"] for each in self.quick.errands if each.name == "note"]
                self.quick.come_to("note", audit_head="ef" * 32)
                continue
            if telling is None:
                return found
            found.append((telling.value["state"], telling.value["words"]))
            assert telling.path == f"/requests/{telling.key}/state"
            self.requests.was_told(telling, {"state": answer or telling.value["state"]})

    @property
    def request(self) -> dict:
        (shown,) = self.requests.all_shown()
        return shown


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)
