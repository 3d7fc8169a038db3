"""The desk's own key, by which devices know that a request is the desk's, and the desk's tenant UUID.

Both lie in one owner-only file of the state folder, never in the database: who reads or writes rows can make no request
that a device believes. The file is read each time it is needed, so that no process signs by a key that is gone. A
rotation writes the new key and what the old one says of it in one step: there is no moment at which devices could not
learn the key that signs. Two processes that start, or rotate, at once come one after the other.
"""

from __future__ import annotations

import base64
import json
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from filelock import FileLock

from config.private_files import FILE_MODE, read_private, write_private
from desk import ed25519, envelope

_FILE_NAME = "signing-key.json"
_LOCK_SECONDS = 30.0  # what is done under the lock takes milliseconds


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs now, whose it is, and the statements by which each earlier one named the next."""

    tenant: str
    seed: bytes = field(repr=False)
    successions: tuple[str, ...] = ()

    @property
    def public(self) -> bytes:
        """The half that others may know."""
        return ed25519.public_of(self.seed)

    @property
    def line(self) -> str:
        """That half as OpenSSH writes it: what devices pin."""
        return ed25519.line_of(self.public)

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return ed25519.fingerprint(self.public)

    def sign_request(self, statement: dict[str, object]) -> str:
        """The envelope of a collection request."""
        return envelope.signed(envelope.REQUEST_TYPE, statement, self.seed)


def kept(state_folder: Path) -> SigningKey:
    """The key of this desk; made if there is none. Raise ``OSError``, also if others could have read it."""
    if not (state_folder / _FILE_NAME).exists():
        with _alone(state_folder):
            if not (state_folder / _FILE_NAME).exists():
                _write(state_folder, SigningKey(str(uuid.uuid4()), secrets.token_bytes(ed25519.SEED_BYTES)))
    return _read(state_folder)


def ours() -> SigningKey:
    """The key of the desk whose settings these are."""
    assert settings.DESK_STATE_FOLDER is not None
    return kept(settings.DESK_STATE_FOLDER)


def rotate(state_folder: Path) -> SigningKey:
    """Make a new key, which the old one names; return it. From then on the old one signs nothing."""
    kept(state_folder)
    with _alone(state_folder):
        old = _read(state_folder)
        seed = secrets.token_bytes(ed25519.SEED_BYTES)
        statement = {
            "tenant": old.tenant,
            "new_key": ed25519.line_of(ed25519.public_of(seed)),
            "made_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        succession = envelope.signed(envelope.SUCCESSION_TYPE, statement, old.seed)
        new = SigningKey(old.tenant, seed, (*old.successions, succession))
        _write(state_folder, new)
    return new


def _alone(state_folder: Path) -> FileLock:
    return FileLock(state_folder / f"{_FILE_NAME}.lock", timeout=_LOCK_SECONDS, mode=FILE_MODE)


def _write(state_folder: Path, key: SigningKey) -> None:
    seed = base64.b64encode(key.seed).decode()
    values = {"tenant": key.tenant, "seed": seed, "successions": key.successions}
    write_private(state_folder / _FILE_NAME, json.dumps(values, indent=1).encode())


def _read(state_folder: Path) -> SigningKey:
    values = json.loads(read_private(state_folder / _FILE_NAME))
    return SigningKey(values["tenant"], base64.b64decode(values["seed"]), tuple(values["successions"]))
