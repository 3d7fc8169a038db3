"""Threads pack, and nobody can tell from the archive how many; none is left behind."""

import random
import shutil
import subprocess
import threading

import pytest

from agent.archive import RulesetInfo, pack
from agent.events import ignore_progress
from agent.lzma2_blocks import BLOCK_BYTES
from agent.verify import verify

RULESET = RulesetInfo(version=3, families=("credentials",))


def packed(items, plan, output, threads=None):
    return pack(items, plan, RULESET, output, ignore_progress, redact_text=str, threads=threads)


def test_the_bytes_are_the_same_for_any_number_of_threads(redacted_file, bundle_plan, tmp_path):
    hashes = set()
    for threads in (1, 2, 8):
        chance = random.Random(1)
        items = [redacted_file(f"logs/{at}.log", chance.randbytes(at * BLOCK_BYTES // 12 + at) * 2) for at in range(5)]
        hashes.add(packed(items, bundle_plan, tmp_path / f"{threads}.7z", threads).sha256)
    assert len(hashes) == 1
    assert verify(tmp_path / "8.7z").problems == ()
    for program in (["7zz", "t"], ["bsdtar", "-tf"]):
        if shutil.which(program[0]):
            argv = [*program, str(tmp_path / "8.7z")]
            assert subprocess.run(argv, capture_output=True, check=False).returncode == 0


def test_the_threads_are_gone_also_when_gathering_breaks(redacted_file, bundle_plan, tmp_path):
    def items():
        yield redacted_file("logs/a.log", b"a" * (2 * BLOCK_BYTES))
        raise RuntimeError("broken")

    before = threading.active_count()
    with pytest.raises(RuntimeError):
        packed(items(), bundle_plan, tmp_path / "out.7z")
    assert threading.active_count() <= before
