"""Consent names the exact archive and who gave it."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent import consent
from agent.flow import Archive

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ARCHIVE = Archive(
    bundle_id="b",
    file=Path("b.7z"),
    size_bytes=1,
    sha256="ab" * 32,
    made_at=NOW,
    members=(),
    skipped=(),
    facts={},
    counts={},
)


@pytest.mark.parametrize("how", ["asked", "flag", "notified", "policy"])
def test_the_record_holds_the_hash_of_what_was_shown(how):
    """What was agreed to is named by its hash; a policy has no log-in name."""
    record = consent.given(ARCHIVE, how, NOW)
    assert record.archive_sha256 == ARCHIVE.sha256
    assert record.given_by == ("policy" if how in ("notified", "policy") else consent.person())
    assert dataclasses.is_dataclass(record)


def test_a_machine_without_a_user_database_still_answers(monkeypatch):
    """A container may know no name for its user."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(KeyError("uid not found")))
    assert consent.person() == "unknown"
