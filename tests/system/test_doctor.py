"""Doctor before a real desk: not enrolled, enrolled, and when the desk is gone."""

import pytest

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
