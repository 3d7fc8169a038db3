"""``sendlogs desk``: a process of its own, that ends when we end."""

import importlib.util
import subprocess
import sys

import pytest

from agent.cli import desk


@pytest.fixture
def program(monkeypatch):
    """Start this instead of the desk; the words that the desk would have been started with."""
    started = []
    popen = subprocess.Popen

    def use(code):
        def start(argv, **options):
            started[:] = argv
            return popen([sys.executable, "-c", code], **options)

        monkeypatch.setattr(desk.subprocess, "Popen", start)
        return started

    return use


def test_it_is_started_with_its_own_folder_and_address(run, program, machine):
    started = program("print('Name x password y'); print('Listening on http://127.0.0.1:9')")
    ended = run("desk", "--port", "0", "--url", "https://desk.example", "--json")
    assert started[1:4] == ["-m", "desk", "serve"]
    assert started[4:] == [
        *("--state", str(machine / "state" / "desk")),
        *("--host", "127.0.0.1", "--port", "0", "--url", "https://desk.example"),
    ]
    assert (ended.code, ended.events) == (
        0,
        [
            {"event": "desk", "line": "Name x password y"},
            {"event": "listening", "url": "http://127.0.0.1:9"},
        ],
    )


def test_its_failure_is_ours(run, program):
    program("raise SystemExit(1)")
    assert run("desk").code == 1


def test_it_does_not_stay_behind_when_we_are_interrupted(run, program, monkeypatch):
    program("import time; print('here', flush=True); time.sleep(60)")
    processes = []

    def interrupted(lines, output):
        next(iter(lines))
        raise KeyboardInterrupt

    monkeypatch.setattr(desk, "_relay", interrupted)
    end = desk._end
    monkeypatch.setattr(desk, "_end", lambda process: (processes.append(process), end(process)))
    assert run("desk", "--json").code == 130
    assert processes[0].poll() is not None


def test_without_the_extra_it_says_how_to_install_it(run, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "helpdesk" else find(name))
    ended = run("desk")
    assert (ended.code, "README.md" in ended.err) == (3, True)
