"""Refusals in the audit are bounded, told to the last one, and never in the way of the refusal itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent import audit
from agent.remote import refusal_lines
from agent.remote.refusals import Reason, Refused

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
REFUSED = Refused(Reason.UNSIGNED, "It is not signed.")


def write(state, now=NOW, times=1):
    for _ in range(times):
        took = refusal_lines.write(state, "request-refused", "a request", REFUSED, now=now)
    return took


def test_a_refusal_is_a_line(tmp_path) -> None:
    assert write(tmp_path)
    (entry,) = audit.entries(tmp_path)
    assert (entry.what, entry.about, entry.detail) == ("request-refused", "a request", "unsigned: It is not signed.")
    assert entry.at == "2026-11-26T09:00:00Z"


def test_what_has_no_line_of_its_own_is_counted(tmp_path) -> None:
    write(tmp_path, times=refusal_lines.MOST_A_DAY + 7)
    assert len(audit.entries(tmp_path)) == refusal_lines.MOST_A_DAY
    write(tmp_path, NOW + timedelta(hours=24))
    assert audit.entries(tmp_path)[-2].detail == "7 more since 2026-11-26T09:00:00Z have no line of their own"
    assert audit.entries(tmp_path)[-1].detail == "unsigned: It is not signed."


def test_a_day_without_a_flood_has_no_such_line(tmp_path) -> None:
    write(tmp_path, times=2)
    write(tmp_path, NOW + timedelta(hours=30))
    assert {entry.what for entry in audit.entries(tmp_path)} == {"request-refused"}


def test_a_clock_that_was_set_back_begins_another_day(tmp_path) -> None:
    write(tmp_path, times=refusal_lines.MOST_A_DAY)
    write(tmp_path, NOW - timedelta(hours=1))
    assert len(audit.entries(tmp_path)) == refusal_lines.MOST_A_DAY + 1


@pytest.mark.parametrize("content", [b"", b"{}", b'{"began": "x", "count": 1}', b'{"began": 1, "count": "x"}'])
def test_a_damaged_count_begins_another_day(tmp_path, content) -> None:
    write(tmp_path)
    (tmp_path / "remote" / "refusals.json").write_bytes(content)
    write(tmp_path)
    assert len(audit.entries(tmp_path)) == 2


def test_a_disk_that_takes_nothing_is_no_error(tmp_path) -> None:
    (tmp_path / "remote").write_text("a file in its place")
    assert not write(tmp_path)
    assert audit.entries(tmp_path) == []
