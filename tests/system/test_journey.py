"""The ways of a bundle to a ticket, seen from outside: a second bundle, a wrong ticket, and no desk for a while."""

import hashlib

import pytest

EXIT_USAGE = 2
EXIT_QUEUED = 4
EXIT_UNKNOWN_TICKET = 21
EXIT_CLOSED_TICKET = 22


@pytest.fixture(scope="module")
def computer(make_computer, desk):
    """A computer that may speak to the desk."""
    made = make_computer("computer")
    desk.enrol(made)
    return made


def opened_by(computer, desk) -> str:
    """The number of a ticket that this computer opened with a bundle."""
    sent = computer.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert sent.code == 0, sent
    return sent.event("delivered")["receipt"]["ticket"]


def test_a_second_bundle_goes_to_the_same_ticket(computer, desk) -> None:
    """What the receipt tells is what the desk keeps, and the second bundle opens no second ticket."""
    ticket = opened_by(computer, desk)
    tickets, before = desk.tickets, desk.bundles
    second = computer.send("--ticket", ticket, "--to", desk.address)
    assert second.code == 0, second
    receipt = second.event("delivered")["receipt"]
    assert receipt["ticket"] == ticket
    assert desk.bundles.keys() - before.keys() == {receipt["bundle_id"]}
    assert hashlib.sha256(desk.bundles[receipt["bundle_id"]].read_bytes()).hexdigest() == receipt["sha256"]
    assert desk.tickets == tickets


@pytest.fixture
def wrong_number(request, computer, desk, make_computer) -> str:
    """A ticket number of that kind."""
    if request.param == "closed":
        number = opened_by(computer, desk)
        desk.close_ticket(number)
        return number
    if request.param == "another computer's":
        another = make_computer("another")
        desk.enrol(another)
        return opened_by(another, desk)
    return request.param


@pytest.mark.parametrize(
    ("wrong_number", "code"),
    [
        ("999999", EXIT_UNKNOWN_TICKET),
        ("abc", EXIT_USAGE),
        ("closed", EXIT_CLOSED_TICKET),
        ("another computer's", EXIT_UNKNOWN_TICKET),
    ],
    indirect=["wrong_number"],
)
def test_a_wrong_ticket_is_refused_before_anything_is_gathered(wrong_number, code, computer, desk) -> None:
    """A sentence says what is wrong and another what to do, and no ticket appears."""
    tickets, bundles = desk.tickets, desk.bundles
    refused = computer.send("--ticket", wrong_number, "--to", desk.address)
    assert refused.code == code, refused
    assert [event["event"] for event in refused.events] == ["error"]
    told = refused.event("error")
    assert "ticket" in told["message"].lower()
    assert "--new" in told["advice"]
    assert (desk.tickets, desk.bundles) == (tickets, bundles)


def test_a_bundle_waits_for_the_desk_and_arrives_once(computer, desk) -> None:
    """With no desk the bundle is queued, with exit code 4; when the desk is back it is delivered, one time."""
    tickets, before = desk.tickets, desk.bundles
    desk.stop()
    try:
        queued = computer.send("--new", "It stopped", "--severity", "3", "--to", desk.address)
    finally:
        desk.start()
    assert queued.code == EXIT_QUEUED, queued
    waiting = queued.event("queued")["bundle_id"]
    assert desk.bundles == before
    assert computer.sendlogs("outbox", "retry").code == 0
    assert computer.sendlogs("outbox", "retry").code == 0
    assert desk.bundles.keys() - before.keys() == {waiting}
    assert desk.tickets == tickets + 1
