"""Which desk this computer believes: its key, and who this computer is to it, kept beside the credential.

    STATE/credentials/<name of the credential>.pin   {"format", "tenant", "device_id", "desk_key", "given_up"}

All of it is told once, at enrolment, over verified TLS and to somebody with a token: nothing that the desk says later
alters it, but a statement by which the pinned key itself names the one that follows. A key that was given up is never
believed again, neither for a request nor as the one that follows; ``given_up`` remembers each with the SHA-256 of the
statement that did it, so that the desk may repeat it. Enrolling anew is told by a person, and so pins anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from agent import audit, file_lock, identity
from agent.errors import StorageError
from agent.remote import envelope as envelopes
from agent.remote import refusal_lines, statement
from agent.remote.refusals import Reason, Refused
from agent.signature import PublicKey, is_fingerprint
from agent.storage import storage_errors
from config.private_files import make_private_folder, read_private, remove_cut_short, write_private

_FORMAT = 1
_MOST_GIVEN_UP = 100  # a desk that changes its key every week remembers two years; older ones are unknown keys then
_WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """A key that is worth nothing any more, and the SHA-256 of the statement that said so (or "" for an enrolment)."""

    fingerprint: str
    statement_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The desk that this computer enrolled with, and who it is there."""

    tenant: str
    device_id: str
    desk_key: PublicKey
    given_up: tuple[GivenUp, ...] = ()

    def require_key(self, keyid: str) -> None:
        """Raise ``Refused`` unless ``keyid`` names the pinned key."""
        if any(keyid == gone.fingerprint for gone in self.given_up):
            raise Refused(Reason.GIVEN_UP_KEY, "It is signed by a key that the desk gave up.")
        if keyid != self.desk_key.fingerprint:
            raise Refused(Reason.UNKNOWN_KEY, "It is signed by a key that is not this desk's.")

    def followed_by(self, key: PublicKey, statement_sha256: str) -> Pin:
        """The pin with ``key`` in place of the one so far, which is given up."""
        gone = GivenUp(fingerprint=self.desk_key.fingerprint, statement_sha256=statement_sha256)
        return replace(self, desk_key=key, given_up=(*self.given_up, gone)[-_MOST_GIVEN_UP:])


def pinned(state: Path, endpoint: str) -> Pin | None:
    """What was pinned when this computer enrolled there; ``None`` if it did not, or before desks had keys.

    Raise ``StorageError`` for a file that is damaged or open to others: it is no reason to believe anybody.
    """
    file = pin_file(identity.credential_file(state, endpoint))
    with storage_errors(file):
        found = read_private(file) if file.exists() else None
    return None if found is None else _from_json(found, file)


def pin_file(credential_file: Path) -> Path:
    """Where the pin that belongs to a credential lies."""
    return credential_file.with_name(f"{credential_file.name}.pin")


def told_at_enrolment(*, tenant: str, device_id: str, desk_key: str) -> Pin:
    """The pin that these texts of an answer are. Raise ``ValueError`` when one is not written as it must be."""
    if not statement.is_uuid(tenant) or not statement.is_uuid(device_id):
        raise ValueError("no UUID")
    return Pin(tenant=tenant, device_id=device_id, desk_key=statement.usable_key(desk_key))


def keep(credential_file: Path, pin: Pin | None) -> None:
    """Pin anew, or forget what was pinned (a desk that has no key). Keys given up before stay so, at the same tenant.

    Raise ``StorageError``, ``Busy``.
    """
    file = pin_file(credential_file)
    with _locked(file):
        with storage_errors(file):
            before = read_private(file) if file.exists() else None
            if pin is None:
                file.unlink(missing_ok=True)
                return
        try:
            old = None if before is None else _from_json(before, file)
        except StorageError:
            old = None  # damaged, and told anew
        if old is not None and old.tenant == pin.tenant:
            gone = old.given_up if old.desk_key == pin.desk_key else old.followed_by(pin.desk_key, "").given_up
            pin = replace(pin, given_up=tuple(each for each in gone if each.fingerprint != pin.desk_key.fingerprint))
        _write(file, pin)


