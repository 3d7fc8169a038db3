"""Durations are a whole number and a unit, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.durations import parse_duration

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@given(st.integers(1, 999_999), st.sampled_from(sorted(UNITS)))
def test_a_duration_is_its_number_times_its_unit(number, unit):
    assert parse_duration(f"{number}{unit}") == number * UNITS[unit]


def test_capitals_and_spaces_around_do_not_matter():
    assert parse_duration(" 24H ") == 86400


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "1h30m", "24 h", "0d", "1y", "٣d", "9999999d"])
def test_everything_else_is_refused_with_how_it_is_written(text):
    with pytest.raises(ValueError, match="like 24h"):
        parse_duration(text)
