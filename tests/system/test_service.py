"""The background service from outside: a champion asks, the person answers, things are killed, nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from pathlib import Path

import py7zr
import pytest

from tests.system.champion import Champion, come_to
from tests.system.running_service import wait_for

STOP_SECONDS = 2.0
EXIT_BUSY = 10

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def champion(computer, desk) -> Champion:
    sent = computer.send("--new", "It stopped", "--severity", "2", "--to", desk.address)
    assert sent.code == 0, sent
    return Champion(desk.state, sent.event("delivered")["receipt"]["ticket"])


def test_what_the_settings_allow_is_on_the_ticket_soon(champion, service, policy, desk) -> None:
    """From the champion's press to the bundle on the ticket, with every state told; and the desk knows the computer."""
    policy("allow")
    service.start()
    request_id = champion.ask()
    done = come_to(champion, request_id, "done")
    assert done["bundle"] == request_id
    assert done["states"][-3:] == ["gathering", "uploading", "done"]
    assert done["policy"] == "allow"
    assert done["version"]
    assert request_id in desk.bundles
    (listed,) = [each for each in service.requests().values() if each["request_id"] == request_id]
    assert listed["outcome"] == "done"
    assert service.stop() < STOP_SECONDS
    assert service.process.returncode == 0


def test_the_person_answers_both_ways(champion, service, policy, desk, computer) -> None:
    policy("ask")
    service.start()
    yes, no = champion.ask(), champion.ask()
    wait_for(
        lambda: {yes, no} <= {i for i, r in service.requests().items() if r["step"] == "asking"}, "nobody is asked"
    )
    shown = computer.sendlogs("requests", "show", yes, "--json").event("request")
    assert shown["reason"] == "Restores stop at 12 %."
    assert shown["plan"]["steps"]
    assert computer.sendlogs("requests", "later", no).code == 0
    assert champion.look(no)["state"] == "asking"
    assert computer.sendlogs("requests", "decline", no, "--words", "Not here.").code == 0
    assert computer.sendlogs("requests", "allow", yes, "--yes", "--exclude", "*.nothing").code == 0
    assert come_to(champion, no, "declined")["words"] == "Not here."
    assert come_to(champion, yes, "done")["bundle"] == yes
    assert no not in desk.bundles
    assert computer.sendlogs("requests", "allow", no).code == 2
    assert computer.sendlogs("audit", "--verify").code == 0
    assert service.stop() < STOP_SECONDS


def asked(champion, service, profile: str = "sendlogs") -> str:
    """A request that waits for the person."""
    request_id = champion.ask(profile)
    wait_for(lambda: service.requests().get(request_id, {}).get("step") == "asking", "nobody is asked")
    return request_id


def test_what_the_person_looked_at_is_what_the_desk_holds(champion, service, policy, desk, computer) -> None:
    """Gathered, looked into, one file taken out, agreed to: the SHA-256 that was shown, and nothing is left here."""
    policy("ask")
    service.start()
    request_id = asked(champion, service)
    first = computer.sendlogs("requests", "preview", request_id, "--json").event("preview")
    assert names_in(Path(first["file"])) >= {member["path"] for member in first["members"]}
    out = first["members"][0]["path"]
    assert champion.look(request_id)["state"] == "asking"
    seen = computer.sendlogs("requests", "preview", request_id, "--exclude", out, "--json").event("preview")
    assert out not in names_in(Path(seen["file"]))
    assert hashlib.sha256(Path(seen["file"]).read_bytes()).hexdigest() == seen["sha256"] != first["sha256"]
    assert request_id not in desk.bundles
    service.kill()
    service.start()
    said = computer.sendlogs("requests", "allow", request_id)
    assert (said.code, seen["sha256"] in said.out) == (0, True)
    assert come_to(champion, request_id, "done")["bundle"] == request_id
    assert hashlib.sha256(desk.bundles[request_id].read_bytes()).hexdigest() == seen["sha256"]
    (receipt,) = [each for each in computer.sendlogs("receipts", "--json").events if each["bundle_id"] == request_id]
    assert (receipt["sha256"], receipt["consent"]["how"]) == (seen["sha256"], "asked")
    assert list((computer.state / "previews").iterdir()) == []
    assert computer.sendlogs("audit", "--verify").code == 0


def test_a_file_that_was_changed_after_the_look_is_not_sent(champion, service, policy, desk, computer) -> None:
    policy("ask")
    service.start()
    request_id = asked(champion, service)
    seen = computer.sendlogs("requests", "preview", request_id, "--json").event("preview")
    with Path(seen["file"]).open("ab") as file:
        file.write(b"x")
    refused = computer.sendlogs("requests", "allow", request_id)
    assert (refused.code, "has changed since" in refused.err) == (11, True)
    assert champion.look(request_id)["state"] == "asking"
    assert request_id not in desk.bundles
    assert computer.sendlogs("requests", "decline", request_id).code == 0
    wait_for(lambda: not list((computer.state / "previews").iterdir()), "what was kept is still there")


