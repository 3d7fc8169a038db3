"""kill -9, a full disk and SIGSTOP while a bundle is made, and what is left of it, seen from outside.

The moments are drawn over the whole run. A killed run leaves no process and, after the next start, no file: no work
folder, no temporary file, no half archive under the name that was asked for; the outbox works. One that meets a full
disk says one sentence, ends with the exit code for it, and leaves nothing at all. ``make kill-bundle`` (``KILLS=50``,
``DISKS=20``) is the whole measure; a few are in every run.
"""

import contextlib
import dataclasses
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import py7zr
import pytest

KILLS = int(os.environ.get("KILLS", "3"))
DISKS = int(os.environ.get("DISKS", "3"))
SEED = 20261127
KEYS = {"computer-id", "device-secret", "signing-key"}
LASTING = KEYS | {"identity.lock", ".door", ".put.lock", ".deliver.lock", "work", "outbox", "receipts"}
NEW_COMPUTERS = 0.3  # of the killed runs make the keys of their computer first
END_SECONDS = 30.0  # for children to see that they are alone, on a busy machine
APART = "agent.collect.apart_process"  # in which collectors run
LOG_LINES = 40_000  # 4.6 MB: enough for the processes that redact side by side to be started
DISK_BYTES = 48 * 2**20
DISK_NAMES = 256  # a file system runs out of these, too
EVENTS = 28  # that a run tells
DISK_FULL = 9  # docs/exit-codes.md

pytestmark = pytest.mark.posix


@dataclass(frozen=True)
class Ground:
    """Where bundles of some logs are made, so that whatever a run leaves can be seen."""

    computer: Any
    logs: Path
    archive: Path  # the name that is asked for, in a folder of its own
    temporary: Path
    mark: str  # in the environment of all that is started here, and so of all that those start

    def start(self) -> subprocess.Popen[str]:
        """``sendlogs bundle`` with these logs, running, its events at its standard output."""
        words = ["--profile", "sendlogs", "--logs", str(self.logs), "--output", str(self.archive), "--json"]
        return self.computer.start("bundle", *words)

    def files(self) -> list[str]:
        """All that is there beside what a computer has for good: in its state, for a while, and as bundles."""
        folders = (self.computer.state, self.archive.parent, self.temporary)
        found = (place for folder in folders for place in folder.rglob("*"))
        return sorted(str(place) for place in found if place.name not in LASTING)

    def processes(self) -> list[psutil.Process]:
        """All that run because something was started here, however they are related to it."""
        return [process for process in psutil.process_iter() if self._is_of_here(process)]

    def _is_of_here(self, process: psutil.Process) -> bool:
        try:
            is_marked = process.environ().get("TEST_GROUND") == self.mark
            return is_marked and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def processes_after(self, seconds: float) -> list[str]:
        """The commands of those that are left when they had so long to end."""
        deadline = time.monotonic() + seconds
        while (left := self.processes()) and time.monotonic() < deadline:
            psutil.wait_procs(left, timeout=0.1)
        return [" ".join(process.cmdline()) for process in left]

    def take_whole(self) -> None:
        """What stands under the name that was asked for is a whole bundle; remove it."""
        ran = self.computer.sendlogs("verify", str(self.archive))
        assert ran.code == 0, ran
        self.archive.unlink()


@pytest.fixture
def make_ground(make_computer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Ground]]:
    """Makes a ground; its bundles lie where it is told, or in a folder of their own."""
    mark, logs, temporary = str(uuid.uuid4()), tmp_path / "logs", tmp_path / "temporary"
    for folder in (logs, temporary):
        folder.mkdir()
    monkeypatch.setenv("TEST_GROUND", mark)
    monkeypatch.setenv("TMPDIR", str(temporary))
    chance = random.Random(SEED)
    with (logs / "app.log").open("w") as file:
        for number in range(LOG_LINES):
            told = (
                f"10.{number % 200}.7.{number % 250} asked for page {chance.getrandbits(128):032x} as anna{number % 99}"
            )
            file.write(f"2026-11-26 10:{number // 60 % 60:02}:{number % 60:02} INFO [pool-{number % 9}] {told}\n")
    made: list[Ground] = []

    def make(computer: Any = None, bundles: Path | None = None) -> Ground:
        folder = bundles or tmp_path / "bundles"
        folder.mkdir(exist_ok=True)
        made.append(Ground(computer or make_computer("computer"), logs, folder / "it.7z", temporary, mark))
        return made[-1]

    yield make
    for process in made[0].processes() if made else []:  # whatever a failed test has left running
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_within(ground: Ground, seconds: float) -> int:
    """The exit code of a bundle's making that is killed after so many seconds, if it still runs."""
    with ground.start() as child:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.communicate(timeout=seconds)
        child.kill()
    return child.returncode


def start_next(ground: Ground) -> None:
    """The next start finds an outbox that works, and takes away what the killed run has left."""
    ran = ground.computer.sendlogs("outbox", "retry", "--json")
    assert (ran.code, ran.out) == (0, ""), ran


