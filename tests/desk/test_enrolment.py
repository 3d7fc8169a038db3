"""Enrolment over the wire: tokens work as often as they were made for, and cannot be guessed at leisure."""

import pytest

from desk import ed25519


def _enrol(desk, token, computer_id="c-1", **headers):
    return desk.api("POST", "enroll", json={"token": token, "computer_id": computer_id}, headers=headers)


def test_a_token_works_once(desk):
    token = desk.command("enrollment-token")
    first, second = _enrol(desk, token), _enrol(desk, token)
    assert first.status_code == 201
    assert set(first.json()) == {"device_id", "credential", "tenant", "desk_key"}
    assert first.headers["Cache-Control"] == "no-store"
    assert (second.status_code, second.json()["type"]) == (403, "token-invalid")


def test_a_token_for_a_fleet_works_for_each(desk):
    token = desk.command("enrollment-token", "--count", "2")
    assert [_enrol(desk, token, name).status_code for name in ("c-1", "c-2", "c-3")] == [201, 201, 403]


def test_a_computer_that_enrols_anew_is_another_device(desk, enrol):
    """What a computer says of itself gives no access to what was there before."""
    first, second = enrol(desk, "same-computer"), enrol(desk, "same-computer")
    number = first.open_ticket()["number"]
    assert second.api("GET", f"tickets/{number}").status_code == 404


def _enrol_again(desk, credential, computer_id="c-1", **more):
    words = {"token": desk.command("enrollment-token", "--group", "moved"), "computer_id": computer_id, **more}
    return desk.api("POST", "enroll", json=words, headers={"Authorization": f"Bearer {credential}"}).json()


def test_a_computer_that_shows_its_good_credential_stays_the_device_it_is(desk, enrol_with_key, ask, inside):
    """Its tickets stay its own, what is asked of it too, and the credential of before ends when the new one is used."""
    device = enrol_with_key(desk)
    number = device.open_ticket()["number"]
    request_id = ask(device, number)
    line = ed25519.line_of(ed25519.public_of(b"e" * 32))
    told = _enrol_again(desk, device.credential, "c-2", device_key=line)
    assert told["device_id"] == device.device_id
    assert device.api("GET", "me").status_code == 200  # the answer may have been lost
    headers = {"Authorization": f"Bearer {told['credential']}"}
    assert desk.api("GET", f"tickets/{number}", headers=headers).status_code == 200
    asked = desk.api("GET", "requests?wait_seconds=0", headers=headers).json()["requests"]
    assert [each["request_id"] for each in asked] == [request_id]
    assert device.api("GET", "me").status_code == 401
    body = """
from desk.models import AuditEntry, Device
device = Device.objects.get(pk=words[0])
lines = AuditEntry.objects.filter(about=f"device {device.pk}", what="device-enrolled-again").count()
return [device.computer_id, device.group, device.public_key, lines]
"""
    assert inside(desk, body, device.device_id) == ["c-2", "moved", line, 1]


def test_a_credential_that_is_not_good_makes_a_new_device(desk, enrol, inside):
    """Neither a revoked one, nor its public half, nor the same computer ID gives access to what was there before."""
    live, revoked = enrol(desk, "same-computer"), enrol(desk, "same-computer")
    number = revoked.open_ticket()["number"]
    body = """
from desk.models import Device
from desk.revocation import revoke
return revoke(Device.objects.get(pk=words[0]), by="kim")
"""
    assert inside(desk, body, revoked.device_id) is True
    for shown in (revoked.credential, f"{live.credential.split('.')[0]}.guessed", "x"):
        told = _enrol_again(desk, shown, "same-computer")
        assert told["device_id"] not in {live.device_id, revoked.device_id}
        headers = {"Authorization": f"Bearer {told['credential']}"}
        assert desk.api("GET", f"tickets/{number}", headers=headers).status_code == 404
    assert live.api("GET", "me").status_code == 200


def test_a_good_credential_does_not_stand_for_a_token(desk, enrol):
    device = enrol(desk)
    headers = {"Authorization": f"Bearer {device.credential}"}
    assert _enrol(desk, "unknown.token", **headers).status_code == 403
    assert device.api("GET", "me").status_code == 200


def test_guessing_is_slowed_down_and_right_tokens_are_not(start_desk):
    """Failures alone count: a fleet behind one address enrols unhindered."""
    desk = start_desk()
    fleet = desk.command("enrollment-token", "--count", "20")
    assert all(_enrol(desk, fleet).status_code == 201 for _ in range(15))
    answers = [_enrol(desk, f"{'0' * 24}.wrong") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert answers[-1].json()["type"] == "throttled"
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(("words", "last"), [((), 429), (("--url", "https://desk.example"), 403)])
def test_who_calls_is_told_by_a_proxy_only_where_there_is_one(start_desk, words, last):
    """Without one, guessers on this computer cannot give themselves a new address for each guess."""
    desk = start_desk(*words)
    guess = f"{'0' * 24}.wrong"
    answers = [_enrol(desk, guess, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [last]


def test_only_hashes_are_kept(desk, enrol):
    """Neither a token nor a credential can be read out of the database."""
    token = desk.command("enrollment-token")
    device = enrol(desk)
    kept = b"".join(file.read_bytes() for file in desk.state_folder.glob("desk.sqlite3*"))
    assert token.split(".")[0].encode() in kept  # the public half, which shows that this looks in the right place
    assert token.split(".")[1].encode() not in kept
    assert device.credential.split(".")[1].encode() not in kept


def test_the_desk_tells_who_it_is_and_takes_the_device_as_it_is(desk, inside):
    line = ed25519.line_of(ed25519.public_of(b"d" * 32))
    token = desk.command("enrollment-token", "--group", "branch")
    answer = desk.api("POST", "enroll", json={"token": token, "computer_id": "c-1", "device_key": line}).json()
    body = """
from desk import signing_key
from desk.models import Device
device = Device.objects.get(pk=words[0])
key = signing_key.ours()
return [device.public_key, device.group, key.tenant, key.line]
"""
    assert inside(desk, body, answer["device_id"]) == [line, "branch", answer["tenant"], answer["desk_key"]]
    assert ed25519.key_of(answer["desk_key"])


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "ssh-rsa AAAA",
        ed25519.line_of(bytes(32)),
        f"{ed25519.line_of(ed25519.public_of(bytes(32)))} comment",
        7,
        "",
    ],
)
def test_a_device_does_not_enrol_by_a_bad_key(desk, line):
    token = desk.command("enrollment-token")
    words = {"token": token, "computer_id": "c-1", "device_key": line}
    answer = desk.api("POST", "enroll", json=words)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid")
    assert _enrol(desk, token).status_code == 201  # the token is not used up


def test_an_expired_token_is_worth_nothing(desk, inside):
    body = """
from datetime import timedelta
from desk.enrolment import make_token
return make_token(valid_for=timedelta(seconds=-1))
"""
    answer = _enrol(desk, inside(desk, body))
    assert (answer.status_code, answer.json()["type"]) == (403, "token-invalid")
