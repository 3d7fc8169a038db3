"""A unit that starts, stops or starts anew is told once, by the links of a folder as systemd keeps it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.watch.unit_states import UnitStates

pytestmark = pytest.mark.posix

PATTERNS = {"postgresql": ["postgresql.service", "postgresql@*.service"], "nginx": ["nginx.service"], "none": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "units"
    made.mkdir()
    start(made, "nginx.service", "1")
    return made


def start(folder: Path, unit: str, start_id: str) -> None:
    link = folder / f"invocation:{unit}"
    link.unlink(missing_ok=True)
    link.symlink_to(start_id)


def test_what_changes_is_told_once_and_to_whom_it_concerns(folder) -> None:
    states = UnitStates(PATTERNS, folder)
    assert states.look() == {}
    start(folder, "postgresql@15-main.service", "2")
    start(folder, "cron.service", "3")
    assert states.look() == {"postgresql": ["postgresql@15-main.service"]}
    assert states.look() == {}
    start(folder, "nginx.service", "4")
    assert states.look() == {"nginx": ["nginx.service"]}
    (folder / "invocation:nginx.service").unlink()
    assert states.look() == {"nginx": ["nginx.service"]}
    start(folder, "cron.service", "5")
    assert states.look() == {}


def test_one_that_came_and_went_between_two_looks_is_not_told(folder) -> None:
    states = UnitStates(PATTERNS, folder)
    start(folder, "postgresql.service", "2")
    (folder / "invocation:postgresql.service").unlink()
    assert states.look() == {}


def test_without_systemd_or_anything_to_look_after_nothing_is_told(folder, tmp_path) -> None:
    assert UnitStates(PATTERNS, tmp_path / "none").look() == {}
    states = UnitStates({"none": []}, folder)
    start(folder, "nginx.service", "9")
    assert states.look() == {}


def test_what_is_no_link_stops_nothing(folder) -> None:
    states = UnitStates(PATTERNS, folder)
    (folder / "invocation:postgresql.service").write_text("no link")
    os.mkfifo(folder / "invocation:postgresql@1.service")
    assert states.look() == {}
