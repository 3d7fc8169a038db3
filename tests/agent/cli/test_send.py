"""``sendlogs send`` from words to receipt, on a folder that takes bundles."""

import json

import pytest

from agent import pipeline, priority


@pytest.fixture(autouse=True)
def at_our_own_pace(monkeypatch):
    """The process that runs the tests must not lower its own priority for good."""
    monkeypatch.setattr(priority, "lower", lambda: None)


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


def test_a_dry_run_checks_the_ticket_shows_the_plan_and_gathers_nothing(send, monkeypatch):
    monkeypatch.setattr(pipeline, "collect", lambda *_, **__: pytest.fail("something was gathered"))
    assert "What support needs" in send("--new", "Broken", "--dry-run").out
    ended = send("--ticket", "5", "--dry-run")
    assert ended.code == 21
    assert "--new" in ended.err


def test_what_waited_goes_along_with_the_next_send(run, send, share):
    """A bundle queued while the endpoint was away is delivered by the next send, once, on its own ticket."""
    share.rename(share.with_name("away"))
    assert send("--new", "First", "--yes").code == 4
    share.with_name("away").rename(share)
    assert send("--new", "Second", "--yes").code == 0
    subjects = sorted(json.loads(file.read_text())["subject"] for file in share.rglob("ticket.json"))
    assert subjects == ["First", "Second"]
    assert len(list(share.rglob("*.7z"))) == 2
    assert run("outbox", "list").out == ""


def test_no_endpoint_at_all_is_a_sentence(run):
    ended = run("send", "--profile", "sendlogs", "--new", "x", "--yes")
    assert ended.code == 3
    assert "--to" in ended.err
