"""What doctor says about the way to an endpoint, on real sockets of this machine."""

import email.utils
import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agent.doctor.findings import Situation
from agent.doctor.network import check_endpoint, check_proxy, check_way
from agent.errors import Unreachable
from config.settings import load


class Answer(BaseHTTPRequestHandler):
    """Says only what time it is."""

    def do_HEAD(self):
        self.send_response_only(200)
        at = datetime.now(UTC) + self.server.ahead
        self.send_header("Date", email.utils.format_datetime(at, usegmt=True))
        self.end_headers()

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    ahead = timedelta()
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that hangs up in the middle of a handshake is what some tests are about."""


@pytest.fixture
def server():
    made = Server(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.shutdown()
    thread.join(10)
    made.server_close()


@pytest.fixture
def situation(tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    folders = {name: str(tmp_path / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
    environment = {f"SENDLOGS_{name}_FOLDER": folder for name, folder in folders.items()}
    return Situation(
        settings=load(environment).settings,
        environment=environment,
        endpoint=None,
        profile=None,
        connect=lambda endpoint, settings: None,
        now=datetime.now(UTC),
    )


def told(check, situation):
    return [(finding.name, finding.level) for finding in check(situation)]


@pytest.fixture
def closed_port():
    """A port on which nobody listens, held so that nobody will."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_server_that_answers_and_has_our_time_is_well(situation, server):
    at = replace(situation, endpoint=f"desk:http://127.0.0.1:{server.server_port}")
    assert told(check_way, at) == [("DNS", "ok"), ("TCP", "ok"), ("clock", "ok")]


@pytest.mark.parametrize(("ahead", "side"), [(-600, "ahead of"), (600, "behind")])
def test_a_clock_that_is_off_is_a_warning_that_says_which_way(situation, server, ahead, side):
    server.ahead = timedelta(seconds=ahead)
    at = replace(situation, endpoint=f"desk:http://127.0.0.1:{server.server_port}")
    (clock,) = [finding for finding in check_way(at) if finding.name == "clock"]
    assert (clock.level, side in clock.message) == ("warning", True)


def test_nobody_who_listens_is_a_problem_of_tcp(situation, closed_port):
    at = replace(situation, endpoint=f"desk:https://127.0.0.1:{closed_port}")
    assert told(check_way, at) == [("DNS", "ok"), ("TCP", "problem")]


def test_a_host_that_does_not_exist_is_a_problem_of_dns(situation):
    """The name can exist nowhere: RFC 2606 keeps .invalid free, so that no network is asked in vain for long."""
    (found,) = check_way(replace(situation, endpoint="desk:https://no-such-host.invalid"))
    assert (found.name, found.level) == ("DNS", "problem")
    assert "no-such-host.invalid:443" in found.message


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_certificate_that_nobody_trusts_is_a_problem_that_names_its_issuer(situation, server, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -addext subjectAltName=IP:127.0.0.1"
    where = ["-subj", "/CN=Inspecting Proxy", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *words.split(), *where], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    at = replace(situation, endpoint=f"desk:https://127.0.0.1:{server.server_port}")
    found = list(check_way(at))
    assert [(finding.name, finding.level) for finding in found] == [("DNS", "ok"), ("TCP", "ok"), ("TLS", "problem")]
    assert "commonName=Inspecting Proxy" in found[-1].message
    assert "ca_file" in found[-1].advice
    trusted = replace(at, settings=replace(at.settings, ca_file=certificate))
    assert told(check_way, trusted) == [("DNS", "ok"), ("TCP", "ok")]


def test_an_address_that_is_none_is_a_problem(situation):
    assert told(check_way, replace(situation, endpoint="desk:https://")) == [("DNS", "problem")]


def test_a_folder_has_no_way_and_no_proxy(situation, tmp_path):
    at = replace(situation, endpoint=f"folder:{tmp_path}")
    assert told(check_way, at) == told(check_proxy, at) == []


def test_this_machine_is_reached_without_a_proxy(situation):
    at = replace(situation, endpoint="desk:http://127.0.0.1:1")
    at = replace(at, settings=replace(at.settings, proxy="http://proxy.invalid:3128"))
    assert told(check_proxy, at) == [("proxy", "ok")]


def through(situation, proxy):
    at = replace(situation, endpoint="desk:https://desk.example")
    return replace(at, settings=replace(at.settings, proxy=proxy))


def test_a_proxy_that_takes_connections_is_well_and_the_way_behind_it_is_its_own(situation, server):
    at = through(situation, f"http://ada:hunter2@127.0.0.1:{server.server_port}")
    (found,) = check_proxy(at)
    assert (found.level, found.message) == ("ok", f"127.0.0.1:{server.server_port} takes connections.")
    assert told(check_way, at) == []


def test_a_proxy_that_is_not_there_is_a_problem_without_its_password(situation, closed_port):
    (found,) = check_proxy(through(situation, f"http://ada:hunter2@127.0.0.1:{closed_port}"))
    assert (found.level, "hunter2" in found.message) == ("problem", False)


def test_a_pac_file_is_told_with_what_to_set_instead(situation, monkeypatch):
    at = through(situation, "https://config.example/proxy.pac")
    (found,) = check_proxy(at)
    assert (found.name, found.level) == ("proxy", "problem")
    assert "http://proxy.example:3128" in found.advice
    assert told(check_way, at) == []
    monkeypatch.setattr("agent.endpoints._proxy.system_pac", lambda: "http://wpad/wpad.dat")
    assert told(check_proxy, through(situation, None)) == [("proxy", "warning")]


def test_the_environments_proxy_is_the_one_when_none_is_set(situation, monkeypatch, closed_port):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port}")
    assert told(check_proxy, through(situation, None)) == [("proxy", "problem")]


def test_no_endpoint_is_a_problem(situation):
    assert told(check_endpoint, situation) == [("endpoint", "problem")]


def test_an_endpoint_of_no_known_kind_is_a_problem_of_the_endpoint_alone(situation):
    at = replace(situation, endpoint="carrier-pigeon:home")
    assert told(check_way, at) == told(check_proxy, at) == []


def test_the_endpoint_is_asked_in_a_hurry_and_its_answer_is_told(situation):
    asked = []

    class Endpoint:
        def check(self):
            raise Unreachable("It does not answer.")

    def connect(endpoint, settings):
        asked.append((endpoint, settings.network_timeout_seconds))
        return Endpoint()

    (found,) = check_endpoint(replace(situation, endpoint="desk:https://desk.example", connect=connect))
    assert asked == [("desk:https://desk.example", 10.0)]
    assert (found.level, found.message) == ("problem", "It does not answer.")
    assert "TCP" in found.advice
    assert "sendlogs doctor" not in found.advice  # which this is
