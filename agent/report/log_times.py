"""The time at the head of a log line, in the ways common logs write it.

All times come out as aware UTC, so that the logs of one machine share an axis. A time without a zone is taken
as this machine's local time, because that is what programs write. A time without a year (syslog, Android) is the
latest such day not after the bundle.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

# How far into a line a time may begin: log names, process names and brackets may stand before it.
HEAD_CHARACTERS = 160
# Not the calendar module's names: those follow the machine's language, logs do not.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"([01]\d|2[0-3])[:.]([0-5]\d)[:.]([0-5]\d)"
_NONE = "((?!))?"  # a group that takes no part, for what a format has not
_ZONE = r"(?:[.,:]\d{1,9})?(?: ?(Z|[+-]\d\d:?\d\d)\b)?"

# What comes before the day, the day, and what comes after: hour, minute, second, zone, year, each a group.
# First match wins, so the unmistakable ones come first.
_FORMATS = (
    # 2026-06-14T15:16:01.123+02:00, 2015-10-18 18:01:50,353, 2026/06/14 15:16:01 (nginx), 20171223-22:15:29:635
    (
        r"(?<!\d)",
        r"(?P<year>(?:19|20)\d\d)[-/.]?(?P<month>\d\d)[-/.]?(?P<day>\d\d)",
        rf"[-T ]{_CLOCK}{_ZONE}{_NONE}",
    ),
    # 14/Jun/2026:15:16:01 +0000 (Common Log Format)
    ("", rf"(?P<day>\d\d)/{_MONTH}/(?P<year>\d{{4}})", rf":{_CLOCK}{_ZONE}{_NONE}"),
    # Jun 14 15:16:01 (syslog), [Sun Dec 04 19:51:52 2005], [Sun Dec 04 19:51:52.123456 2005] (Apache)
    (r"\b", rf"{_MONTH} +(?P<day>\d{{1,2}})", rf" {_CLOCK}(?:\.\d{{1,9}})?{_NONE}(?: ((?:19|20)\d\d)\b)?"),
    # [06.14.26 15:16:01.123 (month first, as CrashPlan's service log writes it)
    (r"^\[", r"(?P<month>\d\d)\.(?P<day>\d\d)\.(?P<year>\d\d)", f" {_CLOCK}{_NONE}{_NONE}"),
    # 17/06/09 20:10:41 (Spark), 081111 062628 (HDFS)
    ("^", r"(?P<year>\d\d)/(?P<month>\d\d)/(?P<day>\d\d)", f" {_CLOCK}{_NONE}{_NONE}"),
    (
        "^",
        r"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)",
        rf" ([01]\d|2[0-3])([0-5]\d)([0-5]\d)\b{_NONE}{_NONE}",
    ),
    # 03-17 16:13:38.859 (Android), [10.30 16:49:07]
    (r"^\[?", r"(?P<month>\d\d)[-.](?P<day>\d\d)", f" {_CLOCK}{_NONE}{_NONE}"),
)
# 1117838570, 1718370961.123, 1718370961123 at the head of a line or as a JSON time field
_EPOCH = re.compile(
    r"(?:^(?:- )?\[?|\"(?:ts|time|timestamp|@timestamp)\":\s?\"?)(1\d{9})(?:\d{3})?(?:\.\d{1,9})?\b",
)
_COMPILED = tuple(
    (re.compile(f"{before}({re.sub('P<[a-z]+>', ':', day)}){after}"), re.compile(day))
    for before, day, after in _FORMATS
)
_DIGITS = re.compile(r"\d\d[:.]?\d\d")  # every format has some; without them one look is enough
_EARLIEST = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())
_CLOCKS_MAY_BE_OFF = timedelta(days=2)
_DAY_SECONDS = 24 * 60 * 60
_KEPT_DAYS = 512

_Find = Callable[[str], re.Match[str] | None]
_SecondsOf = Callable[[re.Match[str]], int | None]


def time_reader(made_at: datetime) -> Callable[[str], int | None]:
    """A function from a line to its epoch seconds. Later than ``made_at`` (by more than clocks err) is no time."""
    latest = made_at + _CLOCKS_MAY_BE_OFF
    latest_seconds = latest.timestamp()
    order: list[tuple[_Find, _SecondsOf]] = [(form.search, _calendar(day, latest)) for form, day in _COMPILED]
    order.append((_EPOCH.search, lambda match: int(match[1])))

    def read(line: str) -> int | None:
        text = line[:HEAD_CHARACTERS]
        for position, (find, seconds_of) in enumerate(order):
            match = find(text)
            if match is None:
                if position or _DIGITS.search(text):
                    continue
                return None
            seconds = seconds_of(match)
            if seconds is not None and _EARLIEST <= seconds <= latest_seconds:
                if position:  # the next line is most likely of the same log
                    order.insert(0, order.pop(position))
                return seconds
        return None

    return read


def _calendar(day_form: re.Pattern[str], latest: datetime) -> _SecondsOf:
    """A function from a match to its epoch seconds. It remembers when days began, for most lines are of a few days."""

    def seconds(day: str, zone: str | None, year: str | None, *clock: str) -> int | None:
        parts = day_form.fullmatch(day)
        assert parts is not None
        try:
            return int(_moment({"year": year, **parts.groupdict()}, zone, *map(int, clock), latest=latest).timestamp())
        except (ValueError, OverflowError, OSError):  # the 31st of February; a date the C library refuses
            return None

    @lru_cache(_KEPT_DAYS)
    def midnight(day: str, zone: str | None, year: str | None) -> int | None:
        """None if the clock is put forward or back that day, if its year depends on the hour, or if there is none."""
        first, last = seconds(day, zone, year, "0", "0", "0"), seconds(day, zone, year, "23", "59", "59")
        return first if first is not None and last == first + _DAY_SECONDS - 1 else None

    def seconds_of(match: re.Match[str]) -> int | None:
        day, hour, minute, second, zone, year = match.groups()
        begun = midnight(day, zone, year)
        if begun is None:
            return seconds(day, zone, year, hour, minute, second)
        return begun + int(hour) * 3600 + int(minute) * 60 + int(second)

    return seconds_of


def _moment(
    parts: dict[str, str | None], zone: str | None, hour: int, minute: int, second: int, *, latest: datetime
) -> datetime:
    month_text, year_text = parts["month"] or "", parts["year"]
    month = _MONTH_NUMBERS.get(month_text) or int(month_text)
    year = int(year_text) if year_text else latest.year
    if year < 100:
        year += 2000
    # Without a zone on purpose: the next function knows which.
    moment = datetime(year, month, int(parts["day"] or 0), hour, minute, second)  # noqa: DTZ001 - see the line above
    in_utc = _in_utc(moment, zone)
    if year_text is None and in_utc > latest:
        return _in_utc(moment.replace(year=year - 1), zone)
    return in_utc


def _in_utc(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        return moment.astimezone(UTC)  # a naive time counts as local here
    if zone == "Z":
        return moment.replace(tzinfo=UTC)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)).astimezone(UTC)
