"""Requests, audit, keys and devices by the desk's own commands."""

import threading
from pathlib import Path

import pytest

from desk.collecting.request_commands import EXIT_CODES


@pytest.fixture(scope="module")
def keyed(desk, enrol_with_key):
    device = enrol_with_key(desk)
    device.api("PUT", "me", json={"remote_policy": "ask", "remote_profiles": ["demo"]})
    return device


def _run(desk_command, desk, *words):
    return desk_command(words[0], "--state", str(desk.state_folder), *words[1:])


def test_a_request_is_followed_to_its_end(desk, keyed, desk_command):
    words = ("--ticket", keyed.open_ticket()["number"], "--profile", "demo", "--reason", "why", "--since", "24h")
    told = []
    asking = threading.Thread(
        target=lambda: told.append(_run(desk_command, desk, "request", *words, "--as", "champion", "--follow"))
    )
    asking.start()
    (request,) = keyed.api("GET", "requests?wait_seconds=50").json()["requests"]
    path = f"requests/{request['request_id']}/state"
    assert keyed.api("POST", path, json={"state": "declined", "words": "not now"}).status_code == 200
    asking.join(60)
    assert told[0].stdout.splitlines() == [
        request["request_id"],
        "waiting for the computer",
        "reached the computer",
        "declined by the person (not now)",
    ], told[0].stderr
    assert told[0].returncode == 3
    assert "brought no bundle" in told[0].stderr


def test_each_end_but_done_has_an_exit_code_that_is_documented():
    documented = (Path(__file__).parents[3] / "docs" / "exit-codes.md").read_text("utf-8")
    ends = {"declined", "refused", "failed", "cancelled", "expired"}
    assert EXIT_CODES.keys() == ends
    assert len({0, 1, 2, *EXIT_CODES.values()}) == 3 + len(ends)
    for end, code in EXIT_CODES.items():
        assert f"- {code} *{end}*:" in documented


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"--ticket": "999999"}, 1),
        ({"--as": "nobody"}, 1),
        ({"--profile": "../x"}, 1),
        ({"--reason": " "}, 1),
        ({"--since": "1w"}, 2),
        ({"--since": "999d"}, 1),
    ],
)
def test_what_cannot_be_asked_ends_with_a_sentence(desk, keyed, desk_command, changed, code):
    words = {"--ticket": keyed.open_ticket()["number"], "--profile": "demo", "--reason": "r", "--as": "champion"}
    refused = _run(desk_command, desk, "request", *(word for pair in (words | changed).items() for word in pair))
    assert (refused.returncode, refused.stdout) == (code, "")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("who", [("--queue", "bugs"), ("--role", "auditor")], ids=["other queue", "auditor"])
def test_who_may_not_ask_on_the_page_may_not_here(desk, keyed, desk_command, who):
    number = keyed.open_ticket()["number"]  # of the queue "support"
    desk.command("champion", f"asks-{who[1]}", *who)
    words = ("--ticket", number, "--profile", "demo", "--reason", "r", "--as", f"asks-{who[1]}")
    refused = _run(desk_command, desk, "request", *words)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"asks-{who[1]}" in refused.stderr
    assert keyed.api("GET", "requests").json()["requests"] == []


def test_the_audit_is_printed_and_verified(start_desk, enrol, desk_command, inside):
    desk = start_desk()
    device = enrol(desk)
    assert f"device {device.device_id} device-enrolled" in desk.command("audit")
    assert "each fits" in desk.command("audit", "--verify")
    inside(desk, "from desk.models import AuditEntry\nAuditEntry.objects.update(who='x')\nreturn None")
    spoilt = _run(desk_command, desk, "audit", "--verify")
    assert (spoilt.returncode, "does not fit" in spoilt.stderr) == (1, True)


def test_a_new_key_cancels_what_the_old_one_signed(start_desk, enrol_with_key, ask):
    desk = start_desk()
    device = enrol_with_key(desk)
    ask(device, device.open_ticket()["number"])
    old, new = desk.command("keys"), desk.command("keys", "rotate")
    assert old.startswith("SHA256:")
    assert old != new == desk.command("keys")
    told = device.api("GET", "requests").json()
    assert [request["state"] for request in told["requests"]] == ["cancelled"]
    assert len(told["successions"]) == 1


def test_a_device_is_revoked_once(desk, enrol, desk_command):
    """Wherever the folder of the desk stands among the words."""
    device = enrol(desk)
    assert desk.command("device", "revoke", device.device_id) == "revoked"
    assert device.api("GET", "me").status_code == 401
    assert desk.command("device", "revoke", device.device_id) == "was revoked already"
    for words in (("revoke", "--state", desk.state_folder, device.device_id), ("revoke", device.device_id)):
        told = desk_command(
            "device", *map(str, words), *([] if "--state" in words else ["--state", str(desk.state_folder)])
        )
        assert told.stdout == "was revoked already\n", told.stderr


def test_a_device_is_named_by_its_computer_id_where_no_other_has_it(desk, enrol, desk_command):
    alone, first, second = enrol(desk, "alone-here"), enrol(desk, "twice-here"), enrol(desk, "twice-here")
    listed = desk.command("device", "list")
    assert f"{alone.device_id} Computer ID alone-here, last seen never\n" in listed
    assert desk.command("device", "revoke", "alone-here") == "revoked"
    assert alone.api("GET", "me").status_code == 401
    assert "Computer ID alone-here, last seen never, revoked" in desk.command("device", "list")
    refused = _run(desk_command, desk, "device", "revoke", "twice-here")
    assert refused.returncode == 1
    assert f"name one by its own ID: {first.device_id}, {second.device_id}." in refused.stderr
    assert second.api("GET", "me").status_code == 200
    for words in (("revoke", "nobody"), ("revoke",)):
        refused = _run(desk_command, desk, "device", *words)
        assert (refused.returncode, "device list" in refused.stderr) == (1, True)


def test_tokens_are_made_listed_and_revoked(desk, desk_command):
    desk.command("champion", "with-tokens")
    token = desk.command("token", "make", "with-tokens", "--name", "nightly", "--days", "7")
    headers = {"Authorization": f"Bearer {token}"}
    assert desk.api("GET", "champion/requests", headers=headers).status_code == 200
    told = desk.command("token", "list", "with-tokens")
    assert told.startswith("nightly: good until ")
    assert token.split(".")[1] not in told
    assert desk.command("token", "revoke", "with-tokens", "--name", "nightly") == "revoked"
    assert desk.api("GET", "champion/requests", headers=headers).status_code == 401
    for words in (("revoke", "with-tokens", "--name", "nightly"), ("make", "with-tokens"), ("list", "nobody")):
        refused = _run(desk_command, desk, "token", *words)
        assert (refused.returncode, refused.stdout, "Traceback" in refused.stderr) == (1, "", False)
