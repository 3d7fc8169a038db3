"""The proof itself: an endpoint that opens a second ticket after a lost answer is found out."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.endpoints.zammad import ZammadEndpoint
from agent.errors import EndpointError
from agent.flow import Archive, Consent, Severity, TicketDraft
from tests.vendors.faults import FAULTS, deliver_through
from tests.vendors.zammad import OURS, Zammad


def test_every_fault_has_a_name():
    assert {"cut before", "cut after", "stall", "truncate", "429", "503", "html", "nginx 413"} <= set(FAULTS)


def test_an_endpoint_that_does_not_look_first_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data, file, bundle_id, now = b"7z" * 1000, tmp_path / "bundle", str(uuid.uuid4()), datetime.now(UTC)
    file.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    archive = Archive(
        bundle_id=bundle_id, file=file, size_bytes=len(data), sha256=sha256, made_at=now,
        members=(), skipped=(), facts={}, counts={},
    )  # fmt: skip
    draft = TicketDraft(
        idempotency_key=bundle_id, subject="s", description="d", severity=Severity.LOW, product="p", computer_id="c",
        operating_system="o", account="a", version="1", cloud=None,
    )  # fmt: skip
    told = (draft, archive, Consent(archive_sha256=sha256, given_by="jo", how="asked", given_at=now))
    monkeypatch.setattr(ZammadEndpoint, "_find", lambda self, key: None)
    with pytest.raises(EndpointError, match="cannot be found again"):
        deliver_through("cut after", "zammad", Zammad, OURS, tmp_path, told)
    monkeypatch.undo()
    looked = iter([[], ["1/2/1"]] * 99)
    monkeypatch.setattr(ZammadEndpoint, "_held", lambda self, number, name: next(looked))
    with pytest.raises(AssertionError, match="cut after at request"):
        deliver_through("cut after", "zammad", Zammad, OURS, tmp_path, told)
