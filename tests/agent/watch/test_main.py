"""The errand that keeps the logs, as the service starts it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from agent.service.crashes import COMMAND


def come_to(folder: Path, *units: str) -> tuple[int, dict[str, str]]:
    log = folder / "error.log"
    log.write_text("worker process 7 exited on signal 11\n")
    told = {"state": f"{folder}/state", "profile": "nginx", "logs": [str(log)], "crash": str(log), "at": 1.8e9}
    if units:
        told = told | {"crash": "", "units": units}
    given = json.dumps(told) + "\n"
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    argv = [*COMMAND, "snapshot"]
    ran = subprocess.run(
        argv, input=given, capture_output=True, text=True, check=False, timeout=60, cwd=folder, env=environment
    )
    return ran.returncode, json.loads(ran.stdout)


def test_the_ends_of_the_logs_are_copied(tmp_path: Path) -> None:
    code, outcome = come_to(tmp_path)
    assert (code, outcome["event"]) == (0, "result")
    folder = tmp_path / "state" / "watch" / "snapshots" / outcome["crash_id"]
    assert "signal 11" in (folder / "01-error.log").read_text()
    assert json.loads((folder / "index.json").read_text())["crashed_at"] == "2027-01-15T08:00:00+00:00"


@pytest.mark.posix
def test_of_a_unit_only_where_it_failed(tmp_path: Path) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\necho Id=nginx.service\necho ActiveState=inactive\necho Result=success\n")
    systemctl.chmod(0o755)
    assert come_to(tmp_path, "nginx.service") == (0, {"event": "result", "crash_id": "", "crash": ""})
    assert not (tmp_path / "state").exists()
    systemctl.write_text("#!/bin/sh\necho Id=nginx.service\necho ActiveState=failed\necho Result=core-dump\n")
    _, outcome = come_to(tmp_path, "nginx.service")
    assert outcome["crash"] == "nginx.service (core-dump)"
    assert json.loads((tmp_path / "state/watch/snapshots" / outcome["crash_id"] / "index.json").read_text())["logs"]


def test_a_disk_that_refuses_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in its place")
    code, outcome = come_to(tmp_path)
    assert (code, outcome["event"]) == (9, "failed")
    assert outcome["sentence"]
