"""The time at the head of a log line, in the ways common logs write it.

All times come out as aware UTC, so that the logs of one machine share an axis. A time without a zone is taken
as this machine's local time, because that is what programs write. A time without a year (syslog, Android) is the
latest such day not after the bundle.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

# How far into a line a time may begin: log names, process names and brackets may stand before it.
HEAD_CHARACTERS = 160
# Not the calendar module's names: those follow the machine's language, logs do not.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"(?P<hour>[01]\d|2[0-3])[:.](?P<minute>[0-5]\d)[:.](?P<second>[0-5]\d)"
_ZONE = r"(?:[.,:]\d{1,9})?(?: ?(?P<zone>Z|[+-]\d\d:?\d\d)\b)?"

# First match wins, so the unmistakable ones come first.
_FORMATS = (
    # 2026-06-14T15:16:01.123+02:00, 2015-10-18 18:01:50,353, 2026/06/14 15:16:01 (nginx), 20171223-22:15:29:635
    rf"(?<!\d)(?P<year>(?:19|20)\d\d)[-/.]?(?P<month>\d\d)[-/.]?(?P<day>\d\d)[-T ]{_CLOCK}{_ZONE}",
    # 14/Jun/2026:15:16:01 +0000 (Common Log Format)
    rf"(?P<day>\d\d)/{_MONTH}/(?P<year>\d{{4}}):{_CLOCK}{_ZONE}",
    # Jun 14 15:16:01 (syslog), [Sun Dec 04 19:51:52 2005], [Sun Dec 04 19:51:52.123456 2005] (Apache)
    rf"\b{_MONTH} +(?P<day>\d{{1,2}}) {_CLOCK}(?:\.\d{{1,9}})?(?: (?P<year>(?:19|20)\d\d)\b)?",
    # [06.14.26 15:16:01.123 (month first, as CrashPlan's service log writes it)
    rf"^\[(?P<month>\d\d)\.(?P<day>\d\d)\.(?P<year>\d\d) {_CLOCK}",
    # 17/06/09 20:10:41 (Spark), 081111 062628 (HDFS)
    rf"^(?P<year>\d\d)/(?P<month>\d\d)/(?P<day>\d\d) {_CLOCK}",
    r"^(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d) (?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)\b",
    # 03-17 16:13:38.859 (Android), [10.30 16:49:07]
    rf"^\[?(?P<month>\d\d)[-.](?P<day>\d\d) {_CLOCK}",
    # 1117838570, 1718370961.123, 1718370961123 at the head of a line or as a JSON time field
    r"(?:^(?:- )?\[?|\"(?:ts|time|timestamp|@timestamp)\":\s?\"?)(?P<epoch>1\d{9})(?P<millis>\d{3})?(?:\.\d{1,9})?\b",
)
_COMPILED = tuple(re.compile(form) for form in _FORMATS)
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_CLOCKS_MAY_BE_OFF = timedelta(days=2)


def time_reader(made_at: datetime) -> Callable[[str], datetime | None]:
    """A function from a line to its time. Later than ``made_at`` (by more than clocks err) is no time."""
    latest = made_at + _CLOCKS_MAY_BE_OFF
    order = list(_COMPILED)

    def read(line: str) -> datetime | None:
        text = line[:HEAD_CHARACTERS]
        for position, form in enumerate(order):
            match = form.search(text)
            moment = _moment(match.groupdict(), latest) if match else None
            if moment is not None and _EARLIEST <= moment <= latest:
                if position:  # the next line is most likely of the same log
                    order.insert(0, order.pop(position))
                return moment
        return None

    return read


def _moment(parts: dict[str, str | None], latest: datetime) -> datetime | None:
    try:
        if parts.get("epoch"):
            return datetime.fromtimestamp(int(parts["epoch"] or 0), UTC)
        return _calendar_moment(parts, latest)
    except (ValueError, OverflowError, OSError):  # the 31st of February; a date the C library refuses
        return None


def _calendar_moment(parts: dict[str, str | None], latest: datetime) -> datetime:
    month_text = parts["month"] or ""
    month = _MONTH_NUMBERS.get(month_text) or int(month_text)
    day, hour = int(parts["day"] or 0), int(parts["hour"] or 0)
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    year_text = parts.get("year")
    year = int(year_text) if year_text else latest.year
    if year < 100:
        year += 2000
    # Without a zone on purpose: the next function knows which.
    moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - see the line above
    in_utc = _in_utc(moment, parts.get("zone"))
    if year_text is None and in_utc > latest:
        return _in_utc(moment.replace(year=year - 1), parts.get("zone"))
    return in_utc


def _in_utc(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        return moment.astimezone(UTC)  # a naive time counts as local here
    if zone == "Z":
        return moment.replace(tzinfo=UTC)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset)).astimezone(UTC)
