"""``sendlogs service`` and what it says of a service that runs, or does not."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.service import channel, question
from tests.open_door import open_door

STATUS = {
    "up_since": "2026-11-26T09:00:00Z",
    "pid": 7,
    "agent_version": "1",
    "desk": "https://desk.example",
    "desk_reached_at": "",
    "desk_trouble": "No network.",
    "settings_trouble": "",
    "policy": "ask",
    "waiting_for_an_answer": 1,
    "in_work": 0,
    "ended": {"done": 2},
    "outbox": {"waiting": 3, "next_attempt_seconds": 60, "trouble": ""},
    "crashes": {"watched": ["nginx", "postgresql"], "kept": 1},
}


@pytest.fixture
def answering(machine: Path) -> Iterator[None]:
    """A service that answers every question with that status."""
    with open_door(machine / "state", lambda asked, who: STATUS):
        yield


STAYS = [sys.executable, "-I", "-m", "agent.service"]


@pytest.mark.posix
def test_it_becomes_the_process_that_stays(run, monkeypatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda program, words, environment: became.append(words))
    run("service")
    run("service", "--json")
    assert became == [STAYS, [*STAYS, "--json"]]


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a process becomes another")
def test_where_a_process_cannot_become_another_it_waits_for_it(run, monkeypatch) -> None:
    from agent.service import child

    started: list[list[str]] = []
    monkeypatch.setattr(child, "run_beside", lambda words: started.append(words) or 10)
    assert run("service", "--json").code == 10
    assert started == [[*STAYS, "--json"]]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a list of services, which these change")
@pytest.mark.parametrize("verb", ["install", "remove"])
def test_elsewhere_systemd_starts_it(run, verb: str) -> None:
    ended = run("service", verb)
    assert ended.code == 2
    assert "started by systemd" in ended.err


def test_the_status_is_told_in_lines(run, answering) -> None:
    ended = run("service", "status")
    assert ended.code == 0
    assert "last heard never" in ended.out
    assert "1 to answer, 0 in work; policy: ask" in ended.out
    assert "3 bundles wait, next look in 60 s" in ended.out
    assert "1 kept ('sendlogs crashes'); of 2 applications watched" in ended.out
    assert "last heard never; not now: No network." in ended.out


def test_without_a_desk_the_status_says_how_to_set_one(run, answering, monkeypatch) -> None:
    monkeypatch.setitem(STATUS, "desk", "")
    monkeypatch.setitem(STATUS, "desk_trouble", "")
    assert "none is set: set 'endpoint' to desk:URL" in run("service", "status").out


def test_the_status_is_told_to_programs(run, answering) -> None:
    (event,) = run("service", "status", "--json").events
    assert event == {"event": "status", "version": question.VERSION, **STATUS}


def test_settings_that_are_broken_do_not_hide_the_status(run, answering, machine) -> None:
    (machine / "config").mkdir()
    (machine / "config" / "agent.yaml").write_text("remote: perhaps\n")
    assert run("service", "status").code == 0


def test_where_none_runs_it_says_so(run) -> None:
    ended = run("service", "status")
    assert ended.code == 10
    assert "No sendlogs service answers" in ended.err


@pytest.mark.posix
def test_a_state_folder_too_long_for_a_socket_is_told_as_such(run, machine, monkeypatch) -> None:
    monkeypatch.setenv("SENDLOGS_STATE_FOLDER", str(machine / ("x" * 100)))
    ended = run("service", "status")
    assert ended.code == 9
    assert "set state_folder to one of at most " in ended.err
    assert "Start it with" not in ended.err


def test_another_users_service_is_told_as_such(run, monkeypatch) -> None:
    def refuse(*_: object) -> dict:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(channel, "ask", refuse)
    ended = run("service", "status")
    assert ended.code == 9
    assert "another user's" in ended.err
