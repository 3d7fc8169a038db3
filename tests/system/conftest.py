"""What the system tests share: the installed programs, run as a person would run them, in folders of their own."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest
import requests

from tests.migrated_desk import migrated
from tests.system.running_service import Running

PROGRAMS = Path(sys.executable).parent
DESK_START_SECONDS = 180  # its first start makes a database, which a busy small machine takes a minute for
COMMAND_SECONDS = 300  # also when the machine has ten other things to do
CLOSED = 4  # the desk's number for this status, as its form sends it


@dataclass(frozen=True)
class Ran:
    """What a command printed and its exit code; ``events`` is what it told with ``--json``."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]

    def event(self, name: str) -> dict:
        """The last event of that name."""
        return [event for event in self.events if event["event"] == name][-1]


@dataclass(frozen=True)
class Computer:
    """A user's computer: the agent's folders, and nothing of the computer that the tests run on."""

    folder: Path

    @property
    def state(self) -> Path:
        """Where its agent keeps its things."""
        return self.folder / "state"

    @property
    def _environment(self) -> dict[str, str]:
        folders = {f"SENDLOGS_{name}_FOLDER": str(self.folder / name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
        # At the lowest priority it would wait for every other test.
        there = {name: value for name, value in os.environ.items() if name not in {"SSL_CERT_FILE", "SSL_CERT_DIR"}}
        return there | folders | {"HOME": str(self.folder), "SENDLOGS_LOW_PRIORITY": "false"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """The command, running, with a pipe at its standard output."""
        return subprocess.Popen(
            [str(PROGRAMS / "sendlogs"), *words],
            env=self._environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def start_service(self, log: BinaryIO) -> subprocess.Popen[bytes]:
        """The background service, running; what it tells goes to ``log``."""
        return subprocess.Popen(
            [str(PROGRAMS / "sendlogs"), "service"],
            env=self._environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )

    def sendlogs(self, *words: str, given: str = "") -> Ran:
        done = subprocess.run(
            [str(PROGRAMS / "sendlogs"), *words],
            env=self._environment,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def send(self, *words: str) -> Ran:
        """``sendlogs send`` of this computer's own state, which is the quickest profile there is."""
        return self.sendlogs(*self._sending(*words))

    def start_send(self, *words: str) -> subprocess.Popen[str]:
        """The same, running."""
        return self.start(*self._sending(*words))

    @staticmethod
    def _sending(*words: str) -> list[str]:
        return ["send", "--profile", "sendlogs", "--description", "It stopped.", *words, "--yes", "--json"]


@dataclass
class Desk:
    """The desk as an administrator runs it: a process and a folder."""

    state: Path
    port: int = 0
    url: str = ""
    printed: str = ""
    process: subprocess.Popen | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, on the same port as before if it was started before, and wait until it listens."""
        log = self.state.parent / "desk.log"
        with log.open("ab") as output:
            begin = output.tell()
            words = ["serve", "--state", str(self.state), "--port", str(self.port)]
            self.process = subprocess.Popen([str(PROGRAMS / "sendlogs-desk"), *words], stdout=output, stderr=output)
        deadline = time.monotonic() + DESK_START_SECONDS
        while not (found := re.search(r"Listening on (http://\S+:(\d+))\n", self._read(log, begin))):
            assert self.process.poll() is None, self.printed
            assert time.monotonic() < deadline, self.printed
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        self.url, self.port = found[1], int(found[2])

    def _read(self, log: Path, begin: int) -> str:
        whole = log.read_text("utf-8")
        self.printed = whole
        return whole[begin:]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def enrol(self, computer: Computer) -> None:
        command = [str(PROGRAMS / "sendlogs-desk"), "enrollment-token", "--state", str(self.state)]
        token = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        ran = computer.sendlogs("enroll", self.address, given=token)
        assert ran.code == 0, ran

    @property
    def address(self) -> str:
        return f"desk:{self.url}"

    @property
    def log_in(self) -> dict[str, str]:
        """Name and password of the champion, as the first start told them."""
        found = re.search(r"name (\S+) password (\S+)", self.printed)
        assert found, self.printed
        return {"username": found[1], "password": found[2]}

    @contextlib.contextmanager
    def champion(self) -> Iterator[requests.Session]:
        """A champion's session with the desk's pages."""
        with requests.Session() as session:
            session.get(f"{self.url}/login/", timeout=30).raise_for_status()
            form = self.log_in | {"csrfmiddlewaretoken": session.cookies["csrftoken"]}
            session.post(f"{self.url}/login/", data=form, timeout=30).raise_for_status()
            assert "sessionid" in session.cookies
            yield session

    @property
    def tickets(self) -> int:
        """How many tickets a champion finds (they are numbered from 1 on)."""
        with self.champion() as session:
            count = 0
            while session.get(f"{self.url}/tickets/{count + 1}/", timeout=30).status_code == 200:
                count += 1
            return count

    def close_ticket(self, number: str) -> None:
        """What a champion's *Update ticket* form does."""
        with self.champion() as session:
            form = {"title": "It stopped", "comment": "Done.", "public": "1", "new_status": CLOSED}
            form |= {"queue": 1, "owner": 0, "priority": 4, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
            session.post(f"{self.url}/tickets/{number}/update/", data=form, timeout=30).raise_for_status()

    @property
    def bundles(self) -> dict[str, Path]:
        """The bundles that it keeps, by their ids."""
        return {file.stem: file for file in (self.state / "bundles").glob("*.7z")}


@pytest.fixture(scope="module")
def make_computer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Computer]:
    return lambda name: Computer(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that runs, shared by the tests of a module (its first start takes a while)."""
    started = Desk(migrated(tmp_path_factory.mktemp("desk") / "state", tmp_path_factory))
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture(scope="module")
def computer(make_computer, desk):
    made = make_computer("computer")
    desk.enrol(made)
    return made


@pytest.fixture
def policy(computer, desk) -> Callable[[str], None]:
    def to(policy: str) -> None:
        file = computer.folder / "config" / "agent.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            f"endpoint: {desk.address}\nremote: {policy}\nremote_per_day: 1000\nremote_every_seconds: 0\n"
            "deadline_seconds: 30\n"
        )

    return to


@pytest.fixture
def gate(computer, tmp_path: Path) -> Path:
    """A file for which gathering by the profile ``slow`` waits (20 seconds at most)."""
    profiles = computer.folder / "config" / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    waiting = f"while [ ! -e {tmp_path}/gate ]; do sleep 0.05; done; echo 1.0"
    argv = json.dumps(["sh", "-c", waiting])
    (profiles / "slow.yaml").write_text(
        "product: Slow\ntitle: Slow\ncloud: false\ncollectors:\n  operating_system:\n  application_version:\n"
        f"    commands: [{{argv: {argv}, pattern: '(?P<value>1.0)'}}]\n"
    )
    return tmp_path / "gate"


@pytest.fixture
def service(computer, tmp_path: Path) -> Iterator[Running]:
    made = Running(computer, tmp_path / "service.log")
    yield made
    if made.process is not None and not made.ended():
        made.kill()
    print(made.log.read_text() if made.log.exists() else "no log")


@pytest.fixture
def chromium() -> str:
    """The real browser's path; without one the test fails where it must not be missing, and is skipped elsewhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("no Chromium is installed")
    if found is None:
        pytest.skip("no Chromium is installed")
    return found
