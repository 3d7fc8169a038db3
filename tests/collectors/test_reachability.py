"""The way to real servers on the loopback: what each step tells, and where a broken way breaks."""

import http.server
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collectors import _reachability
from collectors._reachability import InvalidTarget, Target, reach


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for localhost, and its key, made for this run."""
    if sys.platform == "win32" and shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/O=Example Inspection/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers HEAD with a clock that is two minutes late."""

    def do_HEAD(self):
        self.send_response_only(204)
        self.send_header("Date", format_datetime(datetime.now(UTC) - timedelta(seconds=120), usegmt=True))
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def serving(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def plain():
    """A port of a web server without TLS."""
    with serving(http.server.HTTPServer(("127.0.0.1", 0), Quiet)) as port:
        yield port


class Tls(http.server.HTTPServer):
    """A web server with TLS; remembers every byte it was sent after a handshake."""

    received = b""

    def handle_error(self, request, client_address):
        pass  # a client that trusts us not ends the handshake


@pytest.fixture
def secured(certificate):
    """The TLS server, serving."""
    server = Tls(("127.0.0.1", 0), Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server


@pytest.fixture
def free_port():
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def plenty():
    return 20.0


def test_tcp_tells_addresses_and_seconds(plain):
    found = reach(Target.parse(f"tcp://localhost:{plain}"), plenty)
    assert "127.0.0.1" in found["name"]["addresses"]
    assert found["tcp"]["address"] == "127.0.0.1"
    assert 0 <= found["tcp"]["seconds"] < 5
    assert "failed" not in found
    assert "clock" not in found


def test_http_tells_how_far_ahead_our_clock_is(plain):
    found = reach(Target.parse(f"http://127.0.0.1:{plain}"), plenty)
    assert found["clock"]["status"] == 204
    assert 119 <= found["clock"]["ahead_seconds"] <= 122


def test_a_trusted_certificate_is_verified_and_described(secured, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    found = reach(Target.parse(f"https://localhost:{secured.server_address[1]}"), plenty)
    assert found["tls"]["verified"] is True
    assert found["tls"]["version"].startswith("TLSv1.")
    assert "organizationName=Example Inspection" in found["tls"]["issuer"]
    assert found["tls"]["not_after"].endswith("GMT")
    assert 119 <= found["clock"]["ahead_seconds"] <= 122
    assert "failed" not in found


def test_an_untrusted_certificate_fails_and_its_issuer_is_told_unverified(secured):
    found = reach(Target.parse(f"https://localhost:{secured.server_address[1]}"), plenty)
    assert found["failed"] == "tls"
    assert "self-signed certificate" in found["because"]
    assert found["presented"]["verified"] is False
    assert "organizationName=Example Inspection" in found["presented"]["issuer"]
    assert "tls" not in found
    assert "clock" not in found, "nothing may be asked of a host that is not trusted"


def test_a_certificate_for_another_name_is_not_trusted(secured, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    found = reach(Target.parse(f"tls://127.0.0.1:{secured.server_address[1]}"), plenty)
    assert found["failed"] == "tls"
    assert "127.0.0.1" in found["because"]


def test_not_a_byte_follows_the_handshake_that_was_not_verified(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    received = []

    class Listening(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                with context.wrap_socket(self.request, server_side=True) as stream:
                    received.append(stream.recv(1))
            except ssl.SSLError:
                received.append("refused")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Listening)) as port:
        assert reach(Target.parse(f"https://localhost:{port}"), plenty)["failed"] == "tls"
    assert "refused" in received
    assert set(received) <= {"refused", b""}


def test_a_closed_port_is_told_in_the_words_of_the_system(free_port):
    found = reach(Target.parse(f"https://127.0.0.1:{free_port}"), plenty)
    assert found["failed"] == "tcp"
    assert "refused" in found["because"].lower()
    assert found["name"]["addresses"] == ["127.0.0.1"]


def test_a_name_that_does_not_resolve_is_told(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    found = reach(Target.parse("https://nowhere.invalid"), plenty)
    assert (found["failed"], found["because"]) == ("name", "Name or service not known")


def test_a_name_server_that_hangs_does_not_hold_us_up(monkeypatch):
    release, started = threading.Event(), time.monotonic()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(60))
    monkeypatch.setattr(_reachability, "_STEP_TIMEOUT_SECONDS", 0.1)
    found = reach(Target.parse("https://slow.invalid"), plenty)
    release.set()
    assert found["failed"] == "name"
    assert "no answer in" in found["because"]
    assert time.monotonic() - started < 5


def test_a_server_that_never_answers_does_not_hold_us_up(monkeypatch):
    monkeypatch.setattr(_reachability, "_STEP_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = reach(Target.parse(f"https://127.0.0.1:{silent.getsockname()[1]}"), plenty)
    assert found["failed"] == "tls"
    assert "timed out" in found["because"]


def test_when_time_is_up_the_step_that_was_not_taken_is_named():
    found = reach(Target.parse("https://127.0.0.1"), lambda: 0.0)
    assert (found["failed"], found["because"]) == ("name", "the time was up")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://central.example", ("https", "central.example", 443)),
        ("http://central.example:8080/path?x=1", ("http", "central.example", 8080)),
        ("tcp://[::1]:4282", ("tcp", "::1", 4282)),
        ("tls://host:1", ("tls", "host", 1)),
    ],
)
def test_a_target_is_written_as_an_address(text, expected):
    target = Target.parse(text)
    assert (target.scheme, target.host, target.port) == expected


@pytest.mark.parametrize(
    "text", ["", "host", "ftp://host:21", "tcp://host", "https://", "https://h:99999", "tcp://[::1"]
)
def test_what_names_no_host_is_refused_without_repeating_it(text):
    with pytest.raises(InvalidTarget, match="a host is written https://"):
        Target.parse(text)
