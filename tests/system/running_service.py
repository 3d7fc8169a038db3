"""A background service that runs on a computer of the tests, and how to wait for what it does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DEADLINE_SECONDS = 120


def wait_for(what: Callable[[], object], sentence: str, seconds: float = DEADLINE_SECONDS):
    """The first true value of ``what()``."""
    deadline, pause = time.monotonic() + seconds, subprocess.Popen(["sleep", str(seconds * 2)])
    try:
        while not (found := what()):
            assert time.monotonic() < deadline, sentence
            try:
                pause.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        return found
    finally:
        pause.kill()
        pause.wait()


@dataclass
class Running:
    """A service that runs on a computer."""

    computer: object
    log: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = self.computer.start_service(log)
        wait_for(lambda: self.status() or self.ended(), "it does not come up")
        assert self.process.poll() is None, self.log.read_text()

    def ended(self) -> bool:
        return self.process.poll() is not None

    def status(self) -> dict | None:
        ran = self.computer.sendlogs("service", "status", "--json")
        told = ran.event("status") if ran.code == 0 else None
        return told if told and told["pid"] == self.process.pid else None

    def requests(self) -> dict[str, dict]:
        ran = self.computer.sendlogs("requests", "list", "--json")
        return {event["request_id"]: event for event in ran.events if event["event"] == "request"}

    def stop(self) -> float:
        """End it in order; return how long that took."""
        began = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        return time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)
