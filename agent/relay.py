"""Passes what waits at the desk on to another tracker: tickets opened there, bundles attached, both numbers told.

It keeps nothing: the desk tells what waits, the tracker is looked at before anything is done, so that a relay may die
anywhere and be started again. The description of a ticket names the desk's address; the desk learns the tracker's
number, and whatever kept a ticket or a bundle from getting there.
"""

from __future__ import annotations

import dataclasses
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from agent.endpoints import Connection, Endpoint, LinkEndpoint, installed, split_address
from agent.endpoints._transport import Transport
from agent.endpoints._transport_errors import printable
from agent.errors import EndpointError, StorageError, TooLarge, Unreachable
from agent.flow import Archive, Consent, Severity, Ticket, TicketDraft
from agent.identity import normalised_url
from agent.storage import storage_errors
from agent.volumes import MOST_VOLUMES, volume_count
from config.private_files import open_private, read_private

_API = "/api/v1/relay"
_LONGEST_PROBLEM = 500  # what the desk keeps of a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """What became of a ticket of the desk, or of one bundle of it: ``link`` in the tracker, or the ``problem``."""

    number: str  # at the desk
    bundle_id: str | None
    tracker_number: str
    link: str
    problem: str
    is_temporary: bool = False


class RelayDesk:
    """The desk as its relay sees it. Every method may raise ``EndpointError`` and its children."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._transport = Transport(normalised_url(connection.address), connection)

    def work(self) -> list[Mapping[str, Any]]:
        """The tickets that wait, as the desk's OpenAPI document describes them. Raise ``Unreachable`` for others."""
        told = self._transport.call("GET", f"{_API}/work", headers=self._headers()).value
        if isinstance(told, list) and all(_is_work(each) for each in told):
            return told
        raise Unreachable("The desk's answer is no list of work: another program, or another version, answers there.")

    def fetch(self, bundle: Mapping[str, Any], file: Path) -> Archive:
        """The bundle in ``file``, owner-only. Raise ``EndpointError`` when it is not the one the desk announced."""
        bundle_id = str(uuid.UUID(str(bundle["bundle_id"])))
        with storage_errors(file), open_private(file) as target:

            def kept(pieces: Iterable[bytes]) -> Iterator[bytes]:
                target.seek(0)
                target.truncate()  # what an earlier attempt brought
                for piece in pieces:
                    if target.tell() + len(piece) > int(bundle["size_bytes"]):
                        raise EndpointError(f"The desk sends more of bundle {bundle_id} than it announced.")
                    target.write(piece)
                    yield piece

            sha256 = self._transport.sha256(f"{_API}/bundles/{bundle_id}", headers=self._headers(), unwrap=kept)
        if sha256 != bundle["sha256"]:
            raise EndpointError(f"The desk's copy of bundle {bundle_id} is damaged: its SHA-256 differs.")
        return Archive(
            bundle_id=bundle_id,
            file=file,
            size_bytes=file.stat().st_size,
            sha256=sha256,
            made_at=datetime.fromisoformat(str(bundle["received_at"])),
            members=(),
            skipped=(),
            facts={},
            counts={},
        )

    def tell_ticket(self, number: str, value: Mapping[str, str]) -> None:
        """Where the ticket is now, or its problem."""
        self._transport.call("PUT", f"{_API}/tickets/{number}", headers=self._headers(), value=dict(value))

    def tell_bundle(self, bundle_id: str, value: Mapping[str, str]) -> None:
        """Where the bundle is now, or its problem."""
        self._transport.call("PUT", f"{_API}/bundles/{bundle_id}", headers=self._headers(), value=dict(value))

    def _headers(self) -> dict[str, str]:
        file = self._connection.credential_file
        with storage_errors(file):
            credential = read_private(file).decode("ascii", "replace").strip()
        if not credential.isascii() or not credential.isprintable() or " " in credential or not credential:
            raise StorageError(f"{file} holds no credential of a relay.")
        return {"Authorization": f"Bearer {credential}"}


_TEXTS = frozenset({"number", "url", "key", "subject", "description", "severity", "passed_on_as", "bundles"})