def accept_succession(state: Path, endpoint: str, envelope: bytes, *, now: datetime | None = None) -> Pin:
    """Pin the key that the pinned one names as the next, and return the pin; the same statement again changes nothing.

    Raise ``Refused``, which is in the audit then; never believe a statement of anybody else.
    """
    moment = now or datetime.now(UTC)
    file = pin_file(identity.credential_file(state, endpoint))
    try:
        with _locked(file):
            before = pinned(state, endpoint)
            if before is None:
                raise Refused(Reason.NOT_PINNED, "This computer has pinned no key of that desk: enrol it anew.")
            after = _succeeded(before, envelope)
            if after is not before:
                told = f"{before.desk_key.fingerprint} is given up for {after.desk_key.fingerprint}"
                audit.append(state, "desk-key-followed", f"desk {after.tenant}", told, at=moment)
                _write(file, after)
    except Refused as refused:
        refusal_lines.write(state, "desk-key-refused", "a key that would follow", refused, now=moment)
        raise
    return after


def accept_successions(state: Path, endpoint: str, history: Iterable[bytes], *, now: datetime | None = None) -> None:
    """Follow what a desk tells of its keys, oldest first: those that the pinned key signed; the others are not for us.

    A desk tells its whole history, to computers that enrolled at any time of it. What is not believed is in the audit.
    """
    for data in history:
        with suppress(Refused):
            pin = pinned(state, endpoint)
            if pin is not None and envelopes.read(data, envelopes.SUCCESSION_TYPE).keyid == pin.desk_key.fingerprint:
                accept_succession(state, endpoint, data, now=now)


def _succeeded(pin: Pin, data: bytes) -> Pin:
    found = envelopes.read(data, envelopes.SUCCESSION_TYPE)
    digest = hashlib.sha256(found.payload).hexdigest()
    if any(digest == gone.statement_sha256 for gone in pin.given_up):
        return pin
    pin.require_key(found.keyid)
    found.require_signed_by(pin.desk_key)
    said = statement.key_succession(found.payload)
    if said.tenant != pin.tenant:
        raise Refused(Reason.OTHER_TENANT, "It is of another desk.")
    following = pin.followed_by(said.new_key, digest)
    if any(said.new_key.fingerprint == gone.fingerprint for gone in following.given_up):
        raise Refused(Reason.GIVEN_UP_KEY, "It names a key that the desk gave up.")
    return following


def _locked(file: Path) -> AbstractContextManager[None]:
    busy = "Another sendlogs changes what is pinned."
    return file_lock.hold(file.with_name(".pin.lock"), busy, wait_seconds=_WAIT_SECONDS)


def _write(file: Path, pin: Pin) -> None:
    values = {
        "format": _FORMAT,
        "tenant": pin.tenant,
        "device_id": pin.device_id,
        "desk_key": pin.desk_key.line,
        "given_up": [[gone.fingerprint, gone.statement_sha256] for gone in pin.given_up],
    }
    with storage_errors(file):
        make_private_folder(file.parent)
        remove_cut_short(file)
        write_private(file, json.dumps(values, indent=1).encode("ascii"))


def _from_json(data: bytes, file: Path) -> Pin:
    try:
        values = json.loads(data)
        if values["format"] != _FORMAT:
            raise ValueError("another format")
        pin = told_at_enrolment(**{name: values[name] for name in ("tenant", "device_id", "desk_key")})
        pairs = [GivenUp(fingerprint=gone, statement_sha256=digest) for gone, digest in values["given_up"]]
        if not all(is_fingerprint(gone.fingerprint) and isinstance(gone.statement_sha256, str) for gone in pairs):
            raise ValueError("no fingerprint")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise StorageError(f"{file} is damaged: it tells no desk.", advice="Enrol this computer anew.") from fault
    return replace(pin, given_up=tuple(pairs))
