"""What is added to a log is read once, whole lines, within bounds; whatever happens to the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.watch.telling_logs import MOST_BYTES, MOST_LOGS, TellingLogs

LINE = "2026/11/26 10:30:12 [alert] 7#7: worker process 9 exited on signal 11\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "error.log"
    file.write_text(LINE)
    return file


@pytest.fixture
def logs(log: Path) -> TellingLogs:
    made = TellingLogs([f"{log.parent}/*.log"], ["exited on signal 11", "exited on signal 6"])
    made.find()
    return made


def add(log: Path, text: str) -> None:
    with log.open("a") as file:
        file.write(text)


def test_what_was_there_before_is_old(logs) -> None:
    assert logs.look() is None


def test_a_line_is_told_once_and_only_when_it_is_whole(logs, log) -> None:
    add(log, "nothing\n" + LINE[:-1])
    assert logs.look() is None
    add(log, "\n")
    assert logs.look() == str(log)
    add(log, "nothing\n")
    assert logs.look() is None
    assert logs.look() is None


def test_other_signals_are_no_crash(logs, log) -> None:
    add(log, LINE.replace("11", "15"))
    assert logs.look() is None


def test_a_log_that_was_rotated_is_read_from_its_beginning(logs, log) -> None:
    log.rename(log.with_name("old.log"))
    log.write_text(LINE)
    logs.find()
    assert logs.look() == str(log)
    assert logs.look() is None


def test_a_log_that_was_cut_is_read_from_its_beginning(logs, log) -> None:
    add(log, "x\n" * 1000)
    assert logs.look() is None
    log.write_text("y\n" + LINE)
    assert logs.look() == str(log)


def test_the_log_of_the_next_day_is_found(logs, log) -> None:
    (log.parent / "error-2.log").write_text(LINE)
    assert logs.look() is None
    logs.find()
    assert logs.look() == str(log.parent / "error-2.log")


def test_of_what_was_added_the_end_is_read(logs, log) -> None:
    add(log, LINE + "x" * 99 + "\n" + "y" * MOST_BYTES)
    assert logs.look() is None
    add(log, "\n" + "z\n" * MOST_BYTES + LINE)
    assert logs.look() == str(log)


def test_only_the_newest_are_looked_at(tmp_path: Path) -> None:
    for number in range(MOST_LOGS + 1):
        (tmp_path / f"{number}.log").touch()
        os.utime(tmp_path / f"{number}.log", (number, number))
    logs = TellingLogs([f"{tmp_path}/*.log"], ["exited"])
    logs.find()
    add(tmp_path / "0.log", LINE)
    assert logs.look() is None
    add(tmp_path / "1.log", LINE)
    assert logs.look() == str(tmp_path / "1.log")


def test_a_link_and_a_pipe_are_not_read(tmp_path: Path, log: Path) -> None:
    logs = TellingLogs([f"{tmp_path}/*.log", "relative.log"], ["exited"])
    (tmp_path / "link.log").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").touch()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.log")
    logs.find()
    (tmp_path / "elsewhere").write_text(LINE)
    assert logs.look() is None
    log.unlink()
    log.symlink_to(tmp_path / "elsewhere")
    assert logs.look() is None


def test_without_phrases_nothing_is_looked_at(log: Path) -> None:
    logs = TellingLogs([str(log)], [])
    logs.find()
    add(log, LINE)
    assert logs.look() is None
