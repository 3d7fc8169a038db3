"""``sendlogs enroll``: the token comes from a file, from stdin, or from a person, and is never an argument."""

import io
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import click
import pytest

from agent import audit, identity
from agent.remote import pins
from agent.signature import SigningKey

TOKEN = "token-that-works-once"
CREDENTIAL = "credential-of-this-device-0001"
NEW_CREDENTIAL = "credential-of-this-device-0002"


class Desk(BaseHTTPRequestHandler):
    """The three answers of a desk that enrolment needs."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked = asked
        if self.path == "/api/v1/me/credential":
            self.server.good.add(NEW_CREDENTIAL)
            self.answer(201, {"credential": NEW_CREDENTIAL})
            return
        self.server.tokens.append(asked["token"])
        if asked["token"] == TOKEN:
            self.answer(201, {"device_id": "1", "credential": CREDENTIAL} | self.server.told)
        else:
            self.answer(403, {"type": "token-invalid", "title": "no", "detail": "no", "status": 403})

    def do_GET(self):
        if self.path == "/api/v1/me" and self.headers["Authorization"][len("Bearer ") :] not in self.server.good:
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
    server.tokens, server.told, server.good = [], {}, {CREDENTIAL}
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


def test_an_answer_that_is_lost_is_told_of_the_token_and_of_no_bundle(run, desk, given):
    """As when https is spoken to a port of http."""
    given(TOKEN)
    ended = run("enroll", desk.address.replace("http://", "https://"))
    assert ended.code == 28
    assert "https or http" in ended.err
    assert "outbox" not in ended.err


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


UUIDS = {"tenant": "5a3c8a06-53a5-4a7b-9d5d-0c4a6e6c7a01", "device_id": "c2b7ad5e-9d0e-4c55-8f5b-3c0d7a520b02"}


def test_a_desk_is_told_this_computers_key_and_its_own_is_pinned_and_shown(run, desk, given, machine):
    key = SigningKey.made_now().public
    desk.told = {**UUIDS, "desk_key": key.line}
    given(TOKEN)
    ended = run("enroll", desk.address, "--json")
    assert ended.events[-1]["desk_key"] == key.fingerprint
    assert desk.asked["device_key"] == identity.signing_key(machine / "state").public.line
    assert pins.pinned(machine / "state", desk.address).desk_key == key
    (line,) = audit.entries(machine / "state")
    assert (line.what, line.about) == ("enrolled", desk.address)
    assert key.fingerprint in line.detail


def test_a_desk_of_before_has_no_key_and_enrols_all_the_same(run, desk, given, machine):
    given(TOKEN)
    assert run("enroll", desk.address, "--json").events[-1]["desk_key"] is None
    assert pins.pinned(machine / "state", desk.address) is None


def test_who_enrols_again_is_told_whether_it_stays_the_device_it_was(run, desk, given):
    desk.told = {**UUIDS, "desk_key": SigningKey.made_now().public.line}
    told = []
    for device_id in (UUIDS["device_id"], UUIDS["device_id"], "11111111-9d0e-4c55-8f5b-3c0d7a520b02"):
        desk.told["device_id"] = device_id
        given(TOKEN)
        told.append(run("enroll", desk.address).out)
    first, same, other = told
    assert "It was enrolled there" not in first
    assert "it stays that device, with its tickets" in same
    assert f"It was enrolled there as device {UUIDS['device_id']}" in other
    assert "it is a new device now" in other


def test_rotating_changes_the_credential_without_a_token(run, desk, given, machine):
    given(TOKEN)
    run("enroll", desk.address)
    ended = run("enroll", desk.address, "--rotate")
    assert (ended.code, ended.out[:23]) == (0, "The credential is new. ")
    kept = b"".join(file.read_bytes() for file in (machine / "state" / "credentials").iterdir())
    assert (NEW_CREDENTIAL.encode() in kept, CREDENTIAL.encode() in kept) == (True, False)
    assert [entry.what for entry in audit.entries(machine / "state")] == ["enrolled", "credential-rotated"]
    assert NEW_CREDENTIAL not in ended.out + ended.err


def test_rotating_takes_no_token_and_an_enrolment(run, desk, tmp_path):
    assert run("enroll", desk.address, "--rotate", "--token-file", "-").code == 2
    assert run("enroll", "redmine:https://redmine.example", "--rotate").code == 2
    assert run("enroll", desk.address, "--rotate").code == 23
