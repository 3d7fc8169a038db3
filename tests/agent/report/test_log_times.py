"""The times of log lines, as the programs that write them spell them."""

import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.log_times import time_reader

MADE_AT = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
JUNE_14 = datetime(2026, 6, 14, 15, 16, 1, tzinfo=UTC)


def time_of(line, made_at=MADE_AT):
    return moment(time_reader(made_at), line)


def moment(read, line):
    seconds = read(line)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@pytest.fixture(autouse=True)
def _machine_in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    yield
    monkeypatch.undo()
    if hasattr(time, "tzset"):
        time.tzset()


@pytest.mark.parametrize(
    "line",
    [
        "2026-06-14T15:16:01Z x",
        "2026-06-14T15:16:01.123456789+00:00 x",
        "2026-06-14T17:16:01+02:00 x",
        "2026-06-14T10:46:01-0430 x",
        "2026-06-14 15:16:01,123 INFO x",
        "2026-06-14 15:16:01.123 UTC [17] LOG: x",
        "2026/06/14 15:16:01 [error] 17#17: *1 x",
        '203.0.113.7 - - [14/Jun/2026:17:16:01 +0200] "GET / HTTP/1.1" 500 1',
        "Jun 14 15:16:01 host app[1]: x",
        "[Sun Jun 14 15:16:01 2026] [error] x",
        "[Sun Jun 14 15:16:01.123456 2026] [core:error] x",
        "[06.14.26 15:16:01.123 INFO  main] x",
        "26/06/14 15:16:01 INFO x",
        "260614 151601 35 INFO x",
        "06-14 15:16:01.859  2227  2227 D x",
        "[06.14 15:16:01] x",
        "20260614-15:16:01:635|x",
        "- 1781450161 2026.06.14 x",
        "1781450161.123 x",
        "1781450161123 x",
        '{"level":"error","ts":1781450161.12,"msg":"x"}',
        '{"time":"2026-06-14T15:16:01Z","msg":"x"}',
    ],
)
def test_each_common_format_is_read(line):
    assert time_of(line) == JUNE_14


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no time here",
        "2026-13-45 15:16:01 x",
        "2026-02-31 15:16:01",
        "1234",
        "version 2.6.5-1.358",
        "2031-06-14 15:16:01",
    ],
)
def test_what_is_no_time_or_lies_in_the_future_is_none(line):
    assert time_of(line) is None


def test_a_time_without_a_year_is_the_latest_one_not_after_the_bundle():
    assert time_of("Dec 31 23:59:59 host x") == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a Windows process cannot be set")
def test_a_time_without_a_zone_is_local(monkeypatch):
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    assert time_of("2026-06-14 10:16:01 x") == JUNE_14
    assert os.environ["TZ"] == "America/Chicago"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a Windows process cannot be set")
def test_hours_of_a_day_whose_clock_is_put_forward_are_told_apart(monkeypatch):
    """When a day began is kept, and says nothing about the hours of such a day."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    read = time_reader(MADE_AT)
    hours = {"2026-03-28 12": (28, 11), "2026-03-29 00": (28, 23), "2026-03-29 01": (29, 0), "2026-03-29 12": (29, 10)}
    for _ in range(2):
        for hour, (day, utc_hour) in hours.items():
            assert moment(read, f"{hour}:16:01 x") == datetime(2026, 3, day, utc_hour, 16, 1, tzinfo=UTC)


def test_the_year_of_a_day_may_depend_on_the_hour():
    """Two days after the bundle at noon is the last time there can be."""
    read = time_reader(MADE_AT)
    for _ in range(2):
        assert moment(read, "Jun 22 11:59:59 host x") == datetime(2026, 6, 22, 11, 59, 59, tzinfo=UTC)
        assert moment(read, "Jun 22 12:00:01 host x") == datetime(2025, 6, 22, 12, 0, 1, tzinfo=UTC)


def test_one_day_in_several_zones_begins_several_times():
    read = time_reader(MADE_AT)
    for zone, hour in (("Z", 17), ("+02:00", 15), ("-0430", 21), ("Z", 17)):
        minute = 46 if zone == "-0430" else 16
        assert moment(read, f"2026-06-14T17:16:01{zone} x") == datetime(2026, 6, 14, hour, minute, 1, tzinfo=UTC)


def test_more_days_than_are_kept_are_read():
    read = time_reader(MADE_AT)
    for _ in range(2):
        for back in range(0, 7000, 7):
            at = JUNE_14 - timedelta(days=back)
            assert moment(read, f"{at:%Y-%m-%d %H:%M:%S}") == at


def test_formats_may_change_from_line_to_line():
    read = time_reader(MADE_AT)
    for line in ("1781450161 x", "no digits", "260614 151601 35 x", "1234 x", "2026-06-14 15:16:01", "1781450161 x"):
        assert moment(read, line) == (None if line in {"no digits", "1234 x"} else JUNE_14)


@given(st.text(max_size=200))
def test_no_line_ends_in_an_error(line):
    time_of(line)
