"""What the contract suites need of the machine: a real desk, started once, and places that two devices see."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.migrated_desk import migrated
from tests.servers.redmine_server import running_redmine as start_redmine
from tests.servers.request_tracker_server import running_request_tracker as start_request_tracker
from tests.servers.roundup_server import running_roundup as start_roundup
from tests.servers.tracker_process import RunningTracker

_START_SECONDS = 120  # a first start makes the database; slow machines take half a minute


@dataclass(frozen=True)
class RunningDesk:
    state: Path
    url: str

    def close_ticket(self, number: str) -> None:
        """Close it as the desk itself would, in a process of its own."""
        program = (
            "import django; django.setup()\n"
            "from helpdesk.models import Ticket\n"
            "import sys; Ticket.objects.filter(pk=sys.argv[1]).update(status=Ticket.CLOSED_STATUS)\n"
        )
        self.run_in_desk(program, number)

    def run_in_desk(self, program: str, *words: str) -> None:
        """Run a program on the desk's database, in a process of its own."""
        environment = {"SENDLOGS_DESK_STATE": str(self.state), "DJANGO_SETTINGS_MODULE": "desk.settings"}
        self._run([sys.executable, "-c", program, *words], environment)

    def stored_bundle(self, bundle_id: str) -> Path:
        """The file in which the desk keeps this bundle."""
        (found,) = (p for p in self.state.rglob("*") if p.is_file() and bundle_id in str(p.relative_to(self.state)))
        return found

    def enrolment_token(self) -> str:
        return self._run([sys.executable, "-m", "desk", "enrollment-token", "--state", str(self.state)], {})

    def _run(self, argv: list[str], environment: dict[str, str]) -> str:
        import os

        done = subprocess.run(
            argv, env={**os.environ, **environment}, capture_output=True, text=True, timeout=_START_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="session")
def running_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """The real desk, as a process, on a port of its own choice."""
    state = migrated(tmp_path_factory.mktemp("desk"), tmp_path_factory)
    argv = [sys.executable, "-m", "desk", "serve", "--state", str(state), "--port", "0"]
    with (state / "stderr").open("wb") as errors:
        desk = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, text=True)
    try:
        assert desk.stdout is not None
        listening = next((line for line in desk.stdout if line.startswith("Listening on ")), None)
        assert listening, (state / "stderr").read_text()
        yield RunningDesk(state=state, url=listening.removeprefix("Listening on ").strip())
    finally:
        desk.terminate()
        desk.wait(timeout=30)
        assert desk.stdout is not None
        desk.stdout.close()


@pytest.fixture(scope="session")
def running_request_tracker() -> Iterator[RunningTracker]:
    """The real Request Tracker, started once."""
    with start_request_tracker() as tracker:
        yield tracker


@pytest.fixture(scope="session")
def running_redmine() -> Iterator[RunningTracker]:
    """The real Redmine, started once."""
    with start_redmine() as tracker:
        yield tracker


@pytest.fixture(scope="session")
def running_roundup() -> Iterator[RunningTracker]:
    """The real Roundup, started once, without a limit of requests."""
    with start_roundup() as tracker:
        yield tracker
