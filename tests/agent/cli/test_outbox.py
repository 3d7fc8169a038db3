"""``sendlogs outbox``, on a folder that cannot be reached and then can."""

import dataclasses
from datetime import UTC, datetime

import pytest

from agent.cli.session import open_session
from agent.delivery_progress import Delivering


@pytest.fixture
def share(machine):
    return machine / "share"


@pytest.fixture
def waiting(machine, share, make_archive, agree, draft_for):
    """The id of a bundle that waits for ``share``."""
    archive = make_archive()
    endpoint = f"folder:{share}"
    open_session().outbox.put(archive, draft_for(archive), agree(archive), endpoint, "scope")
    return archive.bundle_id


def test_an_empty_outbox_is_well(run):
    assert (run("outbox", "list").out, run("outbox", "retry").code) == ("", 0)


@pytest.mark.parametrize("words", [("outbox", "list"), ("outbox", "dropped"), ("receipts",), ("audit",)])
def test_an_empty_list_is_said_to_people_alone(run, words):
    ended = run(*words)
    assert ended.out == ""
    assert ended.err.startswith("Nothing ")
    ended = run(*words, "--json")
    assert (ended.out, ended.err) == ("", "")


def test_what_waits_is_listed_with_where_it_goes(run, waiting, share):
    (told,) = run("outbox", "list", "--json").events
    assert (told["event"], told["bundle_id"], told["endpoint"]) == ("waiting", waiting, f"folder:{share}")
    assert "a new ticket" in run("outbox", "list").out


def test_what_still_cannot_be_delivered_stays_with_exit_code_4(run, waiting):
    ended = run("outbox", "retry", "--json")
    assert (ended.code, [event["event"] for event in ended.events]) == (4, ["queued"])
    (told,) = run("outbox", "list", "--json").events
    assert told["attempts"] == 1
    assert told["last_error"]


def test_what_can_be_delivered_is_delivered_once(run, waiting, share):
    share.mkdir()
    ended = run("outbox", "retry", "--json")
    assert ended.code == 0
    assert ended.events[-1]["event"] == "delivered"
    assert ended.events[-1]["receipt"]["bundle_id"] == waiting
    assert run("outbox", "list").out == ""
    assert (run("outbox", "retry").code, len(list(share.rglob("*.7z")))) == (0, 1)


def test_a_person_reads_ticket_and_hash(run, waiting, share):
    share.mkdir()
    out = run("outbox", "retry").out
    assert out.startswith("Delivered: ticket 1\n")
    assert "SHA-256 " in out


def test_what_can_never_be_delivered_has_a_code_of_its_own_and_can_be_dropped(run, waiting, machine):
    (machine / "state" / "outbox" / waiting / "delivery.json").write_bytes(b"{")
    assert run("outbox", "list", "--json").events[0]["event"] == "damaged"
    ended = run("outbox", "retry")
    assert ended.code == 20
    assert waiting in ended.out
    assert "outbox drop" in ended.err
    assert run("outbox", "drop", waiting).code == 0
    assert run("outbox", "retry").code == 0


def test_a_dropped_bundle_is_gone(run, waiting, machine):
    assert run("outbox", "drop", waiting, "--json").events == [
        {"event": "dropped", "bundle_id": waiting, "kept_until": None}
    ]
    assert list((machine / "state" / "outbox").rglob("archive*")) == []
    (told,) = run("outbox", "dropped", "--json").events
    assert (told["bundle_id"], told["reason"]) == (waiting, "A person removed it.")
    assert waiting in run("outbox", "dropped").out


def test_the_next_attempt_is_told(run, waiting):
    assert "next attempt: the next time" in run("outbox", "list").out
    run("outbox", "retry")
    (told,) = run("outbox", "list", "--json").events
    assert datetime.fromisoformat(told["next_attempt_at"]) > datetime.now(UTC)
    assert " UTC" in run("outbox", "list").out.rpartition("next attempt: ")[2]


def test_a_delivery_that_goes_on_is_told(run, waiting):
    box = open_session().outbox
    with box.lock():
        box.note_progress(Delivering(bundle_id=waiting, sent_bytes=1000, total_bytes=9000))
        assert run("outbox", "list", "--json").events[0]["sent_bytes"] == 1000
        assert "being sent" in run("outbox", "list").out


def test_one_bundle_can_be_tried_even_in_quarantine(run, waiting, share):
    share.mkdir()
    box = open_session().outbox
    box.update(dataclasses.replace(box.entry(waiting), quarantined="closed"))
    assert f"outbox retry {waiting}" in run("outbox", "list").out
    assert run("outbox", "retry").code == 20
    assert run("outbox", "retry", waiting).code == 0
    assert run("outbox", "retry", waiting).code == 2


def test_a_scheduler_tries_what_is_due(run, waiting, share):
    assert run("outbox", "retry", "--due").code == 4
    share.mkdir()
    assert run("outbox", "retry", "--due", "--json").events == []
    assert run("outbox", "retry", "--due", waiting).code == 2
    assert list(share.rglob("*.7z")) == []


def test_what_waited_too_long_is_given_up_and_told(run, waiting, monkeypatch):
    monkeypatch.setenv("SENDLOGS_OUTBOX_KEEP", "1h")
    box = open_session().outbox
    box.update(dataclasses.replace(box.entry(waiting), waited_seconds=4000.0))
    ended = run("outbox", "retry", "--json")
    assert (ended.code, ended.events[0]["event"], ended.events[0]["bundle_id"]) == (20, "given_up", waiting)
    assert run("outbox", "list").out == ""
    assert "longer than bundles are kept" in run("outbox", "dropped").out


@pytest.mark.parametrize("bundle_id", ["unknown", "../receipts", ""])
def test_what_does_not_wait_cannot_be_dropped(run, waiting, bundle_id):
    assert run("outbox", "drop", bundle_id).code == 2
    assert len(run("outbox", "list", "--json").events) == 1


def test_six_characters_name_a_bundle_and_fewer_do_not(run, waiting):
    assert run("outbox", "retry", waiting[:5]).code == 2
    assert run("outbox", "retry", waiting[:6]).code == 4
    assert run("outbox", "drop", waiting[:5]).code == 2
    assert run("outbox", "drop", waiting[:6], "--json").events[0]["bundle_id"] == waiting
