"""A crash is noticed when its file appears, and busy folders wake nobody."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.watch.crash_watch import CrashWatch

PATIENCE_SECONDS = 10.0
BOUND_SECONDS = 2.0  # logs may be rotated away after that


class Told(queue.Queue[tuple[str, str]]):
    """What ``on_crash`` was called with."""

    def __call__(self, profile: str, path: Path, at: object) -> None:
        self.put((profile, path.name))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def crashes(tmp_path: Path) -> Path:
    folder = tmp_path / "crash"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(tmp_path: Path, told: Told) -> Iterator[Callable[..., CrashWatch]]:
    """Starts a watch of one application, as often as is wanted."""
    running: list[CrashWatch] = []

    def start(*patterns: object, logs: tuple[str, ...] = ()) -> CrashWatch:
        made = CrashWatch(
            {"nginx": [str(each) for each in patterns]}, told, state=tmp_path / "state", log_patterns=logs
        )
        running.append(made)
        made.start()
        return made

    yield start
    for each in running:
        each.stop()


def test_a_crash_is_told_within_two_seconds_and_once(watch, told, crashes) -> None:
    watch(crashes / "*nginx*")
    began = time.monotonic()
    (crashes / "core.nginx.17").write_bytes(bytes(100_000))
    assert told.get(timeout=PATIENCE_SECONDS) == ("nginx", "core.nginx.17")
    assert time.monotonic() - began < BOUND_SECONDS
    (crashes / "core.nginx.17").write_bytes(bytes(200_000))
    (crashes / "core.other.18").write_bytes(b"")
    with pytest.raises(queue.Empty):
        told.get(timeout=0.6)


def test_one_that_was_moved_into_its_place_is_told(watch, told, crashes, tmp_path) -> None:
    watch(crashes / "*nginx*")
    (tmp_path / "half").write_bytes(b"x")
    (tmp_path / "half").rename(crashes / "nginx.crash")
    assert told.get(timeout=PATIENCE_SECONDS) == ("nginx", "nginx.crash")


def test_what_crashed_while_nobody_watched_is_told_at_the_start(watch, told, crashes) -> None:
    (crashes / "nginx.1").touch()
    watch(crashes / "nginx*").stop()
    assert told.empty()
    (crashes / "nginx.2").touch()
    watch(crashes / "nginx*").stop()
    assert told.get_nowait() == ("nginx", "nginx.2")
    watch(crashes / "nginx*").stop()
    assert told.empty()


def test_a_report_in_a_folder_of_its_own_is_told(watch, told, crashes) -> None:
    """As Windows Error Reporting puts them: a new folder for each."""
    watch(crashes / "*nginx*" / "Report.wer")
    (crashes / "AppCrash_nginx_1").mkdir()
    (crashes / "AppCrash_nginx_1" / "Report.wer").write_text("x")
    assert told.get(timeout=PATIENCE_SECONDS) == ("nginx", "Report.wer")


def test_a_folder_that_appears_later_or_anew_is_watched_from_the_next_look_on(watch, told, crashes) -> None:
    running = watch(crashes / "later" / "*")
    assert running.watched_folders == frozenset()
    (crashes / "later").mkdir()
    running.look()
    assert running.watched_folders == {str((crashes / "later").resolve())}
    (crashes / "later").rename(crashes / "gone")
    running.look()
    assert running.watched_folders == frozenset()
    (crashes / "later").mkdir()
    running.look()
    (crashes / "later" / "x").touch()
    assert told.get(timeout=PATIENCE_SECONDS) == ("nginx", "x")


def test_a_folder_of_logs_is_looked_at_and_never_watched(watch, told, crashes) -> None:
    running = watch(crashes / "hs_err*", logs=(f"{crashes}/*.log",))
    assert running.watched_folders == frozenset()
    (crashes / "hs_err_pid7").touch()
    running.look()
    assert told.get_nowait() == ("nginx", "hs_err_pid7")


@pytest.mark.parametrize("pattern", ["/*.crash", "/var/log/apport.log", str(Path.home() / "*.hprof"), "relative/*", ""])
def test_no_pattern_makes_it_watch_what_is_always_busy(watch, pattern) -> None:
    assert watch(pattern).watched_folders == frozenset()


def test_looking_wakes_nobody(watch, crashes) -> None:
    running = watch(crashes / "*")
    for _ in range(3):
        running.look()
        list(crashes.iterdir())
    assert not running._hint.wait(0.3)


def test_a_link_a_folder_and_a_pipe_are_no_crashes(watch, told, crashes, tmp_path) -> None:
    running = watch(crashes / "*")
    (crashes / "link").symlink_to("/etc/passwd")
    (crashes / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(crashes / "pipe")
    running.look()
    assert told.empty()


def test_it_stops_at_once_and_leaves_no_thread(watch, crashes) -> None:
    before = threading.active_count()
    running = watch(crashes / "*")
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < BOUND_SECONDS
    assert threading.active_count() == before
