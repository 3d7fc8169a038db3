"""Processes that bear a mark are found and ended, whoever their parent is; no others are."""

import os
import subprocess
import sys

import psutil
import pytest

from agent import left_processes

SLEEP = "import time; time.sleep(600)"
IN_A_CHILD = f"""
import subprocess, sys
command = [sys.executable, "-c", {SLEEP!r}]
print(subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True).pid)
"""


def started(mark: str) -> psutil.Process:
    """A process that its parent has left behind, in a session of its own."""
    command = [sys.executable, "-c", IN_A_CHILD]
    environment = os.environ | {left_processes.MARK: mark}
    told = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    return psutil.Process(int(told.stdout))


def is_gone(process: psutil.Process) -> bool:
    """Ended; init takes leave of it at leisure."""
    psutil.wait_procs([process], timeout=10)
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_all_of_one_mark_are_ended_and_no_other() -> None:
    one, two = left_processes.new_mark(), left_processes.new_mark()
    assert one != two
    mine, other = started(one), started(two)
    assert left_processes.end_marked(one) == 1
    assert is_gone(mine)
    assert other.is_running()
    assert left_processes.end_marked(two) == 1
    assert left_processes.end_marked(two) == 0


def test_what_a_killed_run_left_is_ended_and_what_a_living_one_has_is_not() -> None:
    script = "from agent import left_processes; print(left_processes.new_mark())"
    of_the_dead = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    mark = left_processes.new_mark()
    left, living = started(of_the_dead.stdout.strip()), started(mark)
    assert left_processes.end_those_of_killed_runs() >= 1
    assert is_gone(left)
    assert living.is_running()
    left_processes.end_marked(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system keeps the time of a start as it was")
def test_a_clock_that_is_set_makes_no_living_run_a_dead_one(monkeypatch: pytest.MonkeyPatch) -> None:
    mark, told = left_processes.new_mark(), psutil.Process.create_time
    living = started(mark)
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: told(process) + 3600)
    left_processes.end_those_of_killed_runs()
    assert living.is_running()
    assert left_processes.end_marked(mark) == 1


@pytest.mark.parametrize("mark", ["nonsense", "1:2", "x:y:z"])
def test_a_mark_of_somebody_else_is_let_alone(mark: str) -> None:
    mark = f"{mark}{os.getpid()}"
    process = started(mark)
    left_processes.end_those_of_killed_runs()
    assert process.is_running()
    assert left_processes.end_marked(mark) == 1
