"""The command line run in this process, on a machine whose every folder lies below pytest's own."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import priority
from agent.cli import main


@dataclasses.dataclass(frozen=True)
class Ended:
    """What one run came to."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, object]]:
        """The lines on stdout, each of which must be an object with its event's name."""
        found = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(event["event"], str) for event in found)
        return found


Run = Callable[..., Ended]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that holds ``state``, ``config`` and ``system``; no variable of the real process is left."""
    for name in [name for name in os.environ if name.startswith("SENDLOGS_")]:
        monkeypatch.delenv(name)
    for name in ("state", "config", "system"):
        monkeypatch.setenv(f"SENDLOGS_{name.upper()}_FOLDER", str(tmp_path / name))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def run(machine: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``sendlogs`` with these words."""

    def ended(*words: str) -> Ended:
        capsys.readouterr()
        code = main(words)
        told = capsys.readouterr()
        return Ended(code=code, out=told.out, err=told.err)

    return ended


@pytest.fixture(autouse=True)
def _own_priority(monkeypatch):
    """The process that runs the tests must not lower its own priority: it could not take that back."""
    monkeypatch.setattr(priority, "lower", lambda: None)


@pytest.fixture
def desk(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands in for the desk."""
    folder = machine / "tickets"
    folder.mkdir()
    monkeypatch.setenv("SENDLOGS_ENDPOINT", f"folder:{folder}")
    monkeypatch.setenv("SENDLOGS_LOW_PRIORITY", "false")
    monkeypatch.setenv("SENDLOGS_DEADLINE_SECONDS", "20")
    return folder
