"""A person's computer with Windows, made by Wine, and a desk that runs on this system."""

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.system import conftest as system
from tests.system.conftest import COMMAND_SECONDS, Desk, Ran
from tests.windows.python_on_wine import OF_WINE, ROOT, command, environment, stop, windows_path

WINDOWS = ROOT / ".windows"
STAYS = "the program that stays"


@dataclass(frozen=True)
class WindowsComputer:
    """A folder of drive ``C:`` in which the agent has its state, and a person works."""

    folder: Path

    @property
    def state(self) -> Path:
        """Where its agent keeps its things."""
        return self.folder / "state"

    def path(self, *parts: str) -> str:
        """How Windows calls a place in its folder."""
        return "\\".join([f"C:\\{self.folder.name}", *parts])

    def start(self, *words: str, keyboard: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """``sendlogs`` with these words, running in its folder; a terminal as its keyboard, or a pipe."""
        folders = {f"SENDLOGS_{name}_FOLDER": self.path(name.lower()) for name in ("STATE", "CONFIG", "SYSTEM")}
        typed = command(WINDOWS, ["-m", "agent", *words])
        return subprocess.Popen(
            typed if keyboard == subprocess.PIPE else ["setsid", "--ctty", *typed],
            env=environment(WINDOWS) | folders | {"SENDLOGS_LOW_PRIORITY": "false"},
            cwd=self.folder,
            stdin=keyboard,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def sendlogs(self, *words: str, given: str = "") -> Ran:
        """What it came to."""
        with self.start(*words) as process:
            out, err = process.communicate(given.encode(), timeout=COMMAND_SECONDS)
        return Ran(process.returncode, text_of(out), text_of(err))

    def send(self, *words: str) -> Ran:
        """``sendlogs send`` of this computer's own state, which is the quickest profile there is."""
        given = ["--profile", "sendlogs", "--description", "It stopped.", "--severity", "3", "--yes", "--json"]
        return self.sendlogs("send", *given, *words)


def text_of(printed: bytes) -> str:
    """What the program printed: in the code page of Western Windows, with its ends of lines."""
    return OF_WINE.sub(b"", printed).decode("cp1252").replace("\r\n", "\n")


def running() -> list[psutil.Process]:
    """The processes in which Python for Windows runs, under either name of its file."""
    program = WINDOWS / "python" / "python.exe"
    names = (str(program), windows_path(program))
    named = [(process, " ".join(process.info["cmdline"] or ())) for process in psutil.process_iter(["cmdline"])]
    return [process for process, words in named if any(name in words for name in names) and STAYS not in words]


def running_after(seconds: float) -> list[psutil.Process]:
    """Those that are left when they had so long to end."""
    deadline = time.monotonic() + seconds
    while (left := running()) and time.monotonic() < deadline:
        psutil.wait_procs(left, timeout=0.1)
    return left


@pytest.fixture(scope="session")
def windows() -> Iterator[Path]:
    """Drive ``C:``, of a Windows that runs."""
    if not (WINDOWS / ".installed").exists():
        assert os.environ.get("CI") != "true", "make .windows/.installed"
        pytest.skip("there is no Windows: make .windows/.installed")
    # Wine begins with the first program and ends after the last, and its helpers hold the first one's pipes open: one
    # program that stays spares each command seconds, and spares who reads from one the wait for the end of another.
    words, pipe = (
        command(WINDOWS, ["-c", f"import sys; print({STAYS!r}, flush=True); sys.stdin.read()"]),
        subprocess.PIPE,
    )
    with subprocess.Popen(words, env=environment(WINDOWS), stdin=pipe, stdout=pipe, stderr=pipe) as stays:
        assert stays.stdout is not None
        assert STAYS.encode() in stays.stdout.readline()
        yield WINDOWS / "prefix" / "drive_c"
        stop(WINDOWS)


@pytest.fixture(scope="module")
def make_computer(windows: Path) -> Iterator[Callable[[], WindowsComputer]]:
    made: list[Path] = []

    def make() -> WindowsComputer:
        made.append(windows / f"t{uuid.uuid4().hex[:8]}")
        made[-1].mkdir()
        return WindowsComputer(made[-1])

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


desk = system.desk  # the same fixture: it runs on this system


@pytest.fixture(scope="module")
def computer(make_computer: Callable[[], WindowsComputer], desk: Desk) -> WindowsComputer:
    """A computer that may speak to the desk."""
    made = make_computer()
    desk.enrol(made)  # type: ignore[arg-type]  # all that it needs is there
    return made
