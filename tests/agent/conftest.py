"""Finished bundles to deliver, and words for tickets."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.flow import Archive, Consent, Severity, TicketDraft

MADE_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., Archive]:
    """Makes a file of 7z-like bytes and the ``Archive`` that names it."""

    def make(data: bytes = b"7z\xbc\xaf\x27\x1c" + b"log line\n" * 1000) -> Archive:
        bundle_id = str(uuid.uuid4())
        file = tmp_path / f"sendlogs-{bundle_id}.7z"
        file.write_bytes(data)
        file.chmod(0o600)
        return Archive(
            bundle_id=bundle_id,
            file=file,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            made_at=MADE_AT,
            members=(),
            skipped=(),
            facts={},
            counts={},
        )

    return make


@pytest.fixture
def agree() -> Callable[[Archive], Consent]:
    """Agrees to exactly this archive."""
    return lambda archive: Consent(archive_sha256=archive.sha256, given_by="jo", how="asked", given_at=MADE_AT)


@pytest.fixture
def draft_for() -> Callable[[Archive], TicketDraft]:
    """The words of a new ticket for this archive."""

    def draft(archive: Archive) -> TicketDraft:
        return TicketDraft(
            idempotency_key=archive.bundle_id,
            subject="Cannot restore — 12 %",
            description="It stops.\n\nSince Monday.",
            severity=Severity.HIGH,
            product="Example Backup",
            computer_id="0f0e0d0c-0b0a-4908-8706-050403020100",
            operating_system="Debian GNU/Linux 12",
            account="jo@example.org",
            version="11.2.0",
            cloud=None,
        )

    return draft
