"""Gathering does not slow down what the person is doing."""

import ctypes
import subprocess
import sys

import pytest


@pytest.mark.posix
def test_the_lowest_priority_is_asked_for_and_inherited():
    """A program started afterwards runs at nice 19 as well; a second call does no harm."""
    program = (
        "from agent import priority\n"
        "import os, subprocess, sys\n"
        "priority.lower(); priority.lower()\n"
        "print(os.nice(0), flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import os; print(os.nice(0))'], check=True)\n"
    )
    printed = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["19", "19"]


@pytest.mark.skipif(sys.platform != "win32", reason="asks for Windows' classes")
def test_the_lowest_class_is_asked_for_and_inherited():
    """What Windows hands on to a new process is that class and the one above, no other; Wine hands on none."""
    tell = "import psutil; print(psutil.Process().nice() == psutil.IDLE_PRIORITY_CLASS, flush=True)"
    program = f"from agent import priority; priority.lower(); priority.lower(); {tell}; import subprocess, sys; "
    program += f"subprocess.run([sys.executable, '-c', {tell!r}], check=True)"
    printed = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True).stdout
    is_wine = hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
    assert printed.split() == ["True", str(not is_wine)]
