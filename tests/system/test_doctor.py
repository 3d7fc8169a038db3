"""Doctor before a real desk: not enrolled, enrolled, and when the desk is gone."""

import os
import shutil
import subprocess

import pytest

from tests.system.program import PROGRAM

EXIT_UNHEALTHY = 12


@pytest.fixture(scope="module")
def computer(make_computer):
    return make_computer("computer")


def levels(ran) -> dict[str, str]:
    """The worst level of each thing that was looked at."""
    order = ["ok", "warning", "problem"]
    found: dict[str, str] = {}
    for event in ran.events:
        if event["event"] == "finding":
            found[event["name"]] = max(event["level"], found.get(event["name"], "ok"), key=order.index)
    return found


def test_from_a_stranger_to_a_known_device_to_a_desk_that_is_gone(computer, desk) -> None:
    """One test, in the order in which an administrator meets these."""
    stranger = computer.sendlogs("doctor", "--to", desk.address, "--json")
    assert stranger.code == EXIT_UNHEALTHY
    assert {name for name, level in levels(stranger).items() if level == "problem"} == {"endpoint"}

    desk.enrol(computer)
    known = computer.sendlogs("doctor", "--to", desk.address, "--json")
    assert known.code == 0, known.out
    assert {name: levels(known)[name] for name in ("DNS", "TCP", "clock", "endpoint")} == dict.fromkeys(
        ("DNS", "TCP", "clock", "endpoint"), "ok"
    )

    desk.stop()
    gone = computer.sendlogs("doctor", "--to", desk.address, "--json")
    assert gone.code == EXIT_UNHEALTHY
    assert {name for name, level in levels(gone).items() if level == "problem"} == {"TCP", "endpoint"}


@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode,
    reason="needs the right to be without a network",
)
def test_without_a_network_doctor_says_so_and_does_not_send_to_itself(make_computer):
    words = [*PROGRAM, "doctor", "--to", "desk:http://127.0.0.1:8750"]
    folder = make_computer("lonely").folder
    environment = os.environ | {"SENDLOGS_STATE_FOLDER": str(folder / "state"), "HOME": str(folder)}
    command = ["unshare", "-n", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    assert done.returncode == EXIT_UNHEALTHY
    assert "sendlogs doctor" not in done.stdout


def test_a_broken_profile_is_told_with_what_checks_it(make_computer):
    computer = make_computer("broken")
    folder = computer.folder / "config" / "profiles"
    folder.mkdir(parents=True)
    (folder / "u.yaml").write_text("product: U\ntitle: U test\n")
    ran = computer.sendlogs("doctor", "--profile", "u", "--json")
    (found,) = [event for event in ran.events if event.get("name") == "logs"]
    assert "'collectors' is a required property" in found["message"]
    assert "sendlogs config check" in found["advice"]
