"""A job ends with all that is in it; on Windows also when its owner is ended by force."""

import subprocess
import sys

import psutil
import pytest

from agent.job import SUSPENDED, Job

pytestmark = pytest.mark.skipif(sys.platform != "win32", reason="job objects are of Windows")

# Starts a child that never ends, and tells its number.
PARENT = (
    "import subprocess, sys, threading\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait()'])\n"
    "print(child.pid, flush=True)\n"
    "threading.Event().wait()\n"
)


def ends(number: int) -> bool:
    try:
        psutil.Process(number).wait(20)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_what_a_process_has_started_ends_with_it() -> None:
    job = Job()
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, creationflags=SUSPENDED) as process:
        assert process.stdout is not None
        job.take_suspended(process.pid)
        child = int(process.stdout.readline())
        assert psutil.pid_exists(child)
        job.end()
        assert process.wait(20) is not None
    assert ends(child)


def test_it_ends_when_its_owner_is_ended_by_force() -> None:
    owner = (
        "import subprocess, sys\n"
        "from agent.job import Job, SUSPENDED\n"
        "job = Job()\n"
        f"process = subprocess.Popen([sys.executable, '-c', {PARENT!r}], creationflags=SUSPENDED)\n"
        "job.take_suspended(process.pid)\n"
        "process.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", owner], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert psutil.pid_exists(child)
        process.kill()
    assert ends(child)


def test_a_process_that_has_ended_is_let_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        job = Job()
        job.take(process.pid)
        job.end()