def _is_work(told: object) -> bool:
    """Whether this is a ticket with bundles, whose number and ids are some; the rest is looked at when it is used."""
    if not isinstance(told, dict) or not told.keys() >= _TEXTS or not isinstance(told["bundles"], list):
        return False
    ids = [str(bundle.get("bundle_id")) if isinstance(bundle, dict) else "" for bundle in told["bundles"]]
    return str(told["number"]).isdecimal() and all(_UUID.fullmatch(each) for each in ids)


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@contextmanager
def _usable() -> Iterator[None]:
    """Say what cannot be read of the desk's words, or meets a fault of ours, as trouble of this one item."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as odd:
        raise EndpointError(f"What the desk tells of it cannot be used ({type(odd).__name__}).") from odd


def pass_on(
    desk: RelayDesk, tracker: Endpoint, address: str, work: Path, *, file_bytes: int | None = None
) -> Iterator[PassedOn]:
    """Pass on everything that waits once, in the desk's order, and tell what became of each.

    ``work`` is a private folder. A bundle over ``file_bytes`` goes in volumes where the tracker takes them. Raise
    ``EndpointError`` and its children when the desk cannot be asked or told; whatever befalls one ticket at the tracker
    does not keep the others.
    """
    attach = _attach(tracker, address, file_bytes)
    for waiting in desk.work():
        number = str(int(waiting["number"]))
        try:
            ticket = _ticket(waiting, tracker)
            if not waiting["passed_on_as"]:
                desk.tell_ticket(number, {"endpoint": address, "number": ticket.number, "link": ticket.link})
                yield _outcome(number, None, ticket.number, ticket.link, None)
        except EndpointError as trouble:
            desk.tell_ticket(number, {"problem": str(trouble)[:_LONGEST_PROBLEM]})
            yield _outcome(number, None, "", "", trouble)
            continue
        for bundle in waiting["bundles"]:
            yield _attached(waiting, bundle, ticket, (desk, attach), work)


_Attach = Callable[[Ticket, Archive, Consent, str], str]
"""Puts the bundle on the ticket; the text is the address of the desk's own page, where the bundle lies."""


def _attach(tracker: Endpoint, address: str, file_bytes: int | None) -> _Attach:
    """The tracker's way: the file or its volumes, or where it takes none, a link to the desk's page of the ticket."""
    capabilities = installed()[split_address(address)[0]].capabilities
    if capabilities.link_only:
        linking = cast("LinkEndpoint", tracker)
        return lambda ticket, archive, consent, page: linking.attach_link(ticket, archive, consent, page, None)

    def attach(ticket: Ticket, archive: Archive, consent: Consent, _: str) -> str:
        volume_bytes = file_bytes if capabilities.takes_volumes else None
        if volume_count(archive.size_bytes, volume_bytes) > MOST_VOLUMES:
            raise TooLarge(f"Bundle {archive.bundle_id} would be more than {MOST_VOLUMES} files there.")
        sent = dataclasses.replace(archive, volume_bytes=volume_bytes)
        return tracker.attach(ticket, sent, consent, lambda _sent, _total: None)

    return attach


def _ticket(waiting: Mapping[str, Any], tracker: Endpoint) -> Ticket:
    with _usable():
        if waiting["passed_on_as"]:
            return tracker.look_up(str(waiting["passed_on_as"]))
        return tracker.open(_draft(waiting))


def _attached(
    waiting: Mapping[str, Any], bundle: Mapping[str, Any], ticket: Ticket, sides: tuple[RelayDesk, _Attach], work: Path
) -> PassedOn:
    number, (desk, attach) = str(int(waiting["number"])), sides
    bundle_id = str(uuid.UUID(str(bundle["bundle_id"])))
    file = work / f"{bundle_id}.7z"
    try:
        with _usable():
            archive = desk.fetch(bundle, file)
            link = attach(ticket, archive, _consent(bundle), printable(str(waiting["url"])))
    except EndpointError as trouble:
        desk.tell_bundle(bundle_id, {"problem": str(trouble)[:_LONGEST_PROBLEM]})
        return _outcome(number, bundle_id, ticket.number, "", trouble)
    finally:
        file.unlink(missing_ok=True)
    desk.tell_bundle(bundle_id, {"link": link})
    return _outcome(number, bundle_id, ticket.number, link, None)


def _outcome(
    number: str, bundle_id: str | None, tracker_number: str, link: str, trouble: EndpointError | None
) -> PassedOn:
    return PassedOn(
        number=number,
        bundle_id=bundle_id,
        tracker_number=tracker_number,
        link=link,
        problem=str(trouble or ""),
        is_temporary=isinstance(trouble, Unreachable),
    )


def _draft(waiting: Mapping[str, Any]) -> TicketDraft:
    """The ticket as the tracker is to have it, under the key that the desk made: no device can know it."""
    url = str(waiting["url"])
    texts = {
        name: str(waiting.get(name) or "")
        for name in ("product", "computer_id", "operating_system", "account", "version")
    }
    return TicketDraft(
        idempotency_key=str(uuid.UUID(str(waiting["key"]))),
        subject=printable(str(waiting["subject"])),
        description=f"{waiting['description']}\n\nPassed on from {url}\n",
        severity=Severity(int(waiting["severity"])),
        cloud=waiting.get("cloud") if isinstance(waiting.get("cloud"), bool) else None,
        **texts,
    )


def _consent(bundle: Mapping[str, Any]) -> Consent:
    """The consent that the device told; "policy" where it is in no form that is known here."""
    told = bundle.get("consent") or {}
    how = told.get("how")
    try:
        given_at = datetime.fromisoformat(str(told.get("given_at"))).astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one that no calendar has
        given_at = datetime.fromisoformat(str(bundle["received_at"]))
    return Consent(
        archive_sha256=str(bundle["sha256"]),
        given_by=printable(str(told.get("given_by", ""))),
        how=cast("Literal['asked', 'flag', 'notified', 'policy']", how if how in _WAYS else "policy"),
        given_at=given_at,
    )


_WAYS = ("asked", "flag", "notified", "policy")
