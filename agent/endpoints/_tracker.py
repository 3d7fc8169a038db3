"""What every foreign ticket tracker has in common: it knows no bundle ids, so we look before and after each act.

A tracker's API opens a second ticket and takes a second attachment when an answer is lost and the request is
repeated. So a ticket carries the bundle's id where it can be searched for, the attachment has it as its name, and
both are looked for before anything is sent, after an answer that was lost, and after a success, which is believed
only when what is stored was read back and has the archive's SHA-256.

Which tickets are "ours" is the tracker's to say: the account of the token sees them or does not.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from agent.endpoints import Capabilities, Connection, UploadProgress
from agent.endpoints._ticket_number import ticket_number
from agent.endpoints._tracker_api import ENROLL_ADVICE, TrackerApi
from agent.endpoints._transport import Refusal
from agent.endpoints._transport_errors import answer_error, printable
from agent.errors import Ambiguous, ClosedTicket, EndpointError, NotEnrolled, UnknownTicket, Unreachable
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.storage import storage_errors
from agent.volumes import Volume, volumes_of

MEDIA_TYPE = "application/x-7z-compressed"
NUMBERS = Capabilities().number_pattern
_MEANT_BY_ANSWER_ERROR = frozenset({408, 413, 415, 425, 429})
_LONGEST_WORDS = 300
_MOST_PAGES = 100  # of a hundred: more tickets or comments than one account ever has
# RT and GitHub message, Redmine and Freshdesk errors, Roundup error.msg, Zendesk description, ServiceNow error.message,
# Jira the rest.
_WORDS = ("errorMessages", "message", "errors", "description", "error", "errorMessage", "message", "msg")


class Refused(EndpointError):
    """The tracker said no, by ``status``; what that means depends on what was asked."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def refusal(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
    """The error of a tracker's answer. Trackers tell their reason in several forms of JSON, or not at all."""
    words = _words(data)
    page = headers.get("Content-Type", "").partition(";")[0].strip().lower() == "text/html"
    if status in _MEANT_BY_ANSWER_ERROR or status >= 500 or status < 400 or page:
        return answer_error(status, headers, None if page else {"detail": words}, host)
    if status == 401:
        return NotEnrolled(f"{host} does not accept the token.", advice=ENROLL_ADVICE.format("ENDPOINT"))
    return Refused(f"{host} says: {words or f'status {status}'}", status)


