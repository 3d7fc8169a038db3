"""What a program does first; each in a process of its own, whose streams and signals are its own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.posix


def ended(code, streams=""):
    """Run ``code`` after ``begin``, with its streams closed as a shell's words say."""
    program = f"import os, signal, sys\nfrom config import program_start\nprogram_start.begin()\n{code}"
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -c "$1" {streams}', sys.executable, program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_is_imported_to_begin_is_little():
    heavy = ended("print(sorted({'click', 'argparse', 'django', 'asyncio', 'agent', 'desk'} & set(sys.modules)))")
    assert heavy.stdout == "[]\n"


def test_garbage_is_looked_for_seldom_and_not_at_the_end():
    code = "import gc; print(gc.get_threshold()[0] >= 10_000, gc.get_freeze_count())\n"
    done = ended(code + "program_start.end(); print(gc.get_freeze_count() > 1000)")
    assert done.stdout.splitlines() == ["True 0", "True"]


def test_ctrl_c_ends_at_once_without_an_exception():
    done = ended("try: os.kill(os.getpid(), signal.SIGINT); signal.pause()\nexcept KeyboardInterrupt: print('caught')")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Interrupted.\n")


def test_then_ctrl_c_is_an_exception_again():
    code = "program_start.interrupts_are_caught()\n"
    code += "try: os.kill(os.getpid(), signal.SIGINT); signal.pause()\nexcept KeyboardInterrupt: print('caught')"
    assert ended(code).stdout == "caught\n"


def test_who_ignores_ctrl_c_goes_on_ignoring_it():
    """As a program that a shell runs in the background, or behind nohup."""
    program = "import signal; from config import program_start as start; start.begin(); start.interrupts_are_caught()"
    program += "; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.stdout == "True\n"


@pytest.mark.parametrize("streams", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere_and_give_their_numbers_to_no_file(streams):
    code = "print('x'); print('x', file=sys.stderr); assert isinstance(sys.stdin.read(), str)\n"
    code += "sys.exit(40 + os.open('pyproject.toml', os.O_RDONLY))"
    done = ended(code, streams + (" </dev/null" if "<" not in streams else ""))
    assert done.returncode > 42
