"""What is admitted, once and not again; the attacks that need a story are here, the others in a table beside this."""

from __future__ import annotations

import random
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import audit
from agent.remote import nonces, pins, refusal_lines
from agent.remote.refusals import Reason, Refused

HOUR = timedelta(hours=1)


def refused(computer, envelope) -> Reason:
    with pytest.raises(Refused) as raised:
        computer.admit(envelope)
    return raised.value.reason


def test_a_good_request_comes_out_as_it_went_in_and_is_told(computer, desk) -> None:
    asked = desk.fields()
    request = computer.admit(desk.request(**asked))
    assert {name: getattr(request, name) for name in asked if name not in ("options", "not_before", "expires_at")} == {
        name: value for name, value in asked.items() if name not in ("options", "not_before", "expires_at")
    }
    assert request.since_seconds == 3600
    assert (request.not_before, request.expires_at) == (computer.now, computer.now + 24 * HOUR)
    assert request.not_before.utcoffset() == timedelta(0)
    assert computer.told == [
        f"request-accepted: request {asked['request_id']}: "
        "ticket 17, profile nginx, by Kim Champion: Restores stop at 12 %."
    ]


def test_no_options_mean_as_far_back_as_the_settings_say(computer, desk) -> None:
    assert computer.admit(desk.request(options={})).since_seconds is None


@pytest.mark.parametrize("text", ["Zoë fragt nach: ⚠️ 復元が止まる", "שלום", "Å" * 150])
def test_texts_of_every_language_are_let_in(computer, desk, text) -> None:
    assert computer.admit(desk.request(requester=text)).requester == text


def test_the_time_may_be_in_any_zone(computer, desk) -> None:
    computer.now = computer.now.astimezone(timezone(timedelta(hours=-6)))
    computer.admit(desk.request())


def test_a_desk_whose_clock_is_some_minutes_ahead_is_believed(computer, desk) -> None:
    computer.now -= timedelta(minutes=5)
    computer.admit(desk.request())


def test_a_replay_is_refused_also_after_a_restart_and_another_envelope(computer, desk) -> None:
    computer.allow(every_seconds=0)
    envelope = desk.request(request_id="0b0e7c9e-3f0a-4c55-9d0e-0f6d3f1f2a11")
    computer.admit(envelope)
    assert refused(computer, envelope) is Reason.REPLAYED
    again = desk.request(request_id="0b0e7c9e-3f0a-4c55-9d0e-0f6d3f1f2a11", ticket="18")
    assert refused(computer, again) is Reason.REPLAYED


def test_a_replay_is_refused_as_long_as_the_request_is_valid_and_expired_after_that(computer, desk) -> None:
    computer.allow(every_seconds=0)
    envelope = desk.request()
    computer.admit(envelope)
    computer.now += 24 * HOUR - timedelta(seconds=1)
    assert refused(computer, envelope) is Reason.REPLAYED
    computer.now += timedelta(seconds=1)
    assert refused(computer, envelope) is Reason.EXPIRED


def test_a_clock_that_was_set_back_revives_nothing(computer, desk) -> None:
    """Neither a request that was used, nor one that expired unused, nor the rate."""
    used, unused = desk.request(), desk.request()
    computer.admit(used)
    began = computer.now
    computer.now += 25 * HOUR
    late = {"not_before": "2026-11-27T10:00:00Z", "expires_at": "2026-11-27T12:00:00Z"}
    computer.admit(desk.request(**late))
    computer.now = began + HOUR
    for envelope in (used, unused):
        assert refused(computer, envelope) is Reason.CLOCK_SET_BACK
    assert refused(computer, desk.request(**late)) is Reason.TOO_SOON


def test_a_time_that_was_seen_while_no_request_came_counts_as_well(computer, desk) -> None:
    unused = desk.request()
    nonces.saw(computer.state, computer.pin.device_id, computer.now + 25 * HOUR)
    assert refused(computer, unused) is Reason.CLOCK_SET_BACK


