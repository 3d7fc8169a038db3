"""A crash is noticed when its file appears or a log tells of it, by looking, and told once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.watch.crash_watch import CrashWatch
from agent.watch.known_crashes import QUIET_SECONDS
from agent.watch.unit_states import UnitStates

Told = list[tuple[str, str]]
PHRASE = "exited on signal 11"


class Clock:
    """The time that the test says."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def crashes(tmp_path: Path) -> Path:
    folder = tmp_path / "crash"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(tmp_path: Path, told: Told, clock: Clock) -> Callable[..., CrashWatch]:
    """Starts a watch of one application, as often as is wanted."""

    def start(*patterns: object, logs: tuple[str, ...] = ()) -> CrashWatch:
        application = {"crashes": [str(each) for each in patterns], "telling_logs": logs, "phrases": [PHRASE]}
        application["units"] = ["nginx.service"]
        made = CrashWatch(
            {"nginx": application},
            lambda profile, path, at: told.append((profile, Path(path).name)),
            lambda profile, units, at: told.append((profile, " ".join(units))),
            state=tmp_path / "state",
            clock=clock,
        )
        made.look_closely()
        return made

    return start


def test_a_crash_is_told_at_the_next_look_and_once(watch, told, crashes) -> None:
    running = watch(crashes / "*nginx*")
    running.look()
    (crashes / "core.nginx.17").write_bytes(bytes(100_000))
    running.look()
    assert told == [("nginx", "core.nginx.17")]
    (crashes / "core.nginx.17").write_bytes(bytes(200_000))
    (crashes / "core.other.18").write_bytes(b"")
    running.look()
    running.look_closely()
    assert len(told) == 1


def test_one_that_was_moved_into_its_place_is_told(watch, told, crashes, tmp_path) -> None:
    running = watch(crashes / "*nginx*")
    (tmp_path / "half").write_bytes(b"x")
    (tmp_path / "half").rename(crashes / "nginx.crash")
    running.look()
    assert told == [("nginx", "nginx.crash")]


def test_what_crashed_while_nobody_looked_is_told_at_the_start(watch, told, crashes) -> None:
    (crashes / "nginx.1").touch()
    watch(crashes / "nginx*")
    assert told == []
    (crashes / "nginx.2").touch()
    watch(crashes / "nginx*")
    assert told == [("nginx", "nginx.2")]
    watch(crashes / "nginx*")
    assert len(told) == 1


def test_a_report_in_a_folder_of_its_own_is_told(watch, told, crashes) -> None:
    """As Windows Error Reporting puts them: a new folder for each."""
    running = watch(crashes / "*nginx*" / "Report.wer")
    (crashes / "AppCrash_nginx_1").mkdir()
    running.look()
    (crashes / "AppCrash_nginx_1" / "Report.wer").write_text("x")
    running.look()
    assert told == [("nginx", "Report.wer")]


def test_a_folder_that_appears_later_or_anew_is_looked_at_from_the_next_close_look_on(watch, told, crashes) -> None:
    running = watch(crashes / "later" / "*")
    assert running.folders == frozenset()
    (crashes / "later").mkdir()
    running.look_closely()
    assert told == []
    (crashes / "later").rename(crashes / "gone")
    running.look()
    assert running.folders == frozenset()
    (crashes / "later").mkdir()
    running.look_closely()
    (crashes / "later" / "x").touch()
    running.look()
    assert told == [("nginx", "x")]


def test_a_log_that_tells_of_a_crash_is_told_once_in_a_while(watch, told, crashes, clock) -> None:
    log = crashes / "error.log"
    log.write_text(f"worker process 1 {PHRASE}\n")
    running = watch(logs=(str(log),))
    running.look()
    assert told == []
    for _ in range(20):
        with log.open("a") as file:
            file.write(f"worker process 7 {PHRASE} (core dumped)\n")
        running.look()
    assert told == [("nginx", "error.log")]
    clock.now += QUIET_SECONDS
    running.look()
    watch(logs=(str(log),)).look()
    assert len(told) == 1
    with log.open("a") as file:
        file.write(f"worker process 8 {PHRASE}\n")
    running.look()
    assert len(told) == 2


def test_a_dump_and_the_log_tell_of_one_crash(watch, told, crashes, tmp_path, clock) -> None:
    log = tmp_path / "error.log"
    log.touch()
    running = watch(crashes / "core*", logs=(str(log),))
    (crashes / "core.7").touch()
    log.write_text(f"worker process 7 {PHRASE}\n")
    running.look()
    running.look_closely()
    clock.now += QUIET_SECONDS
    running.look_closely()
    assert len(told) == 1


@pytest.mark.posix
def test_a_unit_that_stopped_is_asked_about_until_one_failed(watch, told, tmp_path, clock, monkeypatch) -> None:
    units = tmp_path / "units"
    units.mkdir()
    monkeypatch.setattr("agent.watch.crash_watch.UnitStates", lambda patterns: UnitStates(patterns, units))
    running = watch()
    for start in range(3):
        (units / "invocation:nginx.service").symlink_to(f"start-{start}")
        running.look()
        (units / "invocation:nginx.service").unlink()
    assert told == 3 * [("nginx", "nginx.service")]
    running.note_failed_unit("nginx")
    running.look()
    assert len(told) == 3
    clock.now += QUIET_SECONDS
    (units / "invocation:nginx.service").symlink_to("start-3")
    running.look()
    assert len(told) == 4


@pytest.mark.parametrize("pattern", ["/*.crash", str(Path.home() / "*.hprof"), "relative/*", ""])
def test_what_is_always_busy_is_not_looked_at_all_the_time(watch, pattern) -> None:
    assert watch(pattern).folders == frozenset()


def test_a_busy_temporary_folder_is_looked_at_once_a_minute(watch, told, crashes, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(crashes))
    running = watch(crashes / "hs_err*")
    assert running.folders == frozenset()
    (crashes / "hs_err_pid7").touch()
    running.look()
    assert told == []
    running.look_closely()
    assert told == [("nginx", "hs_err_pid7")]


def test_a_link_a_folder_and_a_pipe_are_no_crashes(watch, told, crashes) -> None:
    running = watch(crashes / "*")
    (crashes / "link").symlink_to("/etc/passwd")
    (crashes / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(crashes / "pipe")
    running.look()
    assert told == []


def test_a_disk_that_is_full_stops_nothing(watch, told, crashes, monkeypatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    running = watch(crashes / "*")
    (crashes / "nginx").touch()
    with monkeypatch.context() as patched:
        patched.setattr("agent.watch.known_crashes.write_private", full)
        running.look()
    assert told == []
    running.look_closely()
    assert told == [("nginx", "nginx")]
