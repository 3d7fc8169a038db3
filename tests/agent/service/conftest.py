"""A desk that says what the test wants, a loop, and lanes whose children are small scripts."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.service.line import Desk
from agent.service.loop import Loop


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