def test_enrolling_anew_begins_anew_also_after_a_clock_that_was_far_ahead(computer, desk) -> None:
    nonces.saw(computer.state, computer.pin.device_id, datetime(2099, 1, 1, tzinfo=UTC))
    assert refused(computer, desk.request()) is Reason.CLOCK_SET_BACK
    other = "d9b1c3ad-0000-4c55-8f5b-3c0d7a520b02"
    told = pins.told_at_enrolment(tenant=computer.pin.tenant, device_id=other, desk_key=desk.key.public.line)
    pins.keep(computer.credential_file, told)
    assert refused(computer, desk.request()) is Reason.OTHER_DEVICE
    computer.admit(desk.request(device_id=other))


def test_the_rate_is_one_in_ten_minutes_and_five_a_day(computer, desk) -> None:
    taken = []
    for minute in (*range(0, 90, 5), *range(90, 24 * 60, 90)):
        computer.now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC) + timedelta(minutes=minute)
        try:
            computer.admit(desk.request())
        except Refused as raised:
            told = raised.reason
        else:
            taken.append(minute)
            continue
        assert told is (Reason.TOO_SOON if minute < 50 else Reason.TOO_MANY_TODAY)
    assert taken == [0, 10, 20, 30, 40]


def test_after_a_day_there_is_room_for_another(computer, desk) -> None:
    computer.allow(per_day=1)
    computer.admit(desk.request())
    computer.now += 24 * HOUR
    computer.admit(desk.request(not_before="2026-11-27T09:00:00Z", expires_at="2026-11-27T12:00:00Z"))


def test_none_a_day_is_none(computer, desk) -> None:
    computer.allow(per_day=0)
    assert refused(computer, desk.request()) is Reason.TOO_MANY_TODAY


def test_a_request_is_decided_once(computer, desk) -> None:
    """What came too soon does not come back as soon as it may: the champion was told that it was refused."""
    computer.admit(desk.request())
    early = desk.request()
    assert refused(computer, early) is Reason.TOO_SOON
    computer.now += HOUR
    assert refused(computer, early) is Reason.REPLAYED


def test_what_can_never_be_allowed_is_not_told_as_too_soon(computer, desk) -> None:
    computer.admit(desk.request())
    assert refused(computer, desk.request()) is Reason.TOO_SOON
    assert refused(computer, desk.request(profile="other")) is Reason.UNKNOWN_PROFILE
    computer.allow(profiles=frozenset({"postgresql"}), every_seconds=3600)
    assert refused(computer, desk.request(profile="nginx")) is Reason.PROFILE_NOT_ALLOWED
    computer.allow(policy="off", profiles=None, every_seconds=3600)
    assert refused(computer, desk.request()) is Reason.POLICY_OFF


def test_only_profiles_that_are_allowed_remotely_are(computer, desk) -> None:
    computer.allow(profiles=frozenset({"postgresql"}))
    assert refused(computer, desk.request(profile="nginx")) is Reason.PROFILE_NOT_ALLOWED
    assert refused(computer, desk.request(profile="other")) is Reason.UNKNOWN_PROFILE
    assert computer.admit(desk.request(profile="postgresql")).profile == "postgresql"


@pytest.mark.parametrize("policy", ["ask", "notify", "allow"])
def test_every_policy_but_off_lets_it_through(computer, desk, policy) -> None:
    computer.allow(policy=policy)
    computer.admit(desk.request())


def test_off_is_the_last_word(computer, desk) -> None:
    computer.allow(policy="off")
    assert refused(computer, desk.request()) is Reason.POLICY_OFF
    assert refused(computer, desk.request(profile="other")) is Reason.UNKNOWN_PROFILE


def test_a_computer_that_pinned_nothing_believes_nobody(computer, desk) -> None:
    pins.keep(computer.credential_file, None)
    assert refused(computer, desk.request()) is Reason.NOT_PINNED


