"""Entries and receipts as files: what was written is what is read, and nothing else is ever read."""

import contextlib
import dataclasses
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.delivery_records import (
    DamagedRecord,
    Dropped,
    Entry,
    dropped_from_json,
    dropped_to_json,
    entry_from_json,
    entry_to_json,
    receipt_from_json,
    receipt_to_json,
)
from agent.flow import Archive, Consent, Receipt, Severity, TicketDraft
from agent.sealed_archive import SealedArchive

FOLDER, KEY_FILE = Path("/outbox/entry"), Path("/outbox-key")
MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=10))]))
TEXTS = st.text()  # also lone surrogates, as a terminal with broken UTF-8 gives them
CONSENTS = st.builds(
    Consent,
    archive_sha256=TEXTS,
    given_by=TEXTS,
    how=st.sampled_from(["asked", "flag", "notified", "policy"]),
    given_at=MOMENTS,
)
DRAFTS = st.builds(
    TicketDraft,
    **{field.name: TEXTS for field in dataclasses.fields(TicketDraft) if field.name not in ("severity", "cloud")},
    severity=st.sampled_from(Severity),
    cloud=st.none() | st.booleans(),
)
ARCHIVES = st.builds(
    SealedArchive,
    key_file=st.just(KEY_FILE),
    bundle_id=TEXTS,
    file=st.just(FOLDER / "archive.sealed"),
    size_bytes=st.integers(0),
    sha256=TEXTS,
    made_at=MOMENTS,
    members=st.just(()),
    skipped=st.just(()),
    facts=st.just({}),
    counts=st.just({}),
    volume_bytes=st.none() | st.integers(1),
)
ENTRIES = st.builds(
    Entry,
    archive=ARCHIVES,
    consent=CONSENTS,
    endpoint=TEXTS,
    pseudonym_scope=TEXTS,
    draft=st.none() | DRAFTS,
    ticket=st.none() | TEXTS,
    queued_at=MOMENTS,
    attempts=st.integers(0),
    last_error=st.none() | TEXTS,
    quarantined=st.none() | TEXTS,
    seen_at=st.none() | MOMENTS,
    wait_seconds=st.floats(0, 10**6),
    asked_to_wait=st.booleans(),
    waited_seconds=st.floats(0, 10**6),
)
DROPPED = st.builds(
    Dropped,
    **dict.fromkeys(("bundle_id", "endpoint", "sha256", "reason"), TEXTS),
    **dict.fromkeys(("queued_at", "dropped_at"), MOMENTS),
    **dict.fromkeys(("size_bytes", "attempts"), st.integers(0)),
    ticket=st.none() | TEXTS,
)
RECEIPTS = st.builds(
    Receipt,
    **dict.fromkeys(("bundle_id", "endpoint", "ticket", "link", "sha256", "pseudonym_scope"), TEXTS),
    size_bytes=st.integers(0),
    delivered_at=MOMENTS,
    consent=CONSENTS,
)


def waiting(archive: Archive, consent: Consent) -> Entry:
    return Entry(
        archive=archive,
        consent=consent,
        endpoint="folder:/x",
        pseudonym_scope="s",
        draft=None,
        ticket="7",
        queued_at=datetime.now(UTC),
    )


@given(entry=ENTRIES)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert entry_from_json(entry_to_json(entry), FOLDER, KEY_FILE) == entry


@given(receipt=RECEIPTS)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert receipt_from_json(receipt_to_json(receipt)) == receipt


@given(dropped=DROPPED)
def test_a_record_of_what_was_given_up_comes_back_as_it_was(dropped: Dropped) -> None:
    assert dropped_from_json(dropped_to_json(dropped)) == dropped


def test_an_entry_of_an_older_program_is_read(
    tmp_path: Path, make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent]
) -> None:
    """It knows nothing of waits, and its archive lies there as it is."""
    archive = make_archive()
    entry = waiting(archive, agree(archive))
    raw = json.loads(entry_to_json(entry))
    for name in ("seen_at", "wait_seconds", "asked_to_wait", "waited_seconds"):
        del raw[name]
    archive.file.rename(tmp_path / "archive.7z")
    read = entry_from_json(json.dumps(raw).encode(), tmp_path, KEY_FILE)
    assert read == dataclasses.replace(entry, archive=dataclasses.replace(archive, file=tmp_path / "archive.7z"))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"format": 2}', b"[" * 100_000])
def test_what_is_no_record_is_damaged(data: bytes) -> None:
    with pytest.raises(DamagedRecord):
        entry_from_json(data, Path("/x"), KEY_FILE)
    with pytest.raises(DamagedRecord):
        receipt_from_json(data)
    with pytest.raises(DamagedRecord):
        dropped_from_json(data)


WRONG = [None, True, 3.5, -1, "noon", "2026-11-20T12:00:00", [], {}, {"format": 1}]


@pytest.mark.parametrize("wrong", WRONG)
@given(data=st.data())
def test_a_wrong_value_anywhere_is_damage_and_nothing_else(data: st.DataObject, wrong: object) -> None:
    """Whatever stands in any field, reading gives an entry or says that the file is damaged."""
    raw = json.loads(entry_to_json(data.draw(ENTRIES)))
    holders = [raw, raw["archive"], raw["consent"], *([raw["draft"]] if raw["draft"] else [])]
    holder = data.draw(st.sampled_from(holders))
    holder[data.draw(st.sampled_from(sorted(holder)))] = wrong
    with contextlib.suppress(DamagedRecord):
        assert isinstance(entry_from_json(json.dumps(raw).encode(), Path("/x"), KEY_FILE), Entry)


@pytest.mark.parametrize("missing", ["archive", "consent", "endpoint", "queued_at", "attempts"])
def test_a_missing_field_is_named(
    make_archive: Callable[..., Archive], agree: Callable[[Archive], Consent], missing: str
) -> None:
    archive = make_archive()
    entry = waiting(archive, agree(archive))
    raw = json.loads(entry_to_json(entry))
    del raw[missing]
    with pytest.raises(DamagedRecord, match=missing):
        entry_from_json(json.dumps(raw).encode(), archive.file.parent, KEY_FILE)