def _words(data: bytes) -> str:
    """What the tracker says, for a person; ``_WORDS`` may lie in one another, as ``error.msg`` does.

    The items of a list may be objects with a ``message`` each (Freshdesk, Salesforce, GitHub).
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return ""
    for key in _WORDS:
        value = value.get(key, value) if isinstance(value, dict) else value
    items = value if isinstance(value, list) else [value]
    texts = [item.get("message") if isinstance(item, dict) else item for item in items]
    return printable("; ".join(text for text in texts if isinstance(text, str)))[:_LONGEST_WORDS]


class TrackerEndpoint(TrackerApi):
    """One tracker."""

    capabilities = Capabilities()  # a tracker whose numbers are not plain digits has its own

    def __init__(self, url: str, connection: Connection, refused: Refusal = refusal) -> None:
        super().__init__(url, connection, refused)

    def look_up(self, number: str) -> Ticket:
        """See ``Endpoint.look_up``. A ticket that was merged into another is that other one."""
        known = ticket_number(number, self.capabilities)
        try:
            return self._look_up(known)
        except Refused as refused:
            if refused.status not in (403, 404, 410):
                raise
            raise self._unknown(known) from None

    def open(self, draft: TicketDraft) -> Ticket:
        """See ``Endpoint.open``. Raise ``EndpointError`` when the tracker does not keep the bundle's id."""
        found = self._find(draft.idempotency_key)
        if found is None:
            try:
                self._create(draft)
            except Ambiguous:
                found = self._find(draft.idempotency_key)
                if found is None:
                    raise
            found = found or self._find(draft.idempotency_key)
        if found is None:
            raise EndpointError(
                f"{self._transport.host} opened a ticket without the bundle's id, so it cannot be found again.",
                advice="See docs/endpoints.md for what the tracker must allow.",
            )
        return found

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """See ``Endpoint.attach``. What the tracker holds is read back whole, each time."""
        current, links, before_bytes = self.look_up(ticket.number), list[str](), 0
        with storage_errors(archive.file):
            parts = volumes_of(archive)
        for part in parts:
            told = _after(before_bytes, archive.size_bytes, progress)
            links.append(self._attached(current, part, consent, told))
            before_bytes += part.size_bytes
        return links[0]

    def _attached(self, current: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """One file on the ticket as it is now, an archive or a volume of one; the link to it."""
        held = self._held(current.number, bundle_name(archive))
        if not held:
            _refuse_closed(current)
            try:
                with storage_errors(archive.file):
                    self._upload(current.number, archive, consent, progress)
            except Refused:
                _refuse_closed(self.look_up(current.number))  # it may have been closed meanwhile
                raise
            except Ambiguous:
                held = self._held(current.number, bundle_name(archive))
                if not held:
                    raise
            held = held or self._held(current.number, bundle_name(archive))
        if not held:
            raise Unreachable(
                f"{self._transport.host} took the bundle, but does not show it on ticket {current.number}."
            )
        for attachment in held:
            if self._sha256(attachment) == archive.sha256:
                return self._link(attachment)
        raise EndpointError(
            f"{self._transport.host} does not hold the bundle that was sent: the SHA-256 of its copy differs.",
            advice="Ask the tracker's keeper to look at its storage, then gather the bundle anew.",
        )

    @abstractmethod
    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``; at most a hundred."""

    @abstractmethod
    def check(self) -> str:
        """See ``Endpoint.check``."""

    @abstractmethod
    def _look_up(self, number: str) -> Ticket:
        """The ticket; raise ``Refused`` for none."""

    @abstractmethod
    def _find(self, key: str) -> Ticket | None:
        """The ticket that carries this bundle's id, if there is one."""

    @abstractmethod
    def _create(self, draft: TicketDraft) -> None:
        """Open a ticket that carries the draft's key."""

    @abstractmethod
    def _held(self, number: str, name: str) -> list[str]:
        """The tracker's ids of the attachments of that name on the ticket."""

    @abstractmethod
    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        """Attach the archive under ``bundle_name``."""

    @abstractmethod
    def _sha256(self, attachment: str) -> str:
        """The SHA-256 of what the tracker gives back for the attachment."""

    @abstractmethod
    def _link(self, attachment: str) -> str:
        """A web address at which a person sees the attachment."""

    def _unknown(self, number: str) -> UnknownTicket:
        return UnknownTicket(f"{self._transport.host} has no ticket {number} that this computer may add to.")


def _after(before_bytes: int, total_bytes: int, progress: UploadProgress) -> UploadProgress:
    """Reports a volume's progress as the whole's."""
    return lambda sent_bytes, _: progress(before_bytes + sent_bytes, total_bytes)


def _refuse_closed(ticket: Ticket) -> None:
    if not ticket.accepts_bundles:
        raise ClosedTicket(f"Ticket {ticket.number} is {ticket.status} and takes no bundle.")


def bundle_name(archive: Archive) -> str:
    """The file name under which a bundle, or a volume, lies on a ticket, and by which it is found again."""
    ending = f".{archive.number:03d}" if isinstance(archive, Volume) else ""  # as 7-Zip names volumes
    return f"{archive.bundle_id}.7z{ending}"


def ticket_text(draft: TicketDraft) -> str:
    """The first message of a ticket: the person's words, then what the agent found."""
    facts = {
        "Product": draft.product,
        "Version": draft.version,
        "Operating system": draft.operating_system,
        "Account": draft.account,
        "Computer": draft.computer_id,
        "Severity": f"{int(draft.severity)} ({draft.severity.meaning})",
        "Bundle": draft.idempotency_key,
    }
    return "\n".join([draft.description, "", *(f"{name}: {value}" for name, value in facts.items() if value)])


def bundle_text(archive: Archive, consent: Consent) -> str:
    """The message with which a bundle comes: what it is, and who agreed."""
    given_at = consent.given_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    sizes = f"Size: {archive.size_bytes} bytes\nSHA-256: {archive.sha256}\n"
    agreed = f"Agreed to by {consent.given_by} ({consent.how}) at {given_at}"
    if not isinstance(archive, Volume):
        return f"Diagnostic bundle {archive.bundle_id}\n{sizes}{agreed}"
    whole, name = archive.whole, f"{archive.bundle_id}.7z"
    return (
        f"Diagnostic bundle {archive.bundle_id}, volume {archive.number} of {archive.count}\n{sizes}"
        f"All {archive.count} joined: {whole.size_bytes} bytes, SHA-256 {whole.sha256}\n"
        f"Put all volumes into one folder and open {name}.001 with 7-Zip, or join them with: "
        f"cat {name}.* > {name}\n{agreed}"
    )


def text_of(raw: Any, *keys: str) -> str:
    """A text (or a number, as text) at this path of an answer. Raise ``Unreachable`` when there is none."""
    value = raw
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return printable(str(value))
    raise Unreachable(f"The tracker's answer holds no '{'.'.join(keys)}': another program answers there.")


def items_of(raw: Any, *keys: str) -> Sequence[Any]:
    """The list at this path of an answer. Raise ``Unreachable`` when there is none."""
    value = raw
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list):
        return value
    raise Unreachable(f"The tracker's answer holds no '{'.'.join(keys)}': another program answers there.")


def all_pages(listed: Callable[[int], Sequence[Any]], page_size: int) -> Iterator[Any]:
    """What all pages list, from page 1 to the first that is not full.

    Raise ``EndpointError`` where there is no end: what was not looked at may be what was looked for.
    """
    for page in range(1, _MOST_PAGES + 1):
        items = listed(page)
        yield from items
        if len(items) < page_size:
            return
    raise EndpointError("The tracker lists more than can be looked through.")
