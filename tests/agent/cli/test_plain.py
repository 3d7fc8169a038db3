"""Values become plain JSON, and no text of a machine can steer the terminal."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cli.plain import jsonable, printable, size, within
from agent.flow import Consent, Severity
from collectors import RequestItem, Skipped


def test_detectors_every_kind_of_value_has_a_json_form():
    at = datetime(2026, 3, 4, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    consent = Consent(archive_sha256="00", given_by="jo", how="asked", given_at=at)
    plain = jsonable({"consent": consent, RequestItem.LOGS: (Severity.HIGH, Path("/x"), None, True, 1.5), 7: {"a"}})
    assert json.loads(json.dumps(plain)) == {
        "consent": {"archive_sha256": "00", "given_by": "jo", "how": "asked", "given_at": "2026-03-04T10:00:00Z"},
        "logs": [2, str(Path("/x")), None, True, 1.5],
        "7": ["a"],
    }


def test_a_value_inside_a_value_keeps_its_shape():
    assert jsonable([Skipped(path="a", reason="b")]) == [{"path": "a", "reason": "b", "cause": "other"}]


@given(st.text())
def test_nothing_that_is_shown_can_steer_a_terminal(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {c for c in shown if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"}


def test_a_name_cannot_be_turned_round():
    assert printable("a\u202egpj.exe") == "a\ufffdgpj.exe"


@pytest.mark.parametrize(
    ("size_bytes", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (3_400_000, "3.4 MB"), (52 * 10**9, "52.0 GB")],
)
def test_sizes_are_told_as_disks_are_sold(size_bytes, told):
    assert size(size_bytes) == told


def test_a_name_in_a_sentence_begins_as_a_word_of_it_only_where_it_is_one():
    assert within("This computer") == "this computer"
    assert [within(name) for name in ("Thistle", "nginx", "Example Backup")] == ["Thistle", "nginx", "Example Backup"]
