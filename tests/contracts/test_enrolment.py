"""A device and the real desk at enrolment: each learns the other's key, and a credential is changed without a gap."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from agent.endpoints import Connection
from agent.endpoints.desk import DeskEndpoint, enroll, rotate
from agent.errors import NotEnrolled
from agent.remote import pins
from agent.signature import PublicKey, SigningKey
from config.private_files import write_private
from tests.contracts.conftest import RunningDesk


def test_the_desk_tells_its_key_and_changes_the_credential(running_desk: RunningDesk, tmp_path: Path) -> None:
    """Enrolled, pinned, rotated twice; the credential of before is none once the new one was used."""
    key = SigningKey.made_now().public
    link = Connection(address=running_desk.url, credential_file=tmp_path / "credential")
    enroll(link, running_desk.enrolment_token(), str(uuid.uuid4()), key.line)
    pin = json.loads(pins.pin_file(link.credential_file).read_bytes())
    assert PublicKey.of_line(pin["desk_key"]) != key
    first = link.credential_file.read_bytes()
    for _ in range(2):
        before = link.credential_file.read_bytes()
        rotate(link)
        assert link.credential_file.read_bytes() != before
        assert not (tmp_path / "credential.before").exists()
    DeskEndpoint(link).check()
    write_private(link.credential_file, first)
    with pytest.raises(NotEnrolled):
        DeskEndpoint(link).check()
