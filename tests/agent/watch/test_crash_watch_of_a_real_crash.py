"""A real program is killed by signal 11 under a profile: its dump is noticed and the end of its log copied in time."""

from __future__ import annotations

import queue
import resource
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from agent.watch import places, snapshot
from agent.watch.crash_watch import CrashWatch
from config import profiles

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="where a dump is written is Linux's own setting")
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
BOUND_SECONDS = 2.0
CRASHING = """
import os, signal
with open("../log/error.log", "a") as log:
    log.write("worker begins\\nworker is about to crash\\n")
os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.fixture
def watched(tmp_path: Path) -> places.Watched:
    """An application with a profile of its own, whose dumps and logs lie below pytest's folder."""
    for name in ("crash", "log", "profiles"):
        (tmp_path / name).mkdir()
    document = {
        "product": "Example",
        "title": "Example",
        "collectors": {
            "crash_reports": {"globs": [f"{tmp_path}/crash/core*"]},
            "application_logs": {"globs": [f"{tmp_path}/log/*.log"]},
        },
    }
    (tmp_path / "profiles" / "example.yaml").write_text(yaml.safe_dump(document))
    return places.of_profile(profiles.load("example", "linux", [tmp_path / "profiles"]), "linux", {})


def crash(folder: Path) -> float:
    """Let a real program crash in that folder; return when it had."""
    ended = subprocess.run(
        [sys.executable, "-c", CRASHING],
        cwd=folder,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
    )
    assert ended.returncode == -signal.SIGSEGV
    return time.monotonic()


def test_a_snapshot_is_taken_within_two_seconds_and_told_once(tmp_path: Path, watched: places.Watched) -> None:
    if not CORE_PATTERN.read_text().startswith("core"):
        pytest.skip("this system writes dumps elsewhere")
    done: queue.Queue[tuple[float, Path]] = queue.Queue()

    def on_crash(profile: str, path: Path, at: datetime) -> None:
        folder = snapshot.take(tmp_path / "state", profile, watched.logs, path, at)
        done.put((time.monotonic(), folder))

    watch = CrashWatch({"example": watched.crashes}, on_crash, state=tmp_path / "state", log_patterns=watched.logs)
    watch.start()
    try:
        crashed = crash(tmp_path / "crash")
        if not list((tmp_path / "crash").iterdir()):
            pytest.skip("this system writes no dumps")
        taken, folder = done.get(timeout=10)
        assert taken - crashed < BOUND_SECONDS
        (tmp_path / "log" / "error.log").unlink()
        assert "about to crash" in (folder / "01-error.log").read_text()
        watch.look()
        assert done.empty()
    finally:
        watch.stop()
