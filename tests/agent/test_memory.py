"""What was large and is free again is the system's."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import gc, sys
from agent import memory

def held_bytes():
    with open("/proc/self/smaps_rollup") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("Rss:"))

if sys.argv[1] == "at once":
    assert memory.give_back_at_once()
del_first = bytearray(16 * 2**20)
del del_first  # from now on glibc would keep what has up to so many bytes
before = held_bytes()
blocks = [bytes([1]) * (4 * 2**20) for _ in range(4)]
last = bytes([1]) * 2**19  # what comes behind them
del blocks
gc.collect()
print(held_bytes() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize(("how", "kept"), [("at once", 0), ("as always", 16)])
def test_large_blocks_are_given_back_when_they_are_freed(how: str, kept: int) -> None:
    told = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, how], capture_output=True, text=True, check=True, timeout=60
    )
    assert kept * 2**20 <= int(told.stdout) + 2**18 < (kept + 2) * 2**20


AGAIN = """
import resource
from agent import memory

assert memory.give_back_at_once()
kept = [bytes([1]) * (2**18) for _ in range(3)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(200):
    last = bytes([1]) * (2**19)
    del last
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_comes_and_goes_below_that_size_is_not_taken_from_the_system_each_time() -> None:
    told = subprocess.run([sys.executable, "-I", "-c", AGAIN], capture_output=True, text=True, check=True, timeout=60)
    assert int(told.stdout) < 2000  # of 200 times 128 pages


BETWEEN = """
from agent import memory

def held_bytes():
    with open("/proc/self/smaps_rollup") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("Rss:"))

blocks = [bytes([1]) * (2**16) for _ in range(400)]
kept = blocks[-1]
before = held_bytes()
del blocks
print(before - held_bytes(), memory.give_back_what_is_free(), before - held_bytes())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_lies_free_in_front_of_something_in_use_is_given_back() -> None:
    told = subprocess.run([sys.executable, "-I", "-c", BETWEEN], capture_output=True, text=True, check=True, timeout=60)
    before, given, after = told.stdout.split()
    assert int(before) < 2**20
    assert (given, int(after) > 20 * 2**20) == ("True", True)
