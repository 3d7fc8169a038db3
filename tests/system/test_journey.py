"""The ways of a bundle to a ticket, seen from outside: a second bundle, a wrong ticket, and no desk for a while."""

import hashlib

import pytest

EXIT_USAGE = 2
EXIT_QUEUED = 4
EXIT_UNKNOWN_TICKET = 21
EXIT_CLOSED_TICKET = 22


@pytest.fixture
def enrolled(computer, desk):
    """A computer that may speak to the desk."""
    desk.enrol(computer)
    return computer


def test_a_second_bundle_goes_to_the_same_ticket(enrolled, desk) -> None:
    """What the receipt tells is what the desk keeps, and the second bundle opens no second ticket."""
    first = enrolled.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert first.code == 0, first
    receipt = first.event("delivered")["receipt"]
    second = enrolled.send("--ticket", receipt["ticket"], "--to", desk.address)
    assert second.code == 0, second
    again = second.event("delivered")["receipt"]
    assert again["ticket"] == receipt["ticket"]
    kept = {hashlib.sha256(file.read_bytes()).hexdigest() for file in desk.bundles}
    assert kept == {receipt["sha256"], again["sha256"]}
    assert not desk.has_ticket(int(receipt["ticket"]) + 1)


@pytest.mark.parametrize("number", ["999999", "abc", "closed", "another computer's"])
def test_a_wrong_ticket_is_refused_before_anything_is_gathered(number, enrolled, desk, make_computer) -> None:
    """The sentence says what to do, and no ticket appears."""
    opener = enrolled
    if number == "another computer's":
        opener = make_computer("another")
        desk.enrol(opener)
    opened = opener.send("--new", "It stopped", "--severity", "4", "--to", desk.address)
    assert opened.code == 0, opened
    last = opened.event("delivered")["receipt"]["ticket"]
    if number == "closed":
        desk.close_ticket(last)
    given = number if number in {"999999", "abc"} else last

    refused = enrolled.send("--ticket", given, "--to", desk.address)

    codes = {"abc": EXIT_USAGE, "closed": EXIT_CLOSED_TICKET}
    assert refused.code == codes.get(number, EXIT_UNKNOWN_TICKET), refused
    assert [event["event"] for event in refused.events if event["event"] in {"collecting", "archived"}] == []
    told = refused.event("error")
    assert given in told["message"]
    assert "--new" in told["advice"]
    assert not desk.has_ticket(int(last) + 1)
    assert len(desk.bundles) == 1


def test_a_bundle_waits_for_the_desk_and_arrives_once(enrolled, desk) -> None:
    """With no desk the bundle is queued, with exit code 4; when the desk is back it is delivered, one time."""
    desk.stop()
    queued = enrolled.send("--new", "It stopped", "--severity", "3", "--to", desk.address)
    assert queued.code == EXIT_QUEUED, queued
    assert queued.event("queued")["bundle_id"]
    assert desk.bundles == []

    desk.start()
    assert enrolled.sendlogs("outbox", "retry").code == 0
    assert enrolled.sendlogs("outbox", "retry").code == 0
    assert [file.stem for file in desk.bundles] == [queued.event("queued")["bundle_id"]]
    assert desk.has_ticket(1)
    assert not desk.has_ticket(2)
