"""A desk that signs whatever a test wants, and a computer that has pinned its key."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from Cryptodome.Signature import eddsa

from agent import audit, identity
from agent.remote import pins
from agent.remote.admission import CollectionRequest, RemoteRules, admit
from agent.remote.envelope import REQUEST_TYPE, SUCCESSION_TYPE, signed_bytes
from agent.signature import PublicKey, SigningKey

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TENANT, DEVICE = "5a3c8a06-53a5-4a7b-9d5d-0c4a6e6c7a01", "c2b7ad5e-9d0e-4c55-8f5b-3c0d7a520b02"
ENDPOINT = "desk:https://desk.example"


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Desk:
    """A desk's signing key and what it signs; every part of a message can be another one than it should be."""

    key: SigningKey = field(default_factory=SigningKey.made_now)

    def number(self, message: bytes) -> bytes:
        """The raw Ed25519 signature (RFC 8032) over ``message``."""
        made: bytes = eddsa.new(eddsa.import_private_key(self.key.stored[:32]), "rfc8032").sign(message)
        return made

    def fields(self, **others: object) -> dict[str, Any]:
        """The fields of a good request; one that is given as ``None`` is left out."""
        values = {
            "request_id": str(uuid.uuid4()),
            "tenant": TENANT,
            "device_id": DEVICE,
            "ticket": "17",
            "requester": "Kim Champion",
            "reason": "Restores stop at 12 %.",
            "profile": "nginx",
            "options": {"since_seconds": 3600},
            "not_before": written(NOW),
            "expires_at": written(NOW + timedelta(hours=24)),
        } | others
        return {name: value for name, value in values.items() if value is not None}

    def request(self, **others: object) -> bytes:
        """A request's envelope, properly signed, with these fields."""
        return self.envelope(json.dumps(self.fields(**others)).encode())

    def succession(self, following: PublicKey, **others: object) -> bytes:
        """The announcement that ``following`` is the key from now on."""
        values = {"tenant": TENANT, "new_key": following.line, "made_at": written(NOW)} | others
        return self.envelope(json.dumps(values).encode(), SUCCESSION_TYPE)

    def envelope(self, payload: bytes, kind: str = REQUEST_TYPE, **others: object) -> bytes:
        """The envelope of any payload, properly signed; ``others`` replace what it holds."""
        return json.dumps(self.parts(payload, kind) | others).encode()

    def parts(self, payload: bytes, kind: str = REQUEST_TYPE) -> dict[str, Any]:
        number = self.number(signed_bytes(kind, payload))
        signature = {"keyid": self.key.public.fingerprint, "sig": base64.b64encode(number).decode()}
        return {
            "payloadType": kind,
            "payload": base64.b64encode(payload).decode(),
            "signatures": [signature],
        }


@dataclass
class Computer:
    """A computer's state folder, and what its settings allow."""

    state: Path
    rules: RemoteRules = RemoteRules(policy="ask", profiles=None, per_day=5, every_seconds=600)  # noqa: RUF009 - frozen
    known: frozenset[str] = frozenset({"nginx", "postgresql"})
    now: datetime = NOW

    def admit(self, envelope: bytes) -> CollectionRequest:
        return admit(envelope, state=self.state, endpoint=ENDPOINT, rules=self.rules, profiles=self.known, now=self.now)

    def allow(self, **others: Any) -> None:
        self.rules = replace(self.rules, **others)

    @property
    def credential_file(self) -> Path:
        return identity.credential_file(self.state, ENDPOINT)

    @property
    def pin(self) -> pins.Pin | None:
        return pins.pinned(self.state, ENDPOINT)

    @property
    def told(self) -> list[str]:
        """The audit's lines without their times."""
        assert audit.verify(self.state).fault == ""
        return [f"{entry.what}: {entry.about}: {entry.detail}" for entry in audit.entries(self.state)]

    def files(self) -> Mapping[str, bytes]:
        """Everything in the state folder but what only locks, the audit, and the count of refusals."""
        apart = ("audit.jsonl", "refusals.json")
        found = (path for path in sorted(self.state.rglob("*")) if path.is_file())
        return {
            path.relative_to(self.state).as_posix(): path.read_bytes()
            for path in found
            if path.name not in apart and not path.name.endswith(".lock")
        }


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def another_desk() -> Desk:
    return Desk()


@pytest.fixture
def computer(tmp_path: Path, desk: Desk) -> Computer:
    """A computer that enrolled with the desk."""
    made = Computer(state=tmp_path / "state")
    told = pins.told_at_enrolment(tenant=TENANT, device_id=DEVICE, desk_key=desk.key.public.line)
    pins.keep(made.credential_file, told)
    return made
