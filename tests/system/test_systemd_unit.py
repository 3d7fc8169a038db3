"""The unit file: what it promises is what it says, and systemd's own tools agree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "packaging/systemd/sendlogs.service"
WORST_EXPOSURE = 2.0
NEEDED_TOOL = shutil.which("systemd-analyze")
with_systemd = pytest.mark.skipif(NEEDED_TOOL is None, reason="systemd-analyze is not on this machine")


def settings() -> dict[str, list[str]]:
    """Every key of the unit with its values, in order."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_it_is_started_watched_and_started_again_as_the_service_expects() -> None:
    unit = settings()
    assert unit["Type"] == ["notify"]
    assert unit["ExecStart"] == ["/usr/bin/sendlogs service"]
    assert unit["Restart"] == ["on-failure"]
    assert unit["RestartPreventExitStatus"] == ["3 10"]
    assert int(unit["WatchdogSec"][0]) >= 60
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_it_has_no_right_and_writes_its_own_folder_alone() -> None:
    unit = settings()
    assert unit["User"] == ["sendlogs"]
    assert unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"] == [""]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["StateDirectoryMode"] == ["0700"]
    assert "ReadWritePaths" not in unit
    assert "SENDLOGS_STATE_FOLDER=/var/lib/sendlogs" in unit["Environment"]


@with_systemd
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8").replace("/usr/bin/sendlogs", str(Path(sys.executable).with_name("sendlogs")))
    copy = tmp_path / UNIT.name
    copy.write_text(text, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False, timeout=60
    )
    assert [line for line in done.stderr.splitlines() if UNIT.name in line] == []


@with_systemd
def test_systemd_calls_its_exposure_low() -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(UNIT)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert told, done.stdout + done.stderr
    assert float(told[1]) <= WORST_EXPOSURE
