import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.replaced_lines import MAX_LINES, ReplacedLines


@given(st.sets(st.integers(1, 200), min_size=1))
def test_what_was_written_is_read_again_up_to_the_bound(lines):
    told = ReplacedLines.of(lines)
    assert told.lines == tuple(sorted(lines)[:MAX_LINES])
    assert told.more == max(len(lines) - MAX_LINES, 0)


def test_neighbours_are_a_range():
    assert ReplacedLines.of([40, 3, 7, 8, 9, 8]).ranges == "3,7-9,40"


def test_two_passes_are_joined():
    assert ReplacedLines.of([1, 2], 3).joined(ReplacedLines.of([2, 3], 4)) == ReplacedLines(ranges="1-3", more=7)


@pytest.mark.parametrize("ranges", ["", "x", "1-2-3", "1-999999999999", "1-30,40-90"])
def test_what_is_no_list_of_ours_is_refused(ranges):
    with pytest.raises(ValueError, match=r"invalid literal|more lines"):
        assert ReplacedLines(ranges=ranges).lines
