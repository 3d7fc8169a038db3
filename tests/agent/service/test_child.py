"""A child process: told, heard, ended with all that it started, also when nobody is left to end it."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from agent.service.child import Child
from agent.service.loop import Loop
from tests.agent.service.test_children import is_gone

ECHO = "import sys; sys.stdout.write(sys.stdin.readline().upper())"
WAITS = "import sys; sys.stdin.readline(); print(1, flush=True); sys.stdin.read(); print('end', flush=True)"
INNER = "import subprocess, sys, time; waits = [sys.executable, '-c', 'import time; time.sleep(90)']; "
INNER += "print(subprocess.Popen(waits).pid, flush=True); time.sleep(90)"
# Starts a child with a child of its own, and is then killed.
AS_A_SERVICE = f"""
import sys, time
from agent.service.child import Child
from agent.service.loop import Loop
loop, said = Loop(), []
Child([sys.executable, "-I", "-c", {INNER!r}], b"x\\n", loop, said.append)
loop.run(until=lambda: said, within_seconds=30)
print(said[0].decode().strip(), flush=True)
time.sleep(60)
"""
BESIDE = f"""
import sys
from agent.service.child import run_beside
run_beside([sys.executable, "-I", "-c", {INNER!r}])
"""


def heard_of(loop: Loop, script: str, told: bytes = b"x\n") -> tuple[Child, list[bytes]]:
    heard: list[bytes] = []
    return Child([sys.executable, "-I", "-c", script], told, loop, heard.append), heard


def test_it_is_told_and_heard_to_its_end(loop: Loop) -> None:
    child, heard = heard_of(loop, ECHO, b"told\n")
    loop.run(until=lambda: b"" in heard, within_seconds=30)
    assert b"".join(heard).strip() == b"TOLD"
    assert child.reap() == 0


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a signal asks it")
def test_the_end_of_its_input_asks_it_to_end(loop: Loop) -> None:
    child, heard = heard_of(loop, WAITS)
    loop.run(until=lambda: bool(heard), within_seconds=30)
    child.ask_to_end()
    loop.run(until=lambda: b"" in heard, within_seconds=30)
    assert b"".join(heard).split() == [b"1", b"end"]
    assert child.reap() == 0


def test_its_exit_code_is_told(loop: Loop) -> None:
    child, heard = heard_of(loop, "import sys; sys.exit(7)")
    loop.run(until=lambda: b"" in heard, within_seconds=30)
    assert child.reap() == 7


def test_one_that_closes_its_output_and_stays_is_ended(loop: Loop) -> None:
    before = set(psutil.Process().children())  # another test of this process may have left one to the run's end
    child, heard = heard_of(loop, "import os, time; os.close(1); time.sleep(60)")
    (started,) = set(psutil.Process().children()) - before
    loop.run(until=lambda: b"" in heard, within_seconds=30)
    child.reap()
    assert is_gone(started.pid)


def test_a_program_that_is_not_there_is_an_error_of_the_system(loop: Loop, tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - its words are the system's
        Child([str(tmp_path / "none")], b"", loop, lambda _: None)


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere the end of its input tells it, which errands heed")
@pytest.mark.parametrize("script", [AS_A_SERVICE, BESIDE])
def test_what_is_started_ends_when_who_started_it_is_killed(loop: Loop, script: str) -> None:
    with subprocess.Popen([sys.executable, "-I", "-c", script], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        grandchild = int(killed.stdout.readline())
        assert not is_gone(grandchild)
        killed.kill()
        killed.wait(30)
    assert loop_until_gone(loop, grandchild)


@pytest.mark.skipif(sys.platform != "win32", reason="elsewhere a process becomes another")
def test_the_exit_code_of_what_runs_beside_is_told() -> None:
    from agent.service.child import run_beside

    assert run_beside([sys.executable, "-I", "-c", "import sys; sys.exit(10)"]) == 10


def loop_until_gone(loop: Loop, pid: int) -> bool:
    """Whether it ends within ten seconds."""

    def look() -> None:
        loop.at("look", 0.02, look)

    look()
    loop.run(until=lambda: is_gone(pid), within_seconds=10)
    return is_gone(pid)
