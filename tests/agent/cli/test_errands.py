"""Errands as the service sees them: told on standard input, telling JSON lines, ending with the service."""

import dataclasses
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from agent import audit
from agent.cli import errands
from agent.cli.session import held_session, open_session
from agent.errors import Busy, ConfigError
from agent.outbox import Outbox
from agent.service.watched import signature


def child(*words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-m", "agent.cli.errands", *words]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def come_to(errand: subprocess.Popen[bytes], **told: object) -> dict:
    with errand:
        errand.stdin.write(json.dumps(told).encode() + b"\n")
        errand.stdin.flush()
        return json.loads(errand.stdout.readlines()[-1])


def test_the_settings_are_told_as_far_as_the_service_needs_them(machine: Path, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_ENDPOINT", "desk:HTTPS://Desk.Example/")
    monkeypatch.setenv("SENDLOGS_PROXY", "http://jo:s3cret@proxy.example:3128")
    (machine / "config").mkdir()
    (machine / "config" / "agent.yaml").write_text("remote_profiles: [nginx]\n")
    told = come_to(child("settings"))
    assert told["event"] == "result"
    assert told["state_folder"] == str(machine / "state")
    assert told["desk"]["url"] == "https://desk.example"
    assert told["desk"]["proxy"] == "http://jo:s3cret@proxy.example:3128"
    assert told["me"]["remote_profiles"] == ["nginx"]
    assert told["me"]["host"] == ""
    assert str(machine / "config" / "agent.yaml") in told["watched"]


def test_the_name_of_the_computer_is_told_where_the_settings_say_so(machine: Path, monkeypatch) -> None:
    monkeypatch.setattr("platform.node", lambda: 300 * "n")
    (machine / "config").mkdir()
    (machine / "config" / "agent.yaml").write_text("remote_tells_host: true\n")
    assert errands.settings({})["me"]["host"] == 200 * "n"


def test_where_crashes_show_is_told(machine: Path) -> None:
    found = errands.settings({})["applications"]
    assert set(found["nginx"]) == {"crashes", "logs", "telling_logs", "phrases", "units"}
    assert found["nginx"]["crashes"]
    assert "exited on signal 11" in found["nginx"]["phrases"]


def test_a_desk_that_no_address_is_is_named_with_file_and_key(machine: Path) -> None:
    (machine / "config").mkdir()
    file = machine / "config" / "agent.yaml"
    file.write_text("endpoint: desk:ftp://x\n")
    told = come_to(child("settings"))
    assert (told["exit_code"], told["sentence"]) == (3, f"{file}: endpoint: That is not a web address.")


def test_an_endpoint_that_is_no_desk_is_polled_by_nobody(machine: Path, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_ENDPOINT", f"folder:{machine}")
    assert errands.settings({})["desk"] is None


@pytest.mark.parametrize(
    ("file", "text"), [("agent.yaml", "remote: perhaps\n"), ("profiles/mine.yaml", "product: 7\n")]
)
def test_settings_and_profiles_that_cannot_be_used_are_a_failure(machine: Path, file: str, text: str) -> None:
    place = machine / "config" / file
    place.parent.mkdir(parents=True)
    place.write_text(text)
    told = come_to(child("settings"))
    assert (told["event"], told["exit_code"]) == ("failed", 3)
    assert str(place) in told["sentence"]


def test_settings_that_were_broken_since_end_no_errand(machine: Path, monkeypatch) -> None:
    """The service goes on with what it holds, in the state folder that it works in."""
    file = machine / "config" / "agent.yaml"
    file.parent.mkdir()
    held = errands.settings({})["held"]
    file.write_text("remote: perhaps\n")
    note = {"what": "request-declined", "about": "request r", "detail": "", "held": held}
    note["at"] = "2026-11-26T09:00:00Z"
    assert come_to(child("note"), **note)["event"] == "result"
    file.write_text("")
    monkeypatch.setenv("SENDLOGS_STATE_FOLDER", str(machine / "elsewhere"))
    assert come_to(child("note"), **note)["event"] == "result"
    assert len(audit.entries(machine / "state")) == 2
    assert not (machine / "elsewhere").exists()


@pytest.mark.parametrize("typo", ["desk:htp://desk.example", "dsk:https://desk.example"])
def test_an_address_that_is_none_is_a_broken_setting_too(machine: Path, typo: str) -> None:
    """Its form is right, so that only who knows endpoints can tell."""
    file = machine / "config" / "agent.yaml"
    file.parent.mkdir()
    file.write_text("endpoint: desk:https://desk.example\nremote: notify\n")
    held = errands.settings({})["held"]
    file.write_text(f'endpoint: "{typo}"\nremote: allow\n')
    with pytest.raises(ConfigError, match=r"agent\.yaml.*: endpoint: "):
        errands.settings({"held": held})
    using = held_session({"held": held}).settings
    assert (using.endpoint, using.remote) == ("desk:https://desk.example", "allow")


def test_another_state_folder_is_told_and_not_used(machine: Path, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_ENDPOINT", "desk:https://desk.example")
    held = errands.settings({})["held"]
    elsewhere = str(machine / "elsewhere")
    (machine / "config").mkdir()
    (machine / "config" / "agent.yaml").write_text("remote: notify\n")
    monkeypatch.setenv("SENDLOGS_STATE_FOLDER", elsewhere)
    told = errands.settings({"held": held})
    assert (told["wanted_state_folder"], told["state_folder"]) == (elsewhere, str(machine / "state"))
    assert told["desk"]["credential_file"].startswith(str(machine / "state"))
    assert (told["held"]["state_folder"], told["me"]["remote_policy"]) == (str(machine / "state"), "notify")
    assert not (machine / "elsewhere").exists()


def test_the_files_are_told_as_they_were_before_they_were_read(machine: Path, monkeypatch) -> None:
    """A change in the middle of it is seen at the next look."""
    file, read, seen = machine / "config" / "agent.yaml", open_session, []
    file.parent.mkdir()

    def changed_at_once() -> object:
        seen.append(*signature([str(file)]))
        session = read()
        os.utime(file, (len(seen), len(seen)))
        return session

    monkeypatch.setattr(errands, "open_session", changed_at_once)
    file.write_text("remote: ask\n")
    told = errands.settings({})
    before = dict(zip(told["watched"], told["signature"], strict=True))
    assert before[str(file)] == seen[-1] != signature([str(file)])[0]


def test_an_errand_ends_with_the_service(machine: Path) -> None:
    """It waits for a lock that another holds; when the pipe ends it does not go on waiting."""
    (machine / "state" / "service").mkdir(parents=True, mode=0o700)
    from agent import file_lock

    with file_lock.hold(machine / "state" / "service" / ".gathering.lock", "held"), child("forget") as errand:
        errand.stdin.write(b'{"request_id": "r", "what": "x"}\n')
        errand.stdin.close()
        assert errand.wait(20) == 130
        assert json.loads(errand.stdout.read())["event"] == "failed"


def test_a_note_is_a_line_in_the_audit(machine: Path) -> None:
    at = "2026-11-26T09:00:00Z"
    head = errands.note({"what": "request-declined", "about": "request r", "detail": "jo: no", "at": at})
    (line,) = audit.entries(machine / "state")
    assert (line.at, line.what, line.detail) == (at, "request-declined", "jo: no")
    assert line.digest == head["audit_head"]


def test_of_an_empty_outbox_nothing_is_due_and_what_is_gone_is_lost(machine: Path) -> None:
    told = errands.outbox({"requests": ["r1"]})
    assert told["next_seconds"] is None
    assert told["lost"] == {"r1": "Its bundle is gone."}
    assert told["delivered"] == []


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (Busy("Another does it."), 10, "Another does it."),
        (PermissionError(13, "Permission denied", "/x"), 9, "/x cannot be used"),
        (RuntimeError("secret"), 1, "RuntimeError"),
        (KeyboardInterrupt(), 130, "Interrupted"),
    ],
)
def test_whatever_goes_wrong_is_a_sentence(machine: Path, error: BaseException, code: int, sentence: str) -> None:
    def fail(_told: object) -> dict:
        raise error

    said: list[dict] = []
    assert errands.run(fail, {}, said.append) == code
    assert said[0]["event"] == "failed"
    assert sentence in said[0]["sentence"]
    assert "secret" not in said[0]["sentence"]


def test_what_is_told_is_one_line_however_it_comes(monkeypatch) -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"a": ')
    os.write(writer, b"1}\n")
    os.close(writer)
    try:
        assert json.loads(errands._first_line(reader)) == {"a": 1}
    finally:
        os.close(reader)


def test_what_an_errand_starts_does_not_read_what_the_service_says() -> None:
    script = "import os; from agent.cli import errands; own = errands._standard_input(); "
    script += "print(os.read(0, 9), os.read(own, 9))"
    done = subprocess.run([sys.executable, "-I", "-c", script], input=b"told", capture_output=True, check=False)
    assert done.stdout.split() == [b"b''", b"b'told'"], done.stderr


def test_a_bundle_that_was_withdrawn_does_not_leave(machine: Path, make_archive, agree, monkeypatch) -> None:
    (machine / "tickets").mkdir()
    endpoint = f"folder:{machine / 'tickets'}"
    monkeypatch.setenv("SENDLOGS_ENDPOINT", endpoint)
    session = open_session()
    withdrawn, other = make_archive(), make_archive(b"7z\xbc\xaf\x27\x1cother")
    for archive in (withdrawn, other):
        session.outbox.put(archive, "7", agree(archive), endpoint, "scope")
    delivered: list[str] = []

    def retry(outbox: Outbox, *_: object, **__: object) -> None:
        delivered.extend(entry.bundle_id for entry in outbox.entries())

    monkeypatch.setattr("agent.delivery.retry", retry)
    errands.outbox({"requests": [], "withdrawn": [withdrawn.bundle_id, str(uuid.uuid4())]})
    assert delivered == [other.bundle_id]


def test_the_outbox_is_looked_at_again_for_what_is_in_quarantine_alone(machine: Path, make_archive, agree) -> None:
    """Else it would lie there for ever."""
    archive, box = make_archive(), open_session().outbox
    entry = box.put(archive, "7", agree(archive), f"folder:{machine / 'tickets'}", "scope")
    box.update(dataclasses.replace(entry, quarantined="closed"))
    told = errands.outbox({"requests": []})
    assert 23 * 3600 < told["next_seconds"] <= 24 * 3600
