"""Cells cover a log, bursts of errors stand out of them, and a log written from some of them says what is missing."""

import hashlib
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.log_cells import cells_of, unusual, write_cells

CELL_BYTES = 4096
CUT = re.compile(rb"\[sendlogs: lines? (\d+)(?: to (\d+))? left out here, (\d+) bytes, to fit the size limit\]\n")


def quiet(count, first=0):
    return b"".join(b"2026-01-01 INFO request %06d served in 3 ms\n" % number for number in range(first, first + count))


def cells(data):
    return cells_of(io.BytesIO(data), CELL_BYTES)


@given(st.lists(st.sampled_from([b"a\n", b"\n", b"x" * 5000, b"ERROR b\n", "ü".encode() * 3000, b"w " * 900])))
def test_the_cells_cover_the_log_and_know_their_lines(parts):
    data = b"".join(parts)
    position = 0
    for cell in cells(data):
        assert cell.line == data.count(b"\n", 0, position) + 1
        position += cell.size_bytes
        assert position == len(data) or data[position] & 0xC0 != 0x80
        assert 0 < cell.size_bytes < 2 * CELL_BYTES
    assert position == len(data)


def test_a_burst_stands_out_of_a_log_that_is_full_of_errors():
    noise = b"".join(quiet(20, n) + b"ERROR retry\n" for n in range(800))
    burst = b"ERROR disk gone\n" * 40
    found = cells(noise[:300_000] + burst + noise[300_000:])
    scores = unusual(found)
    worst = scores.index(max(scores))
    before = sum(cell.size_bytes for cell in found[:worst])
    assert before <= 300_000 + len(burst)
    assert before + found[worst].size_bytes > 300_000


@pytest.mark.parametrize(
    "line",
    [b"kernel: app[3]: segfault at 0 ip 0\n", b"FATAL x\n", b"Traceback (most recent call last)\n", b"ERROR x\n"],
)
def test_one_error_or_crash_stands_out_of_a_quiet_log(line):
    scores = unusual(cells(quiet(1000) + line + quiet(1000)))
    assert [score >= 1 for score in scores].count(True) == 1
    assert unusual(cells(quiet(2000))) == [0.0] * len(scores)


@pytest.mark.parametrize("ending", [b"", b"\n"])
@given(chosen=st.sets(st.integers(0, 12)), long_line=st.booleans())
def test_what_is_kept_is_there_in_order_and_what_is_not_is_told(chosen, long_line, ending, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    data = quiet(400) + (b"y" * 30_000 if long_line else b"") + quiet(400, 400).rstrip(b"\n") + ending
    (folder / "log").write_bytes(data)
    found = cells(data)
    cut = write_cells(folder / "log", folder / "cut", found, chosen)
    written = (folder / "cut").read_bytes()
    assert (cut.size_bytes, cut.sha256) == (len(written), hashlib.sha256(written).hexdigest())
    position, kept, left = 0, [], 0
    for number, cell in enumerate(found):
        piece = data[position : position + cell.size_bytes]
        position += cell.size_bytes
        kept += [piece] if number in chosen else []
        left += 0 if number in chosen else len(piece)
    assert CUT.sub(b"", written).replace(b"\n", b"") == b"".join(kept).replace(b"\n", b"")
    assert sum(int(size) for *_, size in CUT.findall(written)) == left
    before, after = data.split(b"\n"), written.split(b"\n")
    for first_before, first_after, count in cut.lines:  # the first line of a stretch may be the end of a long one
        assert before[first_before : first_before + count - 2] == after[first_after : first_after + count - 2]


def test_wide_text_is_written_as_utf_8(tmp_path):
    (tmp_path / "log").write_bytes(quiet(1000).decode().encode("utf-16"))
    with (tmp_path / "log").open("rb") as source:
        found = cells_of(source, CELL_BYTES)
    write_cells(tmp_path / "log", tmp_path / "cut", found, set(range(1, len(found))))
    assert (tmp_path / "cut").read_bytes().endswith(quiet(1, 999))
