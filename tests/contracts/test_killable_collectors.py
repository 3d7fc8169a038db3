"""What holds for every collector that runs apart, whatever it does: it is ended, with all that it started."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

import collectors
from agent.collect.apart_steps import StepsApart
from agent.collect.machine import MachineContext, this_platform
from collectors import Artifact, Collector, CommandMissing, Fact, Limits, Skipped

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes and signals")
MODULE = """
import io, os, subprocess, sys, time
from collectors import Artifact, Collector, Sensitivity, Skipped

def collect(context):
    yield Artifact.of_text("bad/first.txt", "kept", source="test")
    {act}
    yield Skipped(path="bad", reason="it went on")

COLLECTOR = Collector(title="T", gathers="T.", why="T.", sensitivity=Sensitivity.NONE, collect=collect)
"""
DEEP = "import subprocess, sys; subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=2).wait()"
ENDLESS = 'type("S", (io.RawIOBase,), {"read": lambda self, n: b"x" * n, "readable": lambda self: True})()'
NOBODYS = DEEP.replace(".wait()", "")
LEAVES = f"import subprocess, sys, time; subprocess.run([sys.executable, '-c', {NOBODYS!r}]); time.sleep(60)"
BADLY = {
    "hangs in a system call": "os.read(os.pipe()[0], 1)",
    "sleeps for ever in a child of a child": f'context.run(sys.executable, "-c", {DEEP!r}, timeout_seconds=600)',
    "leaves behind what is nobody's child": f'context.run(sys.executable, "-c", {LEAVES!r}, timeout_seconds=600)',
    "starts what outlives its session": f'subprocess.run([sys.executable, "-c", {DEEP!r}])',
    "never comes to an end": 'while True: yield Skipped(path="bad", reason="again")',
    "eats memory": "kept = []\n    while True: kept.append(bytearray(b'x' * 2**20)); time.sleep(0.001)",
    "starts one that eats memory": 'context.run(sys.executable, "-c", "k = []\\nwhile 1: k.append(b\'x\' * 2**20)")',
}


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StepsApart]:
    """Where collectors run; when it has ended, no process and no thread of it is left."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    threads, before = threading.active_count(), children()
    apart = StepsApart()
    yield apart
    apart.end()
    assert set(children()) <= set(before)
    assert threading.active_count() <= threads  # those of earlier tests may have ended meanwhile


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def collector_that(act: str, folder: Path, name: str) -> Collector:
    (folder / f"{name}.py").write_text(MODULE.replace("{act}", act))
    declared = __import__(name).COLLECTOR
    assert isinstance(declared, Collector)
    return declared


def context(seconds: float = 1.0, **limits: Any) -> MachineContext:
    end = time.monotonic() + seconds
    return MachineContext(
        platform=this_platform(),
        now=datetime(2026, 3, 14, tzinfo=UTC),
        not_before=None,
        options={},
        limits=Limits(time_seconds=seconds, **limits),
        environment=dict(os.environ),
        time_left=lambda: end - time.monotonic(),
    )


def processes() -> set[int]:
    return {each.pid for each in psutil.process_iter(["cmdline"]) if "600" in (each.info["cmdline"] or [])}


@POSIX
@pytest.mark.parametrize("how", BADLY)
def test_a_collector_that_would_not_end_is_ended_with_all_it_started(
    how: str, steps: StepsApart, tmp_path: Path
) -> None:
    """What it gave before is kept, why it was ended is said, and the next one runs."""
    before = processes()
    declared = collector_that(BADLY[how], tmp_path, f"bad_{sorted(BADLY).index(how)}")
    started = time.monotonic()
    memory = "eats memory" in how
    given = context(20.0 if memory else 1.0, memory_bytes=150 * 2**20)
    first, *_, last = steps.run("bad", declared, given)
    assert time.monotonic() - started < 15
    assert isinstance(first, Artifact)
    assert first.open().read() == b"kept"
    assert isinstance(last, Skipped)
    if "context.run" not in BADLY[how] or memory:
        wanted = "used more than 150 MiB of memory" if memory else ""
        assert wanted in last.reason
        assert last.reason.startswith("the collector was ended: it")
    # The kernel lets go of what is killed at leisure; one that is left sleeps for minutes.
    deadline = time.monotonic() + 20
    while not processes() <= before and time.monotonic() < deadline:
        pass
    assert processes() <= before
    ok = collectors.installed()["operating_system"]
    assert any(isinstance(item, Fact) for item in steps.run("operating_system", ok, context(10.0)))


@POSIX
def test_what_is_written_without_end_is_cut_at_the_limit(steps: StepsApart, tmp_path: Path) -> None:
    """Both the bytes of one artifact, and artifacts without number."""
    act = (
        'from collectors import Origin\n    while True: yield Artifact(path="bad/more.txt", open=lambda: '
        f'{ENDLESS}, origin=Origin(source="x"))'
    )
    items = list(steps.run("bad", collector_that(act, tmp_path, "bad_writer"), context(size_bytes=10_000)))
    taken = [item for item in items if isinstance(item, Artifact)]
    assert sum(len(item.open().read()) for item in taken) == 10_000
    assert taken[1].truncated == "the rest is over the size limit of its collector"
    assert isinstance(items[-1], Skipped)


@POSIX
def test_a_file_written_without_end_stops_at_the_limit(steps: StepsApart, tmp_path: Path) -> None:
    act = f'with open({str(tmp_path / "endless")!r}, "wb") as file:\n        while True: file.write(b"x" * 4096)'
    *_, last = steps.run("bad", collector_that(act, tmp_path, "bad_file"), context(10.0, size_bytes=100_000))
    assert last == Skipped(path="bad", reason="the collector failed: OSError")
    assert (tmp_path / "endless").stat().st_size == 100_000


@POSIX
def test_one_that_is_stopped_or_killed_from_outside_is_told(steps: StepsApart, tmp_path: Path) -> None:
    """The deadline ends what a SIGSTOP holds up, and a SIGKILL is no end that looks like an ordinary one."""
    declared = collector_that("time.sleep(600)", tmp_path, "bad_sleeper")
    before = children()
    for act, reason in (
        ("suspend", "it did not answer in its time"),
        ("kill", "its process came to an end of its own"),
    ):
        items = steps.run("bad", declared, context(1.0))
        assert isinstance(next(items), Artifact)
        (child,) = set(children()) - set(before)
        getattr(child, act)()
        (last,) = items
        assert isinstance(last, Skipped)
        assert last.reason == f"the collector was ended: {reason}; what it had left is not known"


@pytest.mark.parametrize("name", [name for name, declared in collectors.installed().items() if not declared.apart])
def test_one_that_runs_here_runs_no_command_and_asks_the_system_nothing_by_itself(name: str, tmp_path: Path) -> None:
    """Else it must run apart."""
    source = Path(str(sys.modules[f"collectors.{name}"].__file__)).read_text("utf-8")
    assert not {"psutil", "socket", "subprocess", "_bounded", "context.run"} & set(source.replace("(", " ").split())
    declared = collectors.installed()[name]
    asked: list[object] = []

    def refused(argv: object, **_: object) -> str:
        asked.append(argv)
        raise CommandMissing("none")

    options = {option.name: option.default for option in declared.options}
    given = context(5.0)
    list(
        declared.collect(
            MachineContext(
                **{f: getattr(given, f) for f in FIELDS} | {"runner": refused, "root": tmp_path, "options": options}
            )
        )
    )
    assert asked == []


FIELDS = ("platform", "now", "not_before", "options", "limits", "environment", "time_left")
