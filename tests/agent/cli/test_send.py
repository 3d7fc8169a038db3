"""``sendlogs send`` from words to receipt, on a folder that takes bundles."""

import hashlib
import json
import os

import pytest

from agent import pipeline
from agent.cli import send as send_verb
from agent.errors import ClosedTicket, StorageError
from tests.vendors.zammad import OURS, Zammad


@pytest.fixture
def share(machine):
    (machine / "share").mkdir()
    return machine / "share"


@pytest.fixture
def send(run, share):
    return lambda *words: run("send", "--profile", "sendlogs", "--to", f"folder:{share}", *words)


def test_ticket_link_and_hash_are_told(send):
    ended = send("--new", "Broken", "--yes")
    assert ended.code == 0
    ticket, link, sha256 = ended.out.splitlines()
    assert ticket == "Ticket 1"
    assert link.startswith("Link ")
    assert len(sha256.removeprefix("SHA-256 ")) == 64


def test_a_program_is_told_the_same_in_events(send):
    events = send("--new", "Broken", "--yes", "--json").events
    names = [event["event"] for event in events]
    assert names[0] == "planned"
    assert names.index("archived") < names.index("gated") < names.index("delivered")
    assert events[names.index("delivered")]["receipt"]["ticket"] == "1"


def test_without_yes_and_without_a_terminal_nothing_is_gathered(send, share, monkeypatch):
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    ended = send("--new", "Broken")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert list(share.glob("ticket-*")) == []


def test_with_yes_nothing_leaves_past_a_pattern_that_fits_nothing(run, send, share):
    ended = send("--new", "Broken", "--yes", "--exclude", "logz/**")
    assert (ended.code, "fits --exclude 'logz/**'." in ended.err) == (2, True)
    assert list(share.glob("ticket-*")) == []
    assert run("outbox", "list", "--json").events == []


def test_a_dry_run_checks_the_ticket_shows_the_plan_and_gathers_nothing(send, monkeypatch):
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    assert "What support needs" in send("--new", "Broken", "--dry-run").out
    ended = send("--ticket", "5", "--dry-run")
    assert ended.code == 21
    assert "--new" in ended.err


def test_what_waited_goes_along_with_the_next_send(run, send, share):
    """A bundle queued while the endpoint was away is delivered by the next send, once, on its own ticket."""
    assert send("--new", "Zeroth", "--yes").code == 0
    share.rename(share.with_name("away"))
    assert send("--new", "First", "--yes").code == 4
    share.with_name("away").rename(share)
    assert send("--new", "Second", "--yes").code == 0
    subjects = sorted(json.loads(file.read_text())["subject"] for file in share.rglob("ticket.json"))
    assert subjects == ["First", "Second", "Zeroth"]
    assert len(list(share.rglob("*.7z"))) == 3
    assert run("outbox", "list").out == ""


@pytest.mark.parametrize("broken", ["agent.outbox.Outbox.entries", "agent.delivery.retry"])
def test_trouble_with_what_waited_does_not_spoil_what_was_delivered(send, share, monkeypatch, broken):
    """The ticketing side has the bundle: the exit code says so, whatever the disk does afterwards."""
    assert send("--new", "First", "--yes").code == 0
    share.rename(share.with_name("away"))
    assert send("--new", "Second", "--yes").code == 4
    share.with_name("away").rename(share)

    def full(*_):
        raise StorageError("the disk is full")

    tell = send_verb._tell
    monkeypatch.setattr(send_verb, "_tell", lambda *told: (tell(*told), monkeypatch.setattr(broken, full)))
    ended = send("--new", "Third", "--yes")
    assert (ended.code, ended.out[:6]) == (0, "Ticket")
    assert "the disk is full" in ended.err


def test_what_is_too_old_is_given_up_with_the_next_send(run, send, monkeypatch):
    """Also where nothing waits but what is in quarantine."""
    assert send("--new", "First", "--yes").code == 0
    with monkeypatch.context() as closed:
        closed.setattr("agent.endpoints.folder.FolderEndpoint.attach", refused)
        assert send("--new", "Second", "--yes").code == 22
    monkeypatch.setattr("agent.outbox.Outbox.is_too_old", lambda *_: True)
    assert send("--new", "Third", "--yes").code == 0
    assert len(run("outbox", "dropped", "--json").events) == 1


def refused(*_):
    raise ClosedTicket("It is closed.")


def test_an_interrupted_upload_is_said_to_wait_and_can_be_dropped(run, send, share, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("agent.endpoints.folder.FolderEndpoint.attach", interrupted)
    ended = send("--new", "Broken", "--yes")
    assert ended.code == 130
    (waiting,) = run("outbox", "list", "--json").events
    assert f"sendlogs outbox drop {waiting['bundle_id']}" in ended.err
    assert run("outbox", "drop", waiting["bundle_id"]).code == 0
    assert list(share.rglob("*.7z")) == []


def test_a_folder_that_never_was_there_is_refused_before_anything_is_gathered(run, send, share, monkeypatch):
    """What waits for a mistyped folder waits in vain."""
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    share.rmdir()
    for ticket in (["--new", "Broken"], ["--ticket", "1"]):
        ended = send(*ticket, "--yes")
        assert ended.code == 2
        assert "Make it, or mount it" in ended.err
    assert run("outbox", "list", "--json").out == ""


@pytest.mark.parametrize(("to", "told"), [("nowhere:/x", "one of desk, "), ("desk:", "Write desk:https://HOST ")])
def test_what_is_no_endpoint_is_told_with_the_kinds_there_are_in_a_line_or_two(run, to, told):
    ended = run("send", "--profile", "sendlogs", "--new", "x", "--yes", "--to", to)
    assert ended.code == 2
    assert told in ended.err
    assert max(map(len, ended.err.splitlines())) < 260


def test_no_endpoint_at_all_is_a_sentence(run):
    ended = run("send", "--profile", "sendlogs", "--new", "x", "--yes")
    assert ended.code == 3
    assert "--to" in ended.err


def test_a_bundle_larger_than_a_file_goes_in_volumes_where_it_is_asked_for(run, machine, monkeypatch):
    """Here to a fake of Zammad: three or four files there, which are the bundle that was agreed to."""
    logs = machine / "logs"
    logs.mkdir()
    (logs / "app.log").write_text(os.urandom(150_000).hex("\n", 30))
    monkeypatch.setenv("SENDLOGS_LARGEST_FILE_BYTES", "66000")
    zammad = Zammad()
    with zammad.server.running():
        to = f"zammad:{zammad.address}"
        (machine / "token").write_text(OURS)
        (machine / "token").chmod(0o600)
        assert run("enroll", to, "--token-file", str(machine / "token")).code == 0
        words = ("send", "--profile", "sendlogs", "--to", to, "--logs", str(logs), "--new", "Broken", "--yes")
        ended = run(*words, "--limit", "400k")
        assert ended.code == 0, ended.err
        assert "It goes as" in ended.err
        files = dict(zammad_files(zammad))
        assert len(files) in (3, 4)
        assert max(map(len, files.values())) == 66000
        joined = b"".join(files[name] for name in sorted(files))
        assert f"SHA-256 {hashlib.sha256(joined).hexdigest()}" in ended.out
        assert run(*words).code == 0  # no more was asked for than a file
        assert len(dict(zammad_files(zammad))) == len(files) + 1


def zammad_files(zammad):
    for article in zammad.articles:
        for attachment in article["attachments"]:
            key = f"{article['ticket_id']}/{article['id']}/{attachment['id']}"
            yield attachment["filename"], zammad.files[key]
