"""``sendlogs relay``: what it says of each ticket, and its exit codes."""

import pytest

from agent import relay
from agent.errors import Unreachable


def passed(bundle_id=None, problem="", *, is_temporary=False):
    return relay.PassedOn(
        number="7",
        bundle_id=bundle_id,
        tracker_number="12",
        link="file:///t",
        problem=problem,
        is_temporary=is_temporary,
    )


@pytest.fixture
def pass_on(run, machine, monkeypatch):
    """Runs the verb where the tracker did these things."""
    (machine / "share").mkdir()

    def ended(*outcomes, options=()):
        monkeypatch.setattr(relay, "pass_on", lambda *_, **__: iter(outcomes))
        words = ("--desk", "https://desk.example", "--desk-credential", str(machine / "credential"))
        return run("relay", *words, "--to", f"folder:{machine / 'share'}", *options)

    return ended


def test_nothing_to_do_says_nothing_and_is_well(pass_on):
    ended = pass_on()
    assert (ended.code, ended.out) == (0, "")


def test_each_ticket_and_bundle_is_a_line(pass_on):
    ended = pass_on(passed(), passed("b1"))
    assert "ticket 7 -> 12" in ended.out
    assert "bundle b1 of ticket 7 -> 12" in ended.out
    first, second = pass_on(passed(), passed("b1"), options=("--json",)).events
    assert (first["event"], first["tracker_number"], second["bundle_id"]) == ("passed_on", "12", "b1")


@pytest.mark.parametrize(("is_temporary", "code"), [(True, 4), (False, 20)])
def test_a_problem_has_an_exit_code(pass_on, is_temporary, code):
    ended = pass_on(passed(problem="It is closed.", is_temporary=is_temporary))
    assert (ended.code, "Not passed on: ticket 7: It is closed." in ended.out) == (code, True)


def test_a_desk_that_cannot_be_asked_ends_it(pass_on, run, machine, monkeypatch):
    def away(*_, **__):
        raise Unreachable("The desk is away.")
        yield

    pass_on()
    monkeypatch.setattr(relay, "pass_on", away)
    words = ("--desk", "https://desk.example", "--desk-credential", "x", "--to", f"folder:{machine / 'share'}")
    ended = run("relay", *words)
    assert (ended.code, "The desk is away." in ended.err) == (25, True)
