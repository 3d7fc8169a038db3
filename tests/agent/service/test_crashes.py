"""A crash becomes an errand at once, and an offer in words when its logs are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.service.children import Errand
from agent.service.crashes import Crashes
from agent.service.loop import Loop


class Lane:
    """Runs nothing; the test ends each errand."""

    def __init__(self) -> None:
        self.errands: list[Errand] = []

    def add(self, errand: Errand) -> None:
        self.errands.append(errand)


@pytest.fixture
def lane() -> Lane:
    return Lane()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def long() -> Lane:
    return Lane()


@pytest.fixture
def crashes(tmp_path: Path, loop: Loop, lane: Lane, long: Lane, said: list[str]) -> Crashes:
    (tmp_path / "crash").mkdir()
    made = Crashes(tmp_path / "state", loop, lane, long, said.append)
    made.use(settings(tmp_path))
    return made


def settings(folder: Path) -> dict[str, object]:
    nginx = {"crashes": [f"{folder}/crash/*"], "logs": ["/log/*"], "telling_logs": [], "phrases": [], "units": []}
    command = "sudo -u agent SENDLOGS_STATE_FOLDER=/x sendlogs"
    return {"applications": {"nginx": nginx}, "command": command, "sends_crashes": False}


def crash(folder: Path, loop: Loop, lane: Lane) -> Errand:
    (folder / "crash" / "core").touch()
    loop.run(until=lambda: bool(lane.errands), within_seconds=10)
    return lane.errands[0]


def test_the_logs_are_kept_at_once_and_offered_in_one_line(crashes, tmp_path, loop, lane, long, said) -> None:
    errand = crash(tmp_path, loop, lane)
    assert errand.name == "snapshot"
    assert errand.arguments["state"] == str(tmp_path / "state")
    assert (errand.arguments["profile"], errand.arguments["logs"]) == ("nginx", ["/log/*"])
    assert Path(errand.arguments["crash"]) == tmp_path / "crash" / "core"
    assert said == []
    errand.ended({"event": "result", "crash_id": "17-nginx"})
    (line,) = said
    command = "'sudo -u agent SENDLOGS_STATE_FOLDER=/x sendlogs"  # in whose state folder it lies
    assert f"{command} send --crash 17-nginx'" in line
    assert f"{command} crashes dismiss 17-nginx'" in line
    assert "nothing is sent" in line
    crashes.look_closely()
    assert len(lane.errands) == 1
    assert long.errands == []


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        ({"event": "result", "ticket": "17"}, "were sent: ticket 17."),
        ({"event": "result", "queued": "No network."}, "wait in the outbox: No network."),
        ({"event": "result", "kept": "One was."}, "were not sent now. One was. To send them: 'sudo -u agent"),
        ({"event": "failed", "sentence": "No endpoint."}, "not sent now. No endpoint. To send them: 'sudo -u agent"),
    ],
)
def test_where_the_settings_say_so_a_crash_is_sent_unasked(
    crashes, tmp_path, loop, lane, long, said, outcome: dict[str, str], line: str
) -> None:
    crashes.use(settings(tmp_path) | {"sends_crashes": True})
    crash(tmp_path, loop, lane).ended({"event": "result", "crash_id": "17-nginx"})
    assert said.pop().endswith("The ends of its logs are kept, and sent, as the settings say.")
    (errand,) = long.errands
    assert (errand.name, errand.arguments) == ("crash", {"crash_id": "17-nginx"})
    (tmp_path / "state" / "watch" / "snapshots" / "17-nginx").mkdir(parents=True)
    errand.ended(outcome)
    assert line in said.pop()


def test_what_is_not_there_any_more_is_not_offered(crashes, tmp_path, loop, lane, long, said) -> None:
    crashes.use(settings(tmp_path) | {"sends_crashes": True})
    crash(tmp_path, loop, lane).ended({"event": "result", "crash_id": "17-nginx"})
    long.errands[0].ended({"event": "failed", "sentence": "It was removed."})
    assert said.pop().endswith("were not sent now. It was removed.")


def test_what_cannot_be_kept_is_told(crashes, tmp_path, loop, lane, said) -> None:
    crash(tmp_path, loop, lane).ended({"event": "failed", "sentence": "The disk is full."})
    assert said[0].endswith("cannot be kept: The disk is full.")


def test_a_unit_is_a_crash_when_systemd_says_so(crashes, lane, said) -> None:
    crashes._units_changed("nginx", ["nginx.service"], 1.8e9)
    (errand,) = lane.errands
    assert errand.arguments["units"] == ["nginx.service"]
    assert "crash" not in errand.arguments
    errand.ended({"event": "result", "crash_id": "", "crash": ""})
    errand.ended({"event": "failed", "died": True, "sentence": "The process that did it ended (-9)."})
    assert said == []
    errand.ended({"event": "result", "crash_id": "17-nginx", "crash": "nginx.service (signal)"})
    assert said[0].startswith("'nginx' has crashed, as nginx.service (signal) tells. The ends of its logs are kept;")
    errand.ended({"event": "failed", "crash": "nginx.service (signal)", "sentence": "The disk is full."})
    assert said[1].endswith("nginx.service (signal) tells. Its logs cannot be kept: The disk is full.")


def test_settings_that_change_count_from_then_on(crashes, tmp_path, loop, lane) -> None:
    crashes.use(settings(tmp_path))
    assert crashes.status() == {"watched": ["nginx"], "kept": 0}
    crashes.use({"applications": {}, "command": "sendlogs", "sends_crashes": False})
    (tmp_path / "crash" / "core").touch()
    crashes.look_closely()
    loop.run(within_seconds=1.0)
    assert lane.errands == []
    assert crashes.status()["watched"] == []


def test_those_that_are_kept_are_counted(crashes, tmp_path) -> None:
    (tmp_path / "state" / "watch" / "snapshots" / "17-nginx").mkdir(parents=True)
    assert crashes.status()["kept"] == 1
