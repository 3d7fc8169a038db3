"""Blocks packed side by side are one stream that every reader of LZMA2 understands."""

import io
import lzma
import os
import platform
import random
import shutil
import subprocess
import sys
import threading

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.lzma2_blocks import BLOCK_BYTES, FILTERS, FILTERS_BY_PACK, BlockCompressor
from tests.bench import logs

SMALL = 1000  # a block


def packed(data, threads=2, block_bytes=SMALL, step=700):
    compressor = BlockCompressor(threads, block_bytes)
    parts = [compressor.compress(data[at : at + step]) for at in range(0, len(data), step)]
    return parts, b"".join([*parts, compressor.flush()])


def unpacked(stream):
    return lzma.decompress(stream, format=lzma.FORMAT_RAW, filters=FILTERS)


def text(size_bytes):
    chance = random.Random(size_bytes)
    return b"".join(b"%d connection from %d refused\n" % (at, chance.randrange(99)) for at in range(size_bytes // 25))


SIZES = [0, 1, SMALL - 1, SMALL, SMALL + 1, 2 * SMALL, 7 * SMALL - 1, 7 * SMALL + 1, 12 * SMALL]


@pytest.mark.parametrize("size_bytes", SIZES)
@pytest.mark.parametrize("kind", ["text", "incompressible"])
def test_what_comes_out_is_what_went_in_at_every_border(size_bytes, kind):
    data = (text(size_bytes * 2 + 100) if kind == "text" else random.Random(1).randbytes(size_bytes))[:size_bytes]
    assert unpacked(packed(data)[1]) == data


@settings(max_examples=40)
@given(st.binary(max_size=6000), st.integers(1, 2500), st.integers(1, 900))
def test_any_bytes_in_any_pieces(data, step, block_bytes):
    assert unpacked(packed(data, block_bytes=block_bytes, step=step)[1]) == data


def test_the_parts_are_the_same_for_any_number_of_threads_at_every_moment():
    data = text(20 * SMALL) + random.Random(2).randbytes(5 * SMALL)
    assert packed(data, 1) == packed(data, 2) == packed(data, 8)


def test_no_thread_stays():
    before = threading.active_count()
    packed(text(9 * SMALL))
    compressor = BlockCompressor(2, SMALL)
    compressor.compress(text(9 * SMALL))
    compressor.close()
    assert threading.active_count() <= before


def test_a_process_that_is_held_to_one_core_packs_with_one_thread(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    compressor = BlockCompressor()
    compressor.close()
    assert compressor._pool._max_workers == 1


def archive(data, threads):
    """An archive of two files whose only coder is ours."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=FILTERS) as sevenzip:
        sevenzip.header.initialize().get_compressor().chain[0] = BlockCompressor(threads)
        sevenzip.writestr(data, "a.log")
        sevenzip.writestr(b"", "empty")
        sevenzip.writestr(data[:100], "b.log")
    return out.getvalue()


def test_py7zr_and_other_programs_read_an_archive_of_several_blocks(tmp_path):
    data = text(2 * BLOCK_BYTES) + random.Random(4).randbytes(BLOCK_BYTES // 2)
    made = archive(data, 2)
    file = tmp_path / "x.7z"
    file.write_bytes(made)
    with py7zr.SevenZipFile(io.BytesIO(made)) as sevenzip:
        sevenzip.extractall(tmp_path / "out")
    assert (tmp_path / "out" / "a.log").read_bytes() == data
    assert (tmp_path / "out" / "b.log").read_bytes() == data[:100]
    for program in (["7zz", "t"], ["7z", "t"], ["bsdtar", "-tf"]):
        if shutil.which(program[0]):
            assert subprocess.run([*program, str(file)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("pack", FILTERS_BY_PACK)
def test_every_way_to_pack_is_read_and_depends_on_no_number_of_threads(pack):
    data = text(3 * BLOCK_BYTES // 16)
    made = set()
    for threads in (1, 2, 8):
        compressor = BlockCompressor(threads, BLOCK_BYTES // 16, pack)
        made.add(compressor.compress(data) + compressor.flush())
    assert len(made) == 1
    assert lzma.decompress(made.pop(), format=lzma.FORMAT_RAW, filters=FILTERS_BY_PACK[pack]) == data


def test_small_is_smaller_and_quick_is_larger():
    sizes, data = {}, logs.text("mixed", 300_000)
    for pack in FILTERS_BY_PACK:
        compressor = BlockCompressor(2, pack=pack)
        sizes[pack] = len(compressor.compress(data) + compressor.flush())
    assert sizes["small"] < sizes["auto"] < sizes["quick"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_packing_took_is_given_back_when_it_ends():
    """A window, tables of hashes and some blocks are 40 MiB; without ``agent.memory`` most of that would stay."""
    program = """
from agent.lzma2_blocks import BLOCK_BYTES, BlockCompressor

def held_bytes():
    with open("/proc/self/smaps_rollup") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("Rss:"))

before = held_bytes()
compressor = BlockCompressor(1)
for _ in range(4):
    compressor.compress(bytes(BLOCK_BYTES))
compressor.flush()
print(held_bytes() - before)
"""
    told = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(told.stdout) < 16 * 2**20
