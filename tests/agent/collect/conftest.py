"""A table of mounts, ordinary rights, and a ground for hostile file systems: a log folder and a secret outside it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from agent.collect.machine import MachineContext, this_platform
from collectors import Artifact, Limits, Skipped
from collectors.application_logs import COLLECTOR

SECRET = b"the secret of somebody else\n"
LIMIT_SECONDS = 20  # of the watchdog; most cases take milliseconds


@pytest.fixture(autouse=True)
def ordinary_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """No administrator's rights on Windows: with them only programs are run that nobody else can have put there."""
    if sys.platform == "win32":
        monkeypatch.setattr("agent.collect.commands.is_elevated", lambda: False)


@pytest.fixture
def mount_table(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that the machine has these mounts: place → type."""

    def pretend(**types: str) -> None:
        rows = [SimpleNamespace(mountpoint=place, fstype=kind, opts="", device="") for place, kind in types.items()]
        monkeypatch.setattr(psutil, "disk_partitions", lambda **_: rows)

    return pretend


@dataclass
class Ground:
    """The folder of logs, a folder outside of it with a secret, and what is done between the choice and the reading."""

    name: str
    logs: Path
    outside: Path
    undo: ExitStack
    before_reading: list[Callable[[], object]] = field(default_factory=list)
    while_reading: Callable[[], object] | None = None
    seconds: float = 15.0  # that the collector has
    folder: Path | None = None  # in place of ``logs``
    given: bytes = b""  # all bytes that were taken

    def log(self, name: str, data: bytes = b"x\n") -> Path:
        place = self.logs / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return place

    def mount(self, *words: str, at: Path) -> None:
        if not at.exists():
            at.mkdir()
        subprocess.run(["mount", *words, str(at)], check=True)
        self.undo.callback(subprocess.run, ["umount", "-l", str(at)], check=True)

    def becomes(self, expected: dict[str, str] | None = None, **more: str) -> dict[str, str]:
        """What became of each name must begin so; of what outlasts the list, and of the secret, nothing is given."""
        wanted = {"ok.log": "taken: 3 bytes"} if self.folder is None else {}
        wanted |= (expected or {}) | {name.replace("_", "."): what for name, what in more.items()}
        outcome = self._gather()
        print(*(f"\n{self.name} | {name!a} | {what}" for name, what in outcome.items() if name != "ok.log"))
        assert {name: outcome.get(name, "")[: len(what)] for name, what in wanted.items()} == wanted, outcome
        assert SECRET.strip() not in self.given
        taken = {name for name, what in outcome.items() if what.startswith("taken")}
        assert taken <= set(wanted), outcome
        return outcome

    def _gather(self) -> dict[str, str]:
        end = time.monotonic() + self.seconds
        options: dict[str, object] = {option.name: option.default for option in COLLECTOR.options}
        context = MachineContext(
            platform=this_platform(),
            now=datetime.now(UTC),
            not_before=None,
            options=options | {"folders": [str(self.folder or self.logs)]},
            limits=Limits(),
            environment={},
            time_left=lambda: end - time.monotonic(),
        )
        items = list(COLLECTOR.collect(context))
        for do in self.before_reading:
            do()
        outcome = {_last(item.path): f"left out: {item.reason}" for item in items if isinstance(item, Skipped)}
        return outcome | {_last(item.path): self._read(item) for item in items if isinstance(item, Artifact)}

    def _read(self, item: Artifact) -> str:
        data = b""
        try:
            with item.open() as stream:
                data = stream.read(1)
                if self.while_reading:
                    self.while_reading()
                data += stream.read()
        except OSError as error:
            return f"refused: {error.strerror}"
        finally:
            self.given += data
        return f"taken: {len(data)} bytes" + (f"; {item.truncated}" if item.truncated else "")


def _last(path: str) -> str:
    return path.rpartition("/")[2]


@pytest.fixture
def ground(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Under a watchdog: a case that hangs fails."""

    def bark(*_: object) -> None:
        raise AssertionError(f"hung for {LIMIT_SECONDS} seconds")

    with ExitStack() as undo:
        made = Ground(name=request.node.name, logs=tmp_path / "logs", outside=tmp_path / "out", undo=undo)
        made.outside.mkdir()
        (made.outside / "secret.log").write_bytes(SECRET)
        made.log("ok.log", b"ok\n")
        undo.callback(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, bark))
        undo.callback(signal.alarm, 0)
        signal.alarm(LIMIT_SECONDS)
        yield made
