"""Finished bundles to deliver, words for tickets, and what a bundle is packed from."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.archive import RulesetInfo, pack
from agent.events import ignore_progress
from agent.flow import (
    Answer,
    Archive,
    Consent,
    ExistingTicket,
    Front,
    Plan,
    Redacted,
    Request,
    Severity,
    Step,
    TicketDraft,
)
from agent.signature import SigningKey
from collectors import Limits, Origin, RequestItem, Sensitivity

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


LOGS_STEP = Step(
    collector="application_logs",
    title="Application logs",
    gathers="The logs.",
    sensitivity=Sensitivity.PERSONAL,
    options={},
    limits=Limits(),
)


@pytest.fixture
def bundle_plan() -> Plan:
    """A plan for ticket 17 that asks the person for all nine items, and knows two of them."""
    known = {RequestItem.PRODUCT: "Example Backup", RequestItem.DESCRIPTION: "It stops at noon, says jo."}
    request = Request(
        front=Front.CLI,
        profile="example",
        ticket=ExistingTicket(number="17"),
        requested_by="jo",
        asked_at=MADE_AT,
        reason="told to by jo",
        description="It stops at noon, says jo.",
        severity=Severity.HIGH,
        since_seconds=86400.0,
    )
    return Plan(
        bundle_id="0b0e7c9e-3f0a-4c55-9d0e-0f6d3f1f2a11",
        made_at=MADE_AT,
        request=request,
        product="Example Backup",
        steps=(LOGS_STEP,),
        skipped=(),
        answers=tuple(
            Answer(item=item, title=item.value, source="asked", value=known.get(item)) for item in RequestItem
        ),
        computer_id="3c0d7a52-8f5b-4c55-9d0e-0f6d3f1f2a11",
        not_before=None,
        deadline_seconds=300,
        limit_bytes=50 * 2**20,
        keep_hosts=(),
        endpoint=None,
        consent="ask",
        agent_version="0.1.0",
    )


@pytest.fixture
def redacted_file(tmp_path: Path) -> Callable[..., Redacted]:
    """Puts bytes where redaction would, and makes the ``Redacted`` that names them."""
    folder = tmp_path / "redacted"
    folder.mkdir(mode=0o700)

    def make(
        path: str, data: bytes, *, counts: Mapping[str, int] | None = None, truncated: str | None = None
    ) -> Redacted:
        file = folder / uuid.uuid4().hex
        file.write_bytes(data)
        file.chmod(0o600)
        return Redacted(
            path=path,
            file=file,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            media_type="text/plain",
            origin=Origin(source=f"/var/log/{path}", owner="root", mode="0640", modified_at=MADE_AT),
            counts=counts or {},
            truncated=truncated,
        )

    return make


@pytest.fixture
def packed(bundle_plan: Plan, redacted_file: Callable[..., Redacted], tmp_path: Path) -> Callable[..., Path]:
    """Packs a bundle with these members (name → bytes), signed if there is a key, and returns where it lies."""

    def make(members: Mapping[str, bytes], name: str = "bundle.7z", key: SigningKey | None = None) -> Path:
        items = [redacted_file(path, data) for path, data in members.items()]
        ruleset = RulesetInfo(version=1, families=("credentials",))
        made = pack(items, bundle_plan, ruleset, tmp_path / name, ignore_progress, redact_text=str, signing_key=key)
        return made.file

    return make
