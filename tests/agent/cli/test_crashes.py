"""``sendlogs crashes``: what is kept of crashes, told and removed, and sent by ``sendlogs send --crash``."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli.session import typed_command
from agent.watch import snapshot


@pytest.fixture
def kept(machine: Path) -> Path:
    """A crash of which one log is kept."""
    (machine / "log").mkdir()
    (machine / "log" / "error.log").write_text("worker process 7 exited on signal 11\n")
    at = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
    (machine / "state").mkdir(mode=0o700)
    return snapshot.take(machine / "state", "sendlogs", [f"{machine}/log/*"], str(machine / "log" / "error.log"), at)


def test_a_crash_is_told_with_what_can_be_done(run, kept) -> None:
    told = run("crashes", "list").out
    assert "'sendlogs' crashed, 2026-11-26T09:00:00+00:00" in told
    assert f"the ends of 1 logs: {kept}" in told
    assert f"    {typed_command(os.environ)} send --crash {kept.name}, or: {typed_command(os.environ)} crashes" in told
    (event,) = run("crashes", "list", "--json").events
    assert (event["crash_id"], event["folder"], event["files"]) == (kept.name, str(kept), 1)


def test_a_damaged_index_is_listed_all_the_same(run, kept) -> None:
    (kept / "index.json").write_text("{")
    (event,) = run("crashes", "list", "--json").events
    assert (event["crash_id"], event["profile"], event["files"]) == (kept.name, "?", 0)


def test_one_is_dismissed_once(run, kept) -> None:
    assert run("crashes", "dismiss", kept.name).code == 0
    assert not kept.exists()
    ended = run("crashes", "dismiss", kept.name)
    assert ended.code == 2
    assert "No crash" in ended.err


@pytest.mark.parametrize("crash_id", ["..", "../..", "/", ""])
def test_what_is_no_id_removes_nothing(run, kept, crash_id) -> None:
    assert run("crashes", "dismiss", crash_id).code == 2
    assert kept.exists()


def test_it_is_sent_as_any_bundle_and_removed_then(run, kept, machine) -> None:
    (machine / "share").mkdir()
    words = ("send", "--crash", kept.name, "--new", "It crashed", "--to", f"folder:{machine}/share")
    assert run(*words, "--dry-run").code == 0
    assert kept.exists()
    ended = run(*words, "--yes", "--json")
    assert ended.code == 0, ended
    assert not kept.exists()
    assert run(*words, "--yes").code == 2