@pytest.mark.parametrize("end", ["declined", "cancelled", "killed"])
def test_what_is_just_being_gathered_to_be_looked_at_ends_with_the_request(
    champion, service, policy, computer, gate, end: str
) -> None:
    policy("ask")
    service.start()
    request_id = asked(champion, service, "slow")
    looking = computer.start("requests", "preview", request_id, "--json")
    wait_for(lambda: list(computer.state.glob("work/run-*")), "it is not gathered")
    if end == "declined":
        assert computer.sendlogs("requests", "decline", request_id).code == 0
    elif end == "cancelled":
        champion.cancel(request_id)
    else:
        service.kill()
    told = json.loads(looking.communicate(timeout=60)[0].splitlines()[-1])
    assert (told["event"], ("No sendlogs service" if end == "killed" else end) in told["message"]) == ("error", True)
    wait_for(lambda: not list(computer.state.glob("work/run-*")), "what was gathered is still there")
    assert not list(computer.state.glob("previews/*"))


def names_in(bundle: Path) -> set[str]:
    """What any 7-Zip sees in it."""
    with py7zr.SevenZipFile(bundle) as opened:
        return set(opened.getnames())


def test_a_cancelled_request_is_stopped_midway(champion, service, policy, desk, computer, gate) -> None:
    policy("allow")
    service.start()
    request_id = champion.ask("slow")
    wait_for(lambda: service.requests().get(request_id, {}).get("step") == "gathering", "it is not gathered")
    champion.cancel(request_id)
    wait_for(lambda: service.requests()[request_id]["outcome"] == "cancelled", "it is not cancelled")
    wait_for(lambda: not list(computer.state.glob("work/run-*")), "what was gathered is still there")
    assert champion.look(request_id)["state"] == "cancelled"
    assert request_id not in desk.bundles
    assert not list(computer.state.glob(f"outbox/{request_id}"))


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_what_was_cut_short_is_taken_up_again_once(champion, service, policy, desk, gate, how) -> None:
    policy("notify")
    service.start()
    request_id = champion.ask("slow")
    wait_for(lambda: service.requests().get(request_id, {}).get("step") == "gathering", "it is not gathered")
    getattr(service, how)()
    assert request_id not in desk.bundles
    gate.touch()
    service.start()
    done = come_to(champion, request_id, "done")
    assert done["bundle"] == request_id
    assert done["states"].count("done") == 1


def test_a_bundle_waits_for_the_desk_and_is_told_when_it_is_there(champion, service, policy, desk, gate) -> None:
    policy("allow")
    service.start()
    request_id = champion.ask("slow")
    wait_for(lambda: service.requests().get(request_id, {}).get("step") == "gathering", "it is not gathered")
    desk.stop()
    gate.touch()
    try:
        wait_for(lambda: service.requests()[request_id]["step"] == "uploading", "it is not packed")
        wait_for(lambda: (service.status() or {})["desk_trouble"], "the desk is not missed")
    finally:
        desk.start()
    assert come_to(champion, request_id, "done")["bundle"] == request_id


def test_a_second_service_says_that_there_is_one(service, policy, computer) -> None:
    policy("off")
    service.start()
    second = computer.sendlogs("service", "--json")
    assert second.code == EXIT_BUSY
    assert "already runs" in second.event("error")["message"]
    assert service.status()


def test_a_refused_request_is_told_with_its_reason(champion, service, policy, desk) -> None:
    policy("off")
    service.start()
    request_id = champion.ask()
    assert come_to(champion, request_id, "refused")["words"].startswith("policy-off")
    assert request_id not in desk.bundles


def test_broken_settings_leave_the_old_ones(service, policy, computer) -> None:
    policy("off")
    service.start()
    file = computer.folder / "config" / "agent.yaml"
    file.write_text("remote: perhaps\n")
    os.kill(service.process.pid, signal.SIGHUP)
    told = wait_for(lambda: (now := service.status()) and now["settings_trouble"] and now, "nobody noticed")
    assert "remote" in told["settings_trouble"]
    assert told["policy"] == "off"
    policy("notify")
    os.kill(service.process.pid, signal.SIGHUP)
    wait_for(lambda: (now := service.status()) and now["policy"] == "notify", "nobody noticed")


def test_with_broken_settings_a_request_is_gathered_and_delivered(champion, service, policy, computer, desk) -> None:
    policy("allow")
    service.start()
    file = computer.folder / "config" / "agent.yaml"
    file.write_text("remote: perhaps\n")
    request_id = champion.ask()
    assert come_to(champion, request_id, "done")["bundle"] == request_id
    assert request_id in desk.bundles
    os.kill(service.process.pid, signal.SIGHUP)
    told = wait_for(lambda: (now := service.status()) and now["settings_trouble"] and now, "nobody noticed")
    assert f"{file}, line 1: remote" in told["settings_trouble"]


def test_settings_that_cannot_be_used_keep_it_from_starting(computer, policy) -> None:
    file = computer.folder / "config" / "agent.yaml"
    file.write_text("remote: perhaps\n")
    ran = computer.sendlogs("service")
    assert ran.code == 3
    assert "remote" in ran.err
