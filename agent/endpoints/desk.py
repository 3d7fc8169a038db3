"""The project's own ticketing desk, over its HTTP API (version 1, described at ``/api/v1/openapi.json``).

A device holds one credential of its own, got by ``enroll``; it can open tickets, add bundles to its own ones,
and read those, and nothing else. Everything here may be repeated: a ticket is opened under a request id, a
bundle is put under its own.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.endpoints import DIGITS, Capabilities, Connection, EndpointKind, KeptAside, UploadProgress
from agent.endpoints._parts import PartsUpload
from agent.endpoints._ticket_number import ticket_number
from agent.endpoints._transport import Transport
from agent.endpoints._transport_errors import UnknownBundle, printable
from agent.endpoints._tus import TusUpload
from agent.endpoints._upload_body import UploadBody
from agent.errors import ClosedTicket, EndpointError, NotEnrolled, StorageError, UnknownTicket, Unreachable
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url
from agent.remote import pins
from agent.storage import storage_errors
from config.private_files import read_private, write_private

_API = "/api/v1"
RESUMABLE_OVER_BYTES = 8 * 2**20  # smaller ones go in one request, and a cut costs at most this much
_NUMBERS = f"(?:#|(?P<queue>[A-Za-z][A-Za-z0-9_-]{{0,49}})-)?{DIGITS}"  # also as its pages show them: support-17
_CREDENTIAL = re.compile(r"[\x21-\x7e]{16,512}")  # what a header can carry; the desk's are shorter


class DeskEndpoint:
    """One desk, spoken to as this device."""

    def __init__(self, connection: Connection) -> None:
        self._transport = Transport(normalised_url(connection.address), connection)
        self._connection = connection

    def look_up(self, number: str) -> Ticket:
        """See ``Endpoint.look_up``."""
        known = ticket_number(number, ENDPOINT.capabilities)
        return self._ticket(self._call("GET", f"/tickets/{known}"))

    def open(self, draft: TicketDraft) -> Ticket:
        """See ``Endpoint.open``."""
        told = {key: value for key, value in dataclasses.asdict(draft).items() if key != "idempotency_key"}
        told |= {"severity": int(draft.severity), "request_id": draft.idempotency_key}
        return self._ticket(self._call("POST", "/tickets", value=told, idempotent=True))

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """See ``Endpoint.attach``. The desk is asked first: what it holds is not sent again."""
        path = f"/tickets/{ticket_number(ticket.number, ENDPOINT.capabilities)}/bundles/{archive.bundle_id}"
        try:
            stored = self._call("GET", path, reads_bytes=archive.size_bytes)
        except UnknownBundle:
            stored = self._send_or_say_why_not(ticket, archive, consent, progress)
            stored = stored or self._call("GET", path, reads_bytes=archive.size_bytes)
        self._require_same(stored, archive)
        return _text(stored, "url")

    def keep_aside(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> KeptAside:
        """See ``AsideEndpoint``: the desk's quarantine."""
        path = f"/quarantine/{archive.bundle_id}"
        try:
            kept = self._call("GET", path, reads_bytes=archive.size_bytes)
        except UnknownBundle:
            meant = {"Sendlogs-Ticket": ticket_number(number, ENDPOINT.capabilities)}
            with storage_errors(archive.file), UploadBody(archive, progress) as body:
                self._call("PUT", path, body=body, headers=_bundle_headers(archive, consent) | meant)
            kept = self._call("GET", path, reads_bytes=archive.size_bytes)
        self._require_same(kept, archive)
        if kept.get("ticket") is None:
            return KeptAside(until=_text(kept, "expires_at")[: len("2026-12-31")], ticket=None, link="")
        return KeptAside(until="", ticket=_text(kept, "ticket"), link=_text(kept, "url"))

    def _require_same(self, stored: Any, archive: Archive) -> None:
        if _text(stored, "sha256") != archive.sha256:
            raise EndpointError(
                f"{self._transport.host} does not hold the bundle that was sent: the SHA-256 of its copy differs.",
                advice="Ask the desk's keeper to look at its storage, then gather the bundle anew.",
            )

    def _send_or_say_why_not(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> Any:
        """As ``_send``. Raise ``ClosedTicket``; of a merged ticket nothing is known any more, so ``UnknownTicket``."""
        try:
            if not ticket.accepts_bundles:
                raise ClosedTicket(f"Ticket {ticket.number} is {ticket.status} and takes no bundle.")
            return self._send(ticket, archive, consent, progress)
        except ClosedTicket:
            now = self._call("GET", f"/tickets/{ticket_number(ticket.number, ENDPOINT.capabilities)}")
            if isinstance(now, dict) and now.get("merged") is True:
                raise UnknownTicket(f"Ticket {ticket.number} was merged into another one.") from None
            raise

    def _send(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> Any:
        """Return what the desk tells of the bundle if it has read it back already, else ``None``."""
        path = f"/tickets/{ticket_number(ticket.number, ENDPOINT.capabilities)}"
        if archive.size_bytes > RESUMABLE_OVER_BYTES:
            return self._send_large(path, archive, consent, progress)
        with storage_errors(archive.file), UploadBody(archive, progress) as body:
            headers = _bundle_headers(archive, consent)
            self._call("PUT", f"{path}/bundles/{archive.bundle_id}", body=body, headers=headers)
        return None

    def _send_large(self, path: str, archive: Archive, consent: Consent, progress: UploadProgress) -> Any:
        """Past the desk into its store, if it has one for bundles of this size; else to the desk in pieces."""
        headers = {"Authorization": f"Bearer {_credential(self._connection)}"}
        stored = PartsUpload(
            self._transport,
            f"{_API}{path}/bundles/{archive.bundle_id}/parts",
            archive,
            connection=self._connection,
            headers=headers,
            consent=base64.b64encode(_told(consent).encode()).decode(),
            progress=progress,
        ).send()
        if stored is None:
            told = {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "consent": _told(consent)}
            create_path = f"{_API}{path}/uploads"
            TusUpload(self._transport, create_path, archive, headers=headers, metadata=told, progress=progress).send()
        return stored

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        listed = self._call("GET", "/tickets")
        return [self._ticket(raw) for raw in (listed if isinstance(listed, list) else listed.get("results", []))]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        _credential(self._connection)  # a device that is not enrolled needs no network to be told so
        health = self._transport.call("GET", f"{_API}/health", headers={}).value
        self._call("GET", "/me")
        return f"The desk at {self._transport.host} (version {_text(health, 'version')}) answers and knows this device."

    def rotate_credential(self) -> None:
        """Change this device's credential for a new one. The old one is good at the desk until the new is used once.

        So both are on the disk until the desk took the new one: an answer that is lost, a kill or a desk that forgets
        it leaves one that works. Raise ``NotEnrolled``, ``EndpointError``, ``StorageError``.
        """
        file, before = self._connection.credential_file, _before(self._connection)
        try:
            given = self._call("POST", "/me/credential", value={}, idempotent=True)
        except NotEnrolled:  # the desk forgot what a rotation before this gave; then the one before that works
            if not before.exists():
                raise
            with storage_errors(file):
                write_private(file, read_private(before))
            given = self._call("POST", "/me/credential", value={}, idempotent=True)
        old, new = _credential(self._connection), _usable_credential(given, self._transport)
        with storage_errors(file):
            write_private(before, old.encode("ascii"))
            write_private(file, new.encode("ascii"))
        try:
            self._call("GET", "/me")
        except NotEnrolled:
            with storage_errors(file):
                write_private(file, old.encode("ascii"))
                before.unlink(missing_ok=True)
            raise
        with storage_errors(file):
            before.unlink(missing_ok=True)

    def _call(
        self,
        method: str,
        path: str,
        *,
        value: object = None,
        body: UploadBody | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        reads_bytes: int = 0,
    ) -> Any:
        authorised = {"Authorization": f"Bearer {_credential(self._connection)}", **(headers or {})}
        answer = self._transport.call(
            method,
            f"{_API}{path}",
            headers=authorised,
            value=value,
            body=body,
            idempotent=idempotent,
            reads_bytes=reads_bytes,
        )
        return answer.value

    def _ticket(self, raw: Any) -> Ticket:
        severity = raw.get("severity") if isinstance(raw, dict) else None
        return Ticket(
            number=ticket_number(_text(raw, "number"), ENDPOINT.capabilities),
            link=_text(raw, "url"),
            subject=_text(raw, "subject"),
            status=_text(raw, "status"),
            severity=severity if isinstance(severity, int) else None,
            accepts_bundles=raw.get("accepts_bundles") is True,
            queue=_text(raw, "queue") if "queue" in raw else "",  # which desks of before do not tell
        )


def enroll(connection: Connection, token: str, computer_id: str, device_key: str = "") -> None:
    """Change an enrolment token, which works once, for this device's own credential, and keep that.

    A desk that is shown the credential which it gave before, and finds it good, keeps this the device that it is. It
    is told ``device_key``, the line of the key by which this device signs; the key by which the desk does is
    pinned beside the credential (``agent.remote.pins``), or none for a desk of before that has none.
    Raise ``NotEnrolled`` when the desk does not take the token, ``EndpointError``, ``StorageError``.
    """
    transport = Transport(normalised_url(connection.address), connection)
    told = {"token": token.strip(), "computer_id": computer_id} | ({"device_key": device_key} if device_key else {})
    try:
        given = transport.call("POST", f"{_API}/enroll", headers=_held(connection), value=told).value
    except NotEnrolled as refused:
        advice = "An enrolment token works once and for a limited time; ask your administrator for a new one."
        raise NotEnrolled(str(refused), advice=advice) from None
    credential, pin = _usable_credential(given, transport), _pin(given, transport)
    with storage_errors(connection.credential_file):  # the credential first: the desk tells it once
        write_private(connection.credential_file, credential.encode("ascii"))
        _before(connection).unlink(missing_ok=True)
    pins.keep(connection.credential_file, pin)


def rotate(connection: Connection) -> None:
    """See ``DeskEndpoint.rotate_credential``."""
    DeskEndpoint(connection).rotate_credential()


def _held(connection: Connection) -> dict[str, str]:
    """The header that shows the credential of an enrolment before, where there is one that can be used."""
    try:
        return {"Authorization": f"Bearer {_credential(connection)}"}
    except (NotEnrolled, StorageError):
        return {}


def _before(connection: Connection) -> Path:
    """Where the credential lies that a rotation replaced, until the desk took the new one."""
    return connection.credential_file.with_name(f"{connection.credential_file.name}.before")


def _usable_credential(given: Any, transport: Transport) -> str:
    credential = _text(given, "credential")
    if not _CREDENTIAL.fullmatch(credential):
        raise Unreachable(f"{transport.host} gave a credential that no request can carry.")
    return credential


def _pin(given: Any, transport: Transport) -> pins.Pin | None:
    """What the desk says of itself, to be pinned. Raise ``Unreachable`` when that is not as it must be."""
    if not isinstance(given, dict) or given.get("desk_key") is None:
        return None
    told = {name: _text(given, name) for name in ("tenant", "device_id", "desk_key")}
    try:
        return pins.told_at_enrolment(**told)
    except ValueError:
        raise Unreachable(f"{transport.host} names a key, a tenant or a device that is none.") from None


def _credential(connection: Connection) -> str:
    if not connection.credential_file.exists():
        raise NotEnrolled("This computer is not enrolled at that desk.")
    with storage_errors(connection.credential_file):
        credential = read_private(connection.credential_file).decode("ascii", "replace").strip()
    if not _CREDENTIAL.fullmatch(credential):
        raise NotEnrolled(f"{connection.credential_file} is damaged: it holds no credential.")
    return credential


def _bundle_headers(archive: Archive, consent: Consent) -> dict[str, str]:
    return {
        "Content-Type": "application/x-7z-compressed",
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(archive.sha256)).decode()}:",  # RFC 9530
        "Sendlogs-Consent": base64.b64encode(_told(consent).encode()).decode(),
    }


def _told(consent: Consent) -> str:
    return json.dumps({**dataclasses.asdict(consent), "given_at": consent.given_at.isoformat()})


def _text(raw: Any, key: str) -> str:
    """A text (or a number, as text) of an answer. Raise ``Unreachable`` when the answer has none."""
    value = raw.get(key) if isinstance(raw, dict) else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return printable(str(value))
    raise Unreachable(f"The desk's answer holds no '{key}': another program, or another version, answers there.")


ENDPOINT = EndpointKind(
    title="Desk",
    address_help="https://HOST (such as desk:https://desk.example)",
    capabilities=Capabilities(needs_enrolment=True, number_pattern=_NUMBERS),
    connect=DeskEndpoint,
)
