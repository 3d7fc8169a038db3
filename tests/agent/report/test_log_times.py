"""The times of log lines, as the programs that write them spell them."""

import os
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.log_times import time_reader

MADE_AT = datetime(2026, 6, 20, 12, 0, tzinfo=UTC)
JUNE_14 = datetime(2026, 6, 14, 15, 16, 1, tzinfo=UTC)


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
    assert time_reader(MADE_AT)(line) == JUNE_14


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
    assert time_reader(MADE_AT)(line) is None


def test_a_time_without_a_year_is_the_latest_one_not_after_the_bundle():
    assert time_reader(MADE_AT)("Dec 31 23:59:59 host x") == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a Windows process cannot be set")
def test_a_time_without_a_zone_is_local(monkeypatch):
    monkeypatch.setenv("TZ", "America/Chicago")
    time.tzset()
    assert time_reader(MADE_AT)("2026-06-14 10:16:01 x") == JUNE_14
    assert os.environ["TZ"] == "America/Chicago"


@given(st.text(max_size=200))
def test_no_line_ends_in_an_error(line):
    time_reader(MADE_AT)(line)
