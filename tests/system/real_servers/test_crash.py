"""A worker of a real nginx or PostgreSQL is killed by signal 11 while the real service runs.

The ends of the logs are kept within two seconds, the person is told once, and nothing leaves until the person sends it,
unless the settings say that nobody is to be asked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.server, pytest.mark.long]

BOUND_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
PROFILES = Path(__file__).parents[3] / "config" / "profiles"


@dataclass(frozen=True)
class Application:
    """A server that runs, how its worker is found, and what its parent says of a crash."""

    name: str
    logs: Path
    worker: Callable[[], int]
    says: str

    def profile(self) -> str:
        """The profile that ships, with the logs where this server has them."""
        text = (PROFILES / f"{self.name}.yaml").read_text("utf-8")
        text = text.replace("/var/log/nginx/error.log", "/var/log/nginx/planted-error.log")
        return text.replace(f"/var/log/{self.name}/*.log", f"{self.logs}/*.log").replace(
            f"/var/log/{self.name}/", f"{self.logs}/"
        )

    def crash(self) -> None:
        os.kill(self.worker(), signal.SIGSEGV)


def child_of(parent: int, title: str) -> int:
    """The child process of that title; a crash makes the parent start it anew."""
    children = Path(f"/proc/{parent}/task/{parent}/children")

    def find() -> list[int]:
        found = [int(each) for each in children.read_text().split()]
        return [each for each in found if title in Path(f"/proc/{each}/cmdline").read_text()]

    return wait_for(find, f"no process {title}")[0]


def wait_for(what: Callable[[], object], sentence: str):
    """The first true value of ``what()``; a process that was just there may be gone."""
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, threading.Event()
    while True:
        try:
            if found := what():
                return found
        except OSError:
            pass
        assert time.monotonic() < deadline, sentence
        pause.wait(0.02)


@pytest.fixture
def nginx_application(nginx) -> Application:
    # nginx listens before it has written its number.
    master = int(wait_for((nginx.logs.parent / "nginx.pid").read_text, "nginx tells no number"))
    return Application("nginx", nginx.logs, lambda: child_of(master, "worker process"), "exited on signal 11")


@pytest.fixture
def postgresql_application(postgresql) -> Application:
    postmaster = int((postgresql.logs.parent / "data" / "postmaster.pid").read_text().splitlines()[0])
    return Application(
        "postgresql",
        postgresql.logs,
        lambda: child_of(postmaster, "background writer"),
        "was terminated by signal 11",
    )


@pytest.fixture(params=["nginx", "postgresql"])
def application(request) -> Application:
    return request.getfixturevalue(f"{request.param}_application")


@dataclass
class Service:
    """The real service of a computer, and what it says."""

    computer: object
    log: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            began = log.tell()
            self.process = self.computer.start_service(log)
        wait_for(lambda: " runs; state folder" in self.log.read_text()[began:], "it does not come up")

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(30) == 0

    @property
    def offers(self) -> list[str]:
        return self.lines("has crashed")

    def lines(self, words: str) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if words in line]

    def snapshots(self) -> list[Path]:
        return [index.parent for index in self.computer.state.glob("watch/snapshots/*/index.json")]


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    return tmp_path / "share"


@pytest.fixture
def service(make_computer, tmp_path: Path, share: Path, application: Application) -> Iterator[Service]:
    computer = make_computer("crashing")
    profiles = computer.folder / "config" / "profiles"
    profiles.mkdir(parents=True)
    (computer.folder / "config" / "agent.yaml").write_text(f'endpoint: "folder:{share}"\n')
    (profiles / f"{application.name}.yaml").write_text(application.profile())
    made = Service(computer, tmp_path / "service.log")
    made.start()
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()
    print(made.log.read_text())


def test_a_crash_is_kept_within_two_seconds_offered_once_and_sent_by_the_person_alone(
    application, service, share
) -> None:
    application.crash()
    began = time.monotonic()
    (folder,) = wait_for(service.snapshots, "nothing was kept")
    seconds = time.monotonic() - began
    print(f"{application.name}: kept {seconds:.2f} s after the crash")
    assert seconds < BOUND_SECONDS
    assert application.says in "".join(copy.read_text() for copy in folder.glob("*.log"))

    wait_for(lambda: service.offers, "it is not offered")
    application.crash()
    (crash,) = service.computer.sendlogs("crashes", "list", "--json").events
    assert (crash["crash_id"], crash["profile"], crash["folder"]) == (folder.name, application.name, str(folder))
    service.stop()
    service.start()
    assert service.computer.sendlogs("service", "status", "--json").event("status")["crashes"]["kept"] == 1
    (offer,) = service.offers
    assert f"sendlogs send --crash {folder.name}" in offer
    assert list(share.iterdir()) == []
    assert list(service.computer.state.glob("outbox/*-*")) == []

    sent = service.computer.sendlogs("send", "--crash", folder.name, "--new", "It crashed", "--yes", "--json")
    assert sent.code == 0, sent
    assert len(list(share.glob("ticket-*"))) == 1
    assert service.computer.sendlogs("crashes", "list", "--json").events == []


def test_where_the_settings_say_so_it_is_sent_unasked(application, service, share) -> None:
    service.stop()
    with (service.computer.folder / "config" / "agent.yaml").open("a") as settings:
        settings.write("crashes: send\n")
    service.start()
    application.crash()
    (line,) = wait_for(lambda: service.lines("were sent: ticket"), "it is not sent")
    assert f"crash of '{application.name}' were sent: ticket 1." in line
    assert len(list(share.glob("ticket-*/*.7z"))) == 1
    assert service.snapshots() == []
