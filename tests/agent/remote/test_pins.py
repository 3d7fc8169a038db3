"""What is pinned at enrolment is altered by nobody but the pinned key, and a key that was given up stays so."""

from __future__ import annotations

import json

import pytest

from agent.errors import StorageError
from agent.remote import pins
from agent.remote.refusals import Reason, Refused
from agent.signature import PublicKey
from config.private_files import is_open_to_others

ENDPOINT = "desk:https://desk.example"
WEAK = PublicKey(bytes([1]) + bytes(31))
OTHER_UUID = "00000000-0000-4000-8000-000000000000"


def follow(computer, envelope):
    return pins.accept_succession(computer.state, ENDPOINT, envelope, now=computer.now)


def refused(computer, envelope) -> Reason:
    before = computer.pin
    with pytest.raises(Refused) as raised:
        follow(computer, envelope)
    assert computer.pin == before
    assert computer.told[-1].startswith(f"desk-key-refused: a key that would follow: {raised.value.reason}: ")
    return raised.value.reason


def test_it_lies_beside_the_credential_for_its_owner_alone(computer, desk) -> None:
    file = pins.pin_file(computer.credential_file)
    assert file.parent == computer.credential_file.parent
    assert not is_open_to_others(file)
    assert computer.pin.desk_key == desk.key.public


def test_every_spelling_of_the_desk_has_the_same_pin(computer) -> None:
    assert pins.pinned(computer.state, "desk:HTTPS://Desk.Example:443/") == computer.pin
    assert pins.pinned(computer.state, "desk:https://other.example") is None


def test_the_pinned_key_names_the_next_and_is_worth_nothing_then(computer, desk, another_desk) -> None:
    envelope = desk.succession(another_desk.key.public)
    after = follow(computer, envelope)
    assert after == computer.pin
    assert after.desk_key == another_desk.key.public
    assert [gone.fingerprint for gone in after.given_up] == [desk.key.public.fingerprint]
    assert computer.told[-1].startswith("desk-key-followed: desk ")


def test_the_same_statement_again_changes_nothing_and_is_not_told_again(computer, desk, another_desk) -> None:
    envelope = desk.succession(another_desk.key.public)
    after, told = follow(computer, envelope), computer.told
    assert follow(computer, envelope) == after
    assert computer.told == told


def test_several_in_a_row_are_followed_and_their_history_may_come_again(computer, desk, another_desk) -> None:
    third = type(desk)()
    history = [desk.succession(another_desk.key.public), another_desk.succession(third.key.public)]
    for envelope in history * 2:
        follow(computer, envelope)
    assert computer.pin.desk_key == third.key.public


def test_a_computer_that_enrolled_later_follows_from_where_it_is(computer, desk, another_desk) -> None:
    """A desk tells its whole history; what came before this computer's enrolment is neither believed nor told."""
    first, third = type(desk)(), type(desk)()
    history = [first.succession(desk.key.public), desk.succession(another_desk.key.public), b"nonsense"]
    for _ in range(2):
        pins.accept_successions(computer.state, ENDPOINT, history, now=computer.now)
    assert computer.pin.desk_key == another_desk.key.public
    assert len(computer.told) == 1
    forged = json.loads(another_desk.succession(third.key.public))
    forged["payload"] = json.loads(another_desk.succession(first.key.public))["payload"]
    pins.accept_successions(computer.state, ENDPOINT, [json.dumps(forged).encode()], now=computer.now)
    assert computer.pin.desk_key == another_desk.key.public
    assert "bad-signature" in computer.told[-1]