def test_a_key_that_was_given_up_is_told_apart_from_an_unknown_one(computer, desk, another_desk) -> None:
    assert refused(computer, another_desk.request()) is Reason.UNKNOWN_KEY
    computer_pin = pins.accept_succession(
        computer.state, "desk:https://desk.example", desk.succession(another_desk.key.public)
    )
    assert computer_pin.desk_key == another_desk.key.public
    assert refused(computer, desk.request()) is Reason.GIVEN_UP_KEY
    computer.admit(another_desk.request())


@pytest.mark.parametrize("broken", ["pin", "memory", "audit"])
def test_what_cannot_be_remembered_is_not_done(computer, desk, broken) -> None:
    computer.allow(every_seconds=0)
    computer.admit(desk.request())
    memory = computer.state / "remote" / f"{computer.pin.device_id}.json"
    file = {"pin": pins.pin_file(computer.credential_file), "memory": memory, "audit": computer.state / "audit.jsonl"}
    file[broken].write_bytes(b"?" * 10**6)
    assert refused(computer, desk.request()) is Reason.STATE_UNUSABLE


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are POSIX")
def test_a_memory_that_others_could_write_is_not_believed(computer, desk) -> None:
    computer.admit(desk.request())
    (computer.state / "remote" / f"{computer.pin.device_id}.json").chmod(0o666)
    assert refused(computer, desk.request()) is Reason.STATE_UNUSABLE


def test_a_thousand_flipped_bits_are_a_thousand_refusals(computer, desk) -> None:
    chance = random.Random(20261126)
    envelope = desk.request()
    before = computer.files()
    for _ in range(1000):
        flipped = bytearray(envelope)
        at = chance.randrange(8 * len(flipped))
        flipped[at // 8] ^= 1 << at % 8
        refused(computer, bytes(flipped))
    assert {name: data for name, data in computer.files().items() if not name.startswith("remote/")} == before
    assert not any("accepted" in line for line in computer.told)
    computer.admit(envelope)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_do_anything_but_be_refused(computer, data) -> None:
    refused(computer, data)


def test_a_flood_fills_neither_the_disk_nor_the_rate(computer, desk) -> None:
    for _ in range(500):
        refused(computer, b"nonsense")
    assert len(computer.told) == refusal_lines.MOST_A_DAY
    assert (computer.state / "audit.jsonl").stat().st_size < 30_000
    computer.admit(desk.request())
    computer.now += 24 * HOUR
    refused(computer, b"nonsense")
    assert "450 more since 2026-11-26T09:00:00Z have no line of their own" in computer.told[-2]


def test_a_flood_of_well_signed_requests_is_bounded_and_none_is_forgotten(computer, desk, monkeypatch) -> None:
    monkeypatch.setattr(nonces, "MOST_USED", 20)
    first = desk.request()
    computer.admit(first)
    for _ in range(19):
        assert refused(computer, desk.request()) is Reason.TOO_SOON
    computer.now += HOUR
    assert refused(computer, desk.request()) is Reason.TOO_MANY_KEPT
    assert refused(computer, first) is Reason.REPLAYED
    computer.now += 24 * HOUR
    computer.admit(desk.request(not_before="2026-11-27T10:00:00Z", expires_at="2026-11-28T09:00:00Z"))


def test_of_many_at_once_one_is_admitted(computer, desk) -> None:
    computer.allow(every_seconds=0, per_day=100)
    envelope = desk.request()

    def outcome(_: int) -> str:
        try:
            return computer.admit(envelope).ticket
        except Refused as raised:
            return raised.reason

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(outcome, range(16)))
    assert sorted(told) == sorted(["17", *["replayed"] * 15])
    assert audit.verify(computer.state).fault == ""


def test_a_copy_of_the_state_folder_on_another_computer_is_that_computer(computer, desk, tmp_path) -> None:
    """What a copied folder can do is told in the threat model; the copy still uses an id once."""
    envelope = desk.request()
    computer.admit(envelope)
    shutil.copytree(computer.state, tmp_path / "copy")
    computer.state = tmp_path / "copy"
    assert refused(computer, envelope) is Reason.REPLAYED
