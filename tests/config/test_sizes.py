"""Sizes are a whole number and a unit, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sizes import parse_size

UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}


@given(st.integers(1, 999_999), st.sampled_from(sorted(UNITS)), st.sampled_from(["", "B", "b"]))
def test_a_size_is_its_number_times_its_unit(number, unit, byte):
    assert parse_size(f"{number}{unit}{byte}") == number * UNITS[unit]


@pytest.mark.parametrize("text", ["", "5", "M", "-1M", "1.5M", "5 M", "0M", "5T", "5MiB", "٣M", "9999999k"])
def test_everything_else_is_refused_with_how_it_is_written(text):
    with pytest.raises(ValueError, match="like 5M"):
        parse_size(text)
