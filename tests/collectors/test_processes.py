"""The table holds this very process, and not a word of any process's arguments."""

import ctypes
import os
import subprocess
import sys

import pytest

from collectors.processes import COLLECTOR

PATH = "processes/processes.txt"
SECRET = "--password=correct-horse-battery"


@pytest.fixture
def talkative():
    """A process with a secret among its arguments, and in its environment."""
    program = [sys.executable, "-c", "print('up', flush=True); input()", SECRET]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PGPASSWORD": SECRET}
    ) as process:
        assert process.stdout.readline().strip() == b"up"
        yield process
        process.kill()


def test_it_lists_processes_with_parent_and_program(machine, gather, talkative):
    rows = [row.split("\t") for row in gather(COLLECTOR, machine(collector=COLLECTOR)).texts[PATH].splitlines()]
    assert {len(row) for row in rows} == {8}
    mine = {row[0]: row for row in rows}[str(talkative.pid)]
    assert mine[1] == str(os.getpid())
    if sys.platform != "win32" or not hasattr(ctypes.WinDLL("ntdll"), "wine_get_version"):
        assert mine[7].startswith("python")  # Wine tells no program (SystemProcessIdInformation)
    assert [int(row[0]) for row in rows[1:]] == sorted(int(row[0]) for row in rows[1:])


def test_no_argument_of_a_process_is_in_it(machine, gather, talkative):
    assert "correct-horse" not in gather(COLLECTOR, machine(collector=COLLECTOR)).texts[PATH]


def test_without_time_it_says_so(machine, gather):
    found = gather(COLLECTOR, machine(collector=COLLECTOR, remaining_seconds=0))
    assert found.skipped == {PATH: "the time was up before every process was listed"}


def test_a_process_with_a_start_of_no_calendar_hides_no_other(machine, gather, monkeypatch):
    """As Windows may tell of one that is ending."""
    monkeypatch.setattr("psutil.Process.create_time", lambda _: 603246995523.65)
    rows = [row.split("\t") for row in gather(COLLECTOR, machine(collector=COLLECTOR)).texts[PATH].splitlines()]
    assert {row[3] for row in rows[1:]} == {"-"}
    assert str(os.getpid()) in {row[0] for row in rows}
