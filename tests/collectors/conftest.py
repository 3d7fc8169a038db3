"""A machine made of data: the real context, with its commands, files, clock and variables given by the test."""

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agent.collect.machine import MachineContext
from collectors import Artifact, Collector, CommandError, CommandFailed, CommandMissing, Fact, Limits, Platform, Skipped

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
HOMES: dict[Platform, dict[str, str]] = {
    "linux": {"HOME": "/home/ada", "PATH": "/usr/bin"},
    "darwin": {"HOME": "/Users/ada", "PATH": "/usr/bin"},
    "win32": {
        "USERPROFILE": r"C:\Users\ada",
        "APPDATA": r"C:\Users\ada\AppData\Roaming",
        "LOCALAPPDATA": r"C:\Users\ada\AppData\Local",
        "ProgramData": r"C:\ProgramData",
        "ProgramFiles": r"C:\Program Files",
        "ProgramFiles(x86)": r"C:\Program Files (x86)",
        "SystemRoot": r"C:\Windows",
    },
}
Commands = Mapping[str | tuple[str, ...], str | CommandError] | Callable[[tuple[str, ...]], str]


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., MachineContext]:
    """Make a context; see ``machine_of``. Its files lie in a folder of the test."""
    return partial(machine_of, tmp_path / "machine")


def machine_of(
    root: Path,
    *,
    platform: Platform = "linux",
    commands: Commands | None = None,
    files: Mapping[str, str | bytes] | None = None,
    collector: Collector | None = None,
    options: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    now: datetime = NOW,
    not_before: datetime | None = None,
    limits: Limits | None = None,
    remaining_seconds: float = 20.0,
    ran: list[tuple[str, ...]] | None = None,
) -> MachineContext:
    """Every argument may be left out: a machine with nothing on it.

    ``commands``: an argument list (a tuple, or a string split as a shell would) → its answer or an error;
    or a function of the argument list. What is not named is missing. ``files``: absolute path → content
    (``C:\\…`` on Windows). ``collector``: whose default options and limits count; ``options`` goes over them.
    ``ran`` is filled with the argument lists that were asked for.
    """
    if sys.platform == "win32" and files and platform != "win32":
        pytest.skip("a path of Windows cannot stand for one of another system")
    context = MachineContext(
        platform=platform,
        now=now,
        not_before=not_before,
        options={option.name: option.default for option in (collector.options if collector else ())} | (options or {}),
        limits=limits or (collector.limits if collector else Limits()),
        environment=HOMES[platform] | dict(environment or {}),
        time_left=lambda: remaining_seconds,
        runner=answering(commands or {}, [] if ran is None else ran),
        root=root,
    )
    put(context, files or {})
    return context


def put(context: MachineContext, files: Mapping[str, str | bytes]) -> None:
    """Write files into the folder that stands for the machine's disk."""
    for path, content in files.items():
        place = context._on_disk(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def gather() -> Callable[..., "Gathered"]:
    """Run a collector under a context, and sort what it yields."""

    def run(collector: Collector, context: MachineContext) -> Gathered:
        return Gathered(list(collector.collect(context)))

    return run


class Gathered:
    """What a collector yielded, by kind; ``texts`` is artifact path → its content."""

    def __init__(self, items: list[Artifact | Fact | Skipped]) -> None:
        self.items = items
        self.artifacts = {item.path: item for item in items if isinstance(item, Artifact)}
        self.facts = {item.item: item.value for item in items if isinstance(item, Fact)}
        self.skipped = {item.path: item.reason for item in items if isinstance(item, Skipped)}

    @property
    def texts(self) -> dict[str, str]:
        return {path: self.read(path).decode() for path in self.artifacts}

    def read(self, path: str) -> bytes:
        with self.artifacts[path].open() as stream:
            return stream.read()


def answering(commands: Commands, ran: list[tuple[str, ...]]) -> Any:
    """A runner that answers from data."""
    table = {}
    if isinstance(commands, Mapping):
        table = {tuple(shlex.split(key)) if isinstance(key, str) else key: value for key, value in commands.items()}

    def run(
        argv: Sequence[str], *, timeout_seconds: float, input_text: str = "", environment: Mapping[str, str]
    ) -> str:
        asked = tuple(argv)
        ran.append(asked)
        if not isinstance(commands, Mapping):
            return commands(asked)
        answer = table.get(asked)
        if answer is None and any(known[0] == asked[0] for known in table):
            raise CommandFailed(f"'{asked[0]}' ended with status 2: no answer for {asked[1:]}")
        if answer is None:
            raise CommandMissing(f"the command '{asked[0]}' is not on this machine")
        if isinstance(answer, CommandError):
            raise answer
        return answer

    return run
