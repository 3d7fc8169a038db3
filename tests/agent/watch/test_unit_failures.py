"""What systemd says of units becomes words, or nothing; its answers are those of systemd 252, shortened."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.watch.unit_failures import failed

pytestmark = pytest.mark.posix


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "systemctl"


@pytest.mark.parametrize(
    ("result", "restarts", "state", "words"),
    [
        ("success", "0", "inactive", None),
        ("success", "0", "active", None),
        ("success", "2", "inactive", None),  # stopped by a person: the count stays until the next start
        ("success", "2", "active", "b.service (started anew by systemd)"),
        ("exit-code", "0", "failed", "b.service (exit-code)"),
        ("watchdog", "1", "activating", "b.service (watchdog)"),
    ],
)
def test_failed_is_what_systemd_calls_so_or_starts_anew(systemctl, result, restarts, state, words) -> None:
    first = "NRestarts=0\nResult=success\nId=a.service\nActiveState=active\n"
    second = f"NRestarts={restarts}\nResult={result}\nId=b.service\nActiveState={state}\n"
    systemctl.write_text(f"#!/bin/sh\nprintf '%s' '{first}\n{second}'\n")
    systemctl.chmod(0o755)
    assert failed(["a.service", "b.service"]) == words


def test_where_nobody_answers_nothing_failed(systemctl) -> None:
    assert failed(["a.service"]) is None
    systemctl.write_text("#!/bin/sh\nexit 1\n")
    systemctl.chmod(0o755)
    assert failed(["a.service"]) is None
