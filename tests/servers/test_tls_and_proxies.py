"""The installed program hands a token over only where TLS is right: wrong certificates, wrong clocks, real proxies."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.endpoints.conftest import certificates, serve

__all__ = ["certificates", "serve"]  # the fixtures

SENDLOGS = Path(sys.executable).with_name("sendlogs")
ENROLLED, UNREACHABLE, UNTRUSTED = 0, 25, 29  # docs/exit-codes.md
START_SECONDS = 20
TOKEN = "enrolment-" + "planted" * 3
GIVEN = b'{"credential": "a-credential-of-the-device", "version": "1"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
# This machine is never asked for through a proxy. So a name is used that only who resolves it knows for loopback.
BEHIND_PROXY = "127.1"
USER, PASSWORD = "jo", "planted" + "Pw7"

Enroll = Callable[..., "tuple[int, str]"]


def answer(connection: socket.socket, head: bytes) -> None:
    """Once the whole request is there: closing on unread bytes would reset the connection."""
    length = re.search(rb"(?i)content-length: (\d+)", head)
    left_bytes = int(length[1]) if length else 0
    while left_bytes:
        left_bytes -= len(connection.recv(left_bytes))
    connection.sendall(HEAD % len(GIVEN) + GIVEN)


def needed(program: str) -> str:
    """Skip without the program, but never on the build machine, where it must be."""
    found = shutil.which(program)
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{program} is not on this machine")
    return str(found)


@pytest.fixture
def enroll(tmp_path: Path) -> Enroll:
    """Runs ``sendlogs enroll`` with settings and a clock; gives its exit code and what it said."""

    def run(url: str, *, clock: str | None = None, **settings: object) -> tuple[int, str]:
        told = {"state_folder": tmp_path / "state", "network_timeout_seconds": 5, **settings}
        environment = {f"SENDLOGS_{name.upper()}": str(value) for name, value in told.items() if value is not None}
        program = [needed("faketime"), "-f", clock] if clock else []
        done = subprocess.run(
            [*program, str(SENDLOGS), "enroll", f"desk:{url}", "--token-file", "-"],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment},
            input=TOKEN,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    return run


def test_a_corporate_issuer_by_setting_is_trusted(enroll: Enroll, serve: Any, certificates: Any) -> None:
    server = serve(answer, answer, answer, context=certificates.server("localhost"))
    code, said = enroll(f"https://localhost:{server.port}", ca_file=certificates.issuer)
    assert code == ENROLLED, said
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("host", "made", "clock", "trusted", "words"),
    [
        ("localhost", {}, None, False, "comes from an issuer this computer does not trust (a proxy that inspects TLS"),
        ("localhost", {"self_signed": True}, None, True, "is self-signed"),
        ("localhost", {"days": -1}, None, True, "has expired, or this computer's clock, which says"),
        ("elsewhere.example", {}, None, True, "is for another host"),
        ("localhost", {}, "+1y", True, "has expired, or this computer's clock, which says 20"),
        ("localhost", {}, "-1y", True, "is not valid yet, or this computer's clock, which says 20"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named(
    enroll: Enroll, serve: Any, certificates: Any, host: str, made: Any, clock: str | None, trusted: bool, words: str
) -> None:
    """And no request leaves."""
    server = serve(answer, context=certificates.server(host, **made))
    issuer = certificates.issuer if trusted else None
    code, said = enroll(f"https://localhost:{server.port}", ca_file=issuer, clock=clock)
    assert code == UNTRUSTED
    assert words in said
    assert server.received == []


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[int]:
    """The port of a real tinyproxy that asks for a log-in."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = tmp_path / "tinyproxy.conf"
    configuration.write_text(
        f"Port {port}\nListen 127.0.0.1\nTimeout 20\nMaxClients 8\nLogLevel Error\nBasicAuth {USER} {PASSWORD}\n"
    )
    argv = [needed("tinyproxy"), "-d", "-c", str(configuration)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            pause = threading.Event()
            for _ in range(START_SECONDS * 20):
                with socket.socket() as caller:
                    if caller.connect_ex(("127.0.0.1", port)) == 0:
                        break
                pause.wait(0.05)
            yield port
        finally:
            process.terminate()


def test_a_proxy_with_a_log_in_leads_to_the_desk(enroll: Enroll, serve: Any, certificates: Any, proxy: int) -> None:
    """The token goes through the tunnel, sealed; without the log-in, or with a wrong one, the proxy is named."""
    server = serve(answer, answer, answer, context=certificates.server(BEHIND_PROXY))
    url = f"https://{BEHIND_PROXY}:{server.port}"
    for log_in in ("", f"{USER}:wrong@"):
        code, said = enroll(url, ca_file=certificates.issuer, proxy=f"http://{log_in}127.0.0.1:{proxy}")
        assert code == UNREACHABLE
        assert f"The proxy 127.0.0.1:{proxy} asks for a log-in" in said or "does not let this connection" in said
    code, said = enroll(url, ca_file=certificates.issuer, proxy=f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy}")
    assert code == ENROLLED, said
    assert PASSWORD not in said


def test_a_proxy_that_inspects_tls_is_told(enroll: Enroll, serve: Any, certificates: Any) -> None:
    """It answers in the desk's place with a certificate by an issuer of its own."""
    context = certificates.server("desk.invalid")

    def inspect(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(connection, server_side=True) as inner:
            seen.append(inner.recv(2**16))

    seen: list[bytes] = []
    inspecting = serve(inspect)
    code, said = enroll("https://desk.invalid", proxy=f"http://127.0.0.1:{inspecting.port}")
    assert code == UNTRUSTED
    assert f"through the proxy 127.0.0.1:{inspecting.port} is not safe" in said
    assert "a proxy that inspects TLS does this" in said
    assert seen == []
