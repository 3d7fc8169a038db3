"""``sendlogs audit``: what was asked of this computer, and whether that record is as it was written."""

import pytest

from agent import audit


@pytest.fixture
def state(machine):
    for number in range(3):
        audit.append(machine / "state", "request-refused", f"request {number}", "expired: It has expired.")
    return machine / "state"


def test_lists_what_was_asked_oldest_first(run, state):
    assert [event["about"] for event in run("audit", "--json").events] == ["request 0", "request 1", "request 2"]
    out = run("audit").out
    assert out.count("request-refused") == 3
    assert "expired: It has expired." in out


def test_nothing_asked_is_nothing_listed(run, machine):
    assert (run("audit").out, run("audit", "--json").out) == ("", "")
    assert run("audit").code == 0


def test_a_sound_audit_tells_its_head(run, state):
    (told,) = run("audit", "--verify", "--json").events
    assert told == {"event": "verified", "lines": 3, "head": audit.verify(state).head}
    assert audit.verify(state).head in run("audit", "--verify").out


def test_an_altered_audit_ends_with_its_own_code_and_names_the_line(run, state):
    file = state / "audit.jsonl"
    file.write_bytes(file.read_bytes().replace(b"request 1", b"request 7"))
    ended = run("audit", "--verify")
    assert ended.code == 13
    assert "Line 2 " in ended.err
    listed = run("audit")
    for told in (listed.err, listed.out.splitlines()[-1]):
        assert "Line 2 is not as it was written" in told
        assert "sendlogs audit --verify" in told
    listed = run("audit", "--json")
    assert listed.code == 0
    assert listed.events[-1]["event"] == "fault"


def test_a_cut_line_is_told_and_is_no_alteration(run, state):
    with (state / "audit.jsonl").open("ab") as file:
        file.write(b'{"at"')
    assert [event["event"] for event in run("audit", "--verify", "--json").events] == ["cut_short", "verified"]
    assert "cut short" in run("audit").out


def test_a_head_that_the_desk_holds_must_be_there(run, state):
    head = audit.verify(state).head
    assert run("audit", "--verify", "--head", head).code == 0
    assert run("audit", "--verify", "--head", "0" * 63 + "1").code == 13


@pytest.mark.parametrize("words", [["--head", "0" * 64], ["--verify", "--head", "xyz"]])
def test_a_head_that_is_none_is_wrong_usage(run, state, words):
    assert run("audit", *words).code == 2


def test_what_was_asked_cannot_steer_the_terminal(run, machine):
    audit.append(machine / "state", "w", "a\x1b[2J\u202e")
    assert "\x1b" not in run("audit").out
