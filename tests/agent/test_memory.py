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