def test_nobody_else_names_the_next(computer, desk, another_desk) -> None:
    third = type(desk)().key.public
    assert refused(computer, another_desk.succession(third)) is Reason.UNKNOWN_KEY
    follow(computer, desk.succession(another_desk.key.public))
    assert refused(computer, desk.succession(third)) is Reason.GIVEN_UP_KEY
    assert refused(computer, another_desk.succession(desk.key.public)) is Reason.GIVEN_UP_KEY
    itself = another_desk.succession(another_desk.key.public, made_at="2026-11-26T10:00:00Z")
    assert refused(computer, itself) is Reason.GIVEN_UP_KEY


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ({"tenant": OTHER_UUID}, Reason.OTHER_TENANT),
        ({"new_key": WEAK.line}, Reason.BAD_FIELD),
        ({"new_key": "ssh-ed25519 AAAA"}, Reason.BAD_FIELD),
        ({"new_key": 7}, Reason.BAD_FIELD),
        ({"made_at": "now"}, Reason.BAD_TIME),
        ({"command": "x"}, Reason.UNKNOWN_FIELD),
    ],
)
def test_a_statement_that_is_not_as_it_must_be_is_refused(computer, desk, another_desk, others, reason) -> None:
    assert refused(computer, desk.succession(another_desk.key.public, **others)) is reason


def test_a_key_with_a_comment_is_another_spelling(computer, desk, another_desk) -> None:
    line = f"{another_desk.key.public.line} desk"
    assert refused(computer, desk.succession(another_desk.key.public, new_key=line)) is Reason.BAD_FIELD


def test_a_request_is_no_succession(computer, desk, another_desk) -> None:
    assert refused(computer, desk.request()) is Reason.OTHER_TYPE
    envelope = json.loads(desk.succession(another_desk.key.public))
    envelope["signatures"][0]["sig"] = json.loads(desk.request())["signatures"][0]["sig"]
    assert refused(computer, json.dumps(envelope).encode()) is Reason.BAD_SIGNATURE


def test_a_computer_that_pinned_nothing_follows_nobody(computer, desk, another_desk) -> None:
    pins.keep(computer.credential_file, None)
    assert refused(computer, desk.succession(another_desk.key.public)) is Reason.NOT_PINNED


def test_enrolling_anew_pins_anew_and_remembers_what_was_given_up(computer, desk, another_desk) -> None:
    pin = computer.pin
    pins.keep(
        computer.credential_file, pins.Pin(tenant=pin.tenant, device_id=OTHER_UUID, desk_key=another_desk.key.public)
    )
    assert computer.pin.device_id == OTHER_UUID
    assert [gone.fingerprint for gone in computer.pin.given_up] == [desk.key.public.fingerprint]
    pins.keep(computer.credential_file, pin)
    assert [gone.fingerprint for gone in computer.pin.given_up] == [another_desk.key.public.fingerprint]
    pins.keep(computer.credential_file, pins.Pin(tenant=OTHER_UUID, device_id=OTHER_UUID, desk_key=desk.key.public))
    assert computer.pin.given_up == ()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "tenant": 1}', b"[" * 10**5])
def test_a_damaged_pin_is_no_reason_to_believe_anybody(computer, desk, content) -> None:
    pin = computer.pin
    pins.pin_file(computer.credential_file).write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        pins.pinned(computer.state, ENDPOINT)
    pins.keep(computer.credential_file, pin)
    assert computer.pin == pin


@pytest.mark.parametrize(
    "told",
    [
        {"tenant": "x"}, {"device_id": "7"}, {"device_id": OTHER_UUID.upper().replace("0", "A")}, {"desk_key": ""},
        {"desk_key": WEAK.line}, {"desk_key": "ssh-rsa AAAA"}, {"desk_key": "ssh-ed25519 ü"},
    ],
)  # fmt: skip
def test_an_answer_that_is_not_as_it_must_be_pins_nothing(desk, told) -> None:
    good = {"tenant": OTHER_UUID, "device_id": OTHER_UUID, "desk_key": desk.key.public.line}
    assert pins.told_at_enrolment(**good).desk_key == desk.key.public
    with pytest.raises(ValueError, match=r"\w"):
        pins.told_at_enrolment(**(good | told))
