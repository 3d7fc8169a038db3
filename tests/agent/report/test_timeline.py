"""The picture of when it went wrong is well-formed, shares one axis, and holds no script."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from agent.report.log_trouble import LogTrouble
from agent.report.timeline import draw

START = datetime(2026, 6, 14, 12, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def log(name, *minutes, level="error"):
    trouble = LogTrouble(name, begins_at=START, ends_at=START + timedelta(days=1))
    for minute in minutes:
        trouble.count(level, int(START.timestamp()) + 60 * minute)
    return trouble


def drawn(*troubles):
    return ET.fromstring(draw(troubles).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def bars(picture, kind):
    return [bar for bar in picture.iter(f"{SVG}rect") if bar.get("class") == kind]


def test_without_a_dated_trouble_there_is_no_picture():
    assert draw([LogTrouble("a")]) == ""


def test_equal_times_of_two_logs_stand_below_each_other():
    left, right = bars(drawn(log("a", 0, 100), log("b", 100)), "is-error")[0::2]
    first = [bar.get("x") for bar in bars(drawn(log("a", 0, 100), log("b", 100)), "is-error")]
    assert first[1] == first[2]
    assert left.get("y") != right.get("y")


def test_errors_and_warnings_are_told_apart_and_described_for_those_who_see_no_picture():
    picture = drawn(log("a", 1), log("b", 2, 3, level="warning"))
    assert len(bars(picture, "is-error")) == 1
    assert len(bars(picture, "is-warning")) == 2
    assert picture.get("aria-label", "").startswith("1 errors and 2 warnings in 2 logs from 2026-06-14 12:01:00 UTC")


def test_names_are_escaped_and_long_ones_cut_at_the_front():
    picture = drawn(log("logs/<script>" + "x" * 80 + "/end.log", 1))
    assert not list(picture.iter(f"{SVG}script"))
    assert next(picture.iter(f"{SVG}text")).text or ""


@pytest.mark.parametrize("minutes", [0, 1, 60, 60 * 24, 60 * 24 * 365, 60 * 24 * 365 * 20])
def test_every_span_of_time_gets_a_handful_of_ticks(minutes):
    texts = [
        text.text for text in drawn(log("a", 0, minutes)).iter(f"{SVG}text") if text.get("text-anchor") == "middle"
    ]
    assert 1 <= len(texts) <= 8
    assert len(set(texts)) == len(texts)


def test_more_logs_than_one_can_look_at_are_not_drawn():
    assert draw([log(f"log-{number}", number) for number in range(40)]).count('class="name"') == 14