def test_nothing_is_left_of_a_bundle_that_was_killed(make_ground) -> None:
    ground, chance, kills = make_ground(), random.Random(SEED), 0
    began = time.monotonic()
    assert kill_within(ground, 300) == 0
    whole_seconds = time.monotonic() - began
    ground.take_whole()
    while kills < KILLS:
        if chance.random() < NEW_COMPUTERS:
            for key in KEYS:
                (ground.computer.state / key).unlink(missing_ok=True)
        began = time.monotonic()
        code = kill_within(ground, chance.uniform(kills, kills + 1) / KILLS * whole_seconds)
        if code == 0:  # it was quicker than the first
            whole_seconds = min(whole_seconds, time.monotonic() - began)
        else:
            assert code == -signal.SIGKILL
            kills += 1
            # What runs on ends by itself, even if nobody starts anything again.
            assert ground.processes_after(END_SECONDS) == []
            print(f"killed after {time.monotonic() - began:.2f} of {whole_seconds:.2f} s: {len(ground.files())} files")
            start_next(ground)
        if ground.archive.exists():
            ground.take_whole()
        half_made_keys = {file for file in ground.files() if file.endswith(".new")}  # the next bundle makes them
        assert set(ground.files()) - half_made_keys == set()
    assert kill_within(ground, 300) == 0
    ground.take_whole()
    assert ground.files() == []


def stop_the_collectors(ground: Ground, child: subprocess.Popen[str]) -> None:
    """SIGSTOP of the process in which collectors run, before the first of those is asked for anything."""
    for line in child.stdout or ():
        if json.loads(line)["event"] == "collecting":
            break
    # The event is told first, and a process that is just being started still has its parent's command.
    while not (apart := [process for process in ground.processes() if is_apart(process)]):
        assert child.poll() is None, "it has ended before its collectors could be stopped"
    apart[0].suspend()


def is_apart(process: psutil.Process) -> bool:
    try:
        return APART in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def test_a_stopped_collector_costs_no_more_than_its_own_part(make_ground, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_DEADLINE_SECONDS", "4")
    ground = make_ground()
    with ground.start() as child:
        stop_the_collectors(ground, child)
        child.communicate(timeout=120)
    assert child.returncode == 0
    assert ground.processes_after(0) == []
    with py7zr.SevenZipFile(ground.archive) as archive:
        factory = py7zr.io.BytesIOFactory(limit=2**24)
        archive.extract(targets=["manifest.json"], factory=factory)
    manifest = json.loads(factory.products["manifest.json"].read())
    reasons = {skipped["path"]: skipped["reason"] for skipped in manifest["skipped"]}
    assert "the collector was ended: it did not answer in its time" in reasons["application_version"]
    assert any(member["path"].endswith("app.log") for member in manifest["members"])
    ground.take_whole()
    assert ground.files() == []


def test_a_stopped_collector_does_not_outlive_a_killed_bundle(make_ground) -> None:
    ground = make_ground()
    with ground.start() as child:
        stop_the_collectors(ground, child)
        child.kill()
    start_next(ground)
    assert ground.processes_after(END_SECONDS) == []
    assert ground.files() == []


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, for the administrator. A container may forbid even him to mount one."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("needs the administrator's rights, and Linux")
    place, image = tmp_path / "disk", tmp_path / "disk.img"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    names = ["-N", str(DISK_NAMES), "-m", "0"]
    subprocess.run(["mkfs.ext4", "-q", *names, str(image)], check=True, timeout=60)
    mounted = subprocess.run(
        ["mount", "-o", "loop", str(image), str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        refused = f"cannot mount: {mounted.stderr.strip()}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(refused)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=60)


def fill(disk: Path, leave_bytes: int) -> None:
    """Write until so much is free, in what is no file of ours."""
    with (disk / f"ballast-{uuid.uuid4()}").open("wb") as file, contextlib.suppress(OSError):
        while (more_bytes := shutil.disk_usage(disk).free - leave_bytes) > 0:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), more_bytes)


def use_up_names(disk: Path) -> None:
    with contextlib.suppress(OSError):
        while True:
            (disk / f"ballast-{uuid.uuid4()}").touch()


def with_a_full_disk(number: int, chance: random.Random, ground: Ground, disk: Path) -> tuple[int, list[dict]]:
    """Exit code and events of a run that lacks space, or names, from its start, or loses the space in its midst."""
    events, full_after_events = [], 0
    if number % 5 == 4:
        use_up_names(disk)
        told = "no names left"
    elif number % 2:
        full_after_events = chance.randrange(1, EVENTS)
        told = f"full after {full_after_events} events"
    else:
        free_bytes = int(2 ** chance.uniform(8, 24))
        fill(disk, free_bytes)
        told = f"{free_bytes:,} bytes free"
    with ground.start() as child:
        for line in child.stdout or ():
            events.append(json.loads(line))
            if len(events) == full_after_events:
                fill(disk, 0)
    print(f"{told}: exit code {child.returncode}, {[event.get('message') for event in events][-1]}")
    return child.returncode, events


def test_a_full_disk_is_said_in_one_sentence_and_leaves_nothing(make_ground, make_computer, disk) -> None:
    """The disk of the state, of the place of the bundle, or of both. If there is enough space, the bundle is whole."""
    chance = random.Random(SEED)
    elsewhere, on_disk = make_computer("elsewhere"), make_computer("on_disk")
    on_disk = dataclasses.replace(on_disk, folder=disk)
    for number in range(DISKS):
        computer, bundles = ((on_disk, None), (elsewhere, disk / "bundles"), (on_disk, disk / "bundles"))[number % 3]
        ground = make_ground(computer, bundles)
        code, events = with_a_full_disk(number, chance, ground, disk)
        assert ground.processes_after(0) == []
        for ballast in disk.glob("ballast-*"):
            ballast.unlink()
        if code == 0:
            ground.take_whole()
        else:
            (said,) = [event for event in events if event["event"] == "error"]
            assert (code, said["exit_code"]) == (DISK_FULL, DISK_FULL)
            assert re.fullmatch(r"[^\n]+: the disk is full\.", said["message"])
            assert "space" in said["advice"]
        assert ground.files() == []
