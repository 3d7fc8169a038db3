"""``sendlogs enroll``: the token comes from a file, from stdin, or from a person, and is never an argument."""

import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import click
import pytest

TOKEN = "token-that-works-once"
CREDENTIAL = "credential-of-this-device-0001"


class Desk(BaseHTTPRequestHandler):
    """The three answers of a desk that enrolment needs."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.tokens.append(asked["token"])
        if asked["token"] == TOKEN:
            self.answer(201, {"device_id": "1", "credential": CREDENTIAL})
        else:
            self.answer(403, {"type": "token-invalid", "title": "no", "detail": "no", "status": 403})

    def do_GET(self):
        if self.path == "/api/v1/me" and self.headers["Authorization"] != f"Bearer {CREDENTIAL}":
            self.answer(401, {"type": "unauthorized", "title": "no", "detail": "no", "status": 401})
        else:
            self.answer(200, {"status": "ok", "version": "1"})

    def answer(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def desk():
    server = HTTPServer(("127.0.0.1", 0), Desk)
    server.tokens = []
    server.address = f"desk:http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def given(monkeypatch):
    """Put this on stdin."""

    def put(text, *, terminal=False):
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        stdin.isatty = lambda: terminal
        monkeypatch.setattr(sys, "stdin", stdin)

    return put


def test_a_token_on_stdin_enrols_and_leaves_no_trace_but_the_credential(run, desk, given, machine):
    given(f"{TOKEN}\n")
    ended = run("enroll", desk.address, "--json")
    assert ended.code == 0
    assert ended.events[-1]["event"] == "enrolled"
    assert desk.tokens == [TOKEN]
    assert TOKEN not in ended.out + ended.err
    assert CREDENTIAL not in ended.out + ended.err
    kept = b"".join(file.read_bytes() for file in (machine / "state").rglob("*") if file.is_file())
    assert CREDENTIAL.encode() in kept
    assert TOKEN.encode() not in kept


def test_a_token_in_a_file_enrols(run, desk, tmp_path):
    (tmp_path / "token").write_text(f"  {TOKEN}\r\n")
    assert run("enroll", desk.address, "--token-file", str(tmp_path / "token")).out.startswith("Enrolled. ")


def test_a_person_is_asked_without_echo(run, desk, given, monkeypatch):
    given("", terminal=True)
    asked = {}
    monkeypatch.setattr(click, "prompt", lambda text, **options: asked.update(options) or TOKEN)
    assert run("enroll", desk.address).code == 0
    assert asked["hide_input"] is True


def test_a_token_that_is_not_taken_is_an_error_without_the_token(run, desk, given):
    given("another-token\n")
    ended = run("enroll", desk.address)
    assert ended.code == 23
    assert "another-token" not in ended.err


@pytest.mark.parametrize("words", [[], ["--token-file", "-"]])
def test_no_token_is_refused_before_anything_is_sent(run, desk, given, words):
    given("\n")
    ended = run("enroll", desk.address, *words)
    assert (ended.code, desk.tokens) == (2, [])
    assert "There is no token" in ended.err


def test_a_folder_needs_no_enrolment(run, tmp_path):
    ended = run("enroll", f"folder:{tmp_path}")
    assert ended.code == 2
    assert "needs no enrolment" in ended.err
