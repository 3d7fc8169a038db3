"""Request Tracker 5 over REST2 (https://docs.bestpractical.com/rt/5.0.3/RT/REST2.html).

The bundle's id is in a custom field of the ticket, ``SendlogsBundle``, which an administrator adds to the queue once:
RT has no idempotency keys, and by that field it can be searched. A bundle comes as a reply of the requestor, which is
what the account of the token becomes on each ticket that it opens; so rights of the role Requestor are enough.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._multipart_body import Field, MultipartBody
from agent.endpoints._tracker import (
    MEDIA_TYPE,
    TrackerEndpoint,
    bundle_name,
    bundle_text,
    items_of,
    text_of,
    ticket_text,
)
from agent.endpoints._tracker_api import keep_token
from agent.endpoints._upload_body import UploadBody
from agent.errors import EndpointError, Unreachable, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

BUNDLE_FIELD = "SendlogsBundle"
_TICKET_FIELDS = "Subject,Status,Priority"
# RT's priorities are 0 to 100, and its own names for them are Low 0, Medium 50, High 100 (RT_Config, PriorityAsString).
_PRIORITIES = {1: 100, 2: 75, 3: 50, 4: 0}


class RequestTrackerEndpoint(TrackerEndpoint):
    """One queue of one Request Tracker: ``https://HOST/QUEUE``."""

    name = "request_tracker"
    api = "/REST/2.0"

    def __init__(self, connection: Connection) -> None:
        url, _, queue = normalised_url(connection.address).rstrip("/").rpartition("/")
        if url.endswith("/") or not queue:
            raise UsageError("The address of a Request Tracker ends with the queue: https://HOST/QUEUE")
        super().__init__(url, connection)
        self._url = url
        self._queue = unquote(queue)

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return self._search("Creator = '__CurrentUser__'")

    def check(self) -> str:
        """See ``Endpoint.check``."""
        self._require_bundle_field()
        return f"Request Tracker at {self._transport.host} answers, and takes tickets in the queue {self._queue}."

    def _look_up(self, number: str) -> Ticket:
        raw = self._call("GET", f"/ticket/{number}")
        found = self._search(f"id = {int(text_of(raw, 'id'))}")  # a merged ticket's id is the survivor's
        if not found:
            raise self._unknown(number)
        return found[0]

    def _find(self, key: str) -> Ticket | None:
        found = self._search(f"CF.{{{BUNDLE_FIELD}}} = '{key}'")
        return found[0] if found else None

    def _create(self, draft: TicketDraft) -> None:
        self._require_bundle_field()
        told = {
            "Queue": self._queue,
            "Subject": draft.subject,
            "Requestor": self._account(),
            "Content": ticket_text(draft),
            "ContentType": "text/plain",
            "Priority": _PRIORITIES[int(draft.severity)],
            "CustomFields": {BUNDLE_FIELD: draft.idempotency_key},
        }
        self._call("POST", "/ticket", value=told)

    def _held(self, number: str, name: str) -> list[str]:
        # By name over all tickets that we may see: the list of one ticket's attachments comes in pages with holes.
        wanted = [{"field": "Filename", "operator": "=", "value": name}]
        path = "/attachments?" + urlencode({"fields": "TransactionId", "per_page": 100})
        listed = items_of(self._call("POST", path, value=wanted, idempotent=True), "items")
        found = [(text_of(raw, "TransactionId"), text_of(raw, "id")) for raw in listed]
        return [f"{transaction}/{each}" for transaction, each in found if self._ticket_of(transaction) == number]

    def _ticket_of(self, transaction: str) -> str:
        return text_of(self._call("GET", f"/transaction/{int(transaction)}"), "Object", "id")

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        message = {
            "Subject": "Diagnostic bundle",
            "Content": bundle_text(archive, consent),
            "ContentType": "text/plain",
        }
        with UploadBody(archive, progress) as file:
            body = MultipartBody(
                [Field(name="JSON", text=json.dumps(message), media_type="application/json")],
                name="Attachments",
                file_name=bundle_name(archive),
                media_type=MEDIA_TYPE,
                file=file,
            )
            self._call("POST", f"/ticket/{number}/correspond", body=body, headers={"Content-Type": body.content_type})

    def _sha256(self, attachment: str) -> str:
        path = f"{self.api}/attachment/{attachment.rpartition('/')[2]}"
        return self._transport.sha256(path, headers=self._headers(), unwrap=content_of_json)

    def _link(self, attachment: str) -> str:
        return f"{self._url}/Ticket/Attachment/{attachment}/"

    def _search(self, query: str) -> list[Ticket]:
        """The tickets of a TicketSQL query, newest first; those that are closed are asked for by themselves.

        Which statuses mean closed is up to each queue's lifecycle; RT calls them ``__Inactive__``.
        """
        found = self._query(query)
        closed = (
            {text_of(raw, "id") for raw in self._query(f"({query}) AND Status = '__Inactive__'")} if found else set()
        )
        return [self._ticket(raw, closed=text_of(raw, "id") in closed) for raw in found]

    def _query(self, query: str) -> list[Any]:
        asked = {"query": query, "fields": _TICKET_FIELDS, "orderby": "id", "order": "DESC", "per_page": 100}
        return list(items_of(self._call("GET", "/tickets?" + urlencode(asked)), "items"))

    def _ticket(self, raw: Any, *, closed: bool) -> Ticket:
        number, priority = text_of(raw, "id"), text_of(raw, "Priority")
        return Ticket(
            number=number,
            link=f"{self._url}/Ticket/Display.html?id={number}",
            subject=text_of(raw, "Subject"),
            status=text_of(raw, "Status"),
            severity=_severity(int(priority)) if priority.isdecimal() else None,
            accepts_bundles=not closed,
        )

    def _require_bundle_field(self) -> None:
        queue = self._call("GET", f"/queue/{quote(self._queue, safe='')}")
        if BUNDLE_FIELD not in [raw.get("name") for raw in items_of(queue, "TicketCustomFields")]:
            raise EndpointError(
                f"The queue {self._queue} has no ticket field {BUNDLE_FIELD} that this computer may see.",
                advice="Ask the tracker's administrator to add it as docs/endpoints.md says.",
            )

    def _account(self) -> str:
        """The number of the account whose token this is: the second part of RT's tokens, which is no secret."""
        parts = self._token().split("-")
        if len(parts) != 3 or not parts[1].isdecimal():
            raise EndpointError("That is no token of Request Tracker 5: it has the form 1-NUMBER-HEXADECIMAL.")
        return parts[1]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"token {self._token()}"}


def _severity(priority: int) -> int:
    return min(_PRIORITIES, key=lambda severity: abs(_PRIORITIES[severity] - priority))


def content_of_json(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of the member ``Content`` of a JSON object that comes in pieces: RT tells an attachment as base64.

    Only a piece or two are in memory, however large the attachment. Raise ``Unreachable`` for another answer.
    """
    coming = iter(pieces)
    rest = _until(b'"Content"', b"", coming)  # quotation marks inside of texts are written \", so this is the name
    waiting = _until(b'"', rest, coming)
    pending, ended = b"", False
    while not ended:
        text, quotation, _ = waiting.partition(b'"')
        ended = bool(quotation)
        pending += text
        cut = 1 if pending.endswith(b"\\") else 0  # in the middle of a \n or \/
        clean = pending[: len(pending) - cut].replace(b"\\n", b"").replace(b"\\/", b"/")
        whole = len(clean) if ended else len(clean) // 4 * 4
        try:
            yield base64.b64decode(clean[:whole])
        except binascii.Error:
            raise Unreachable("The tracker's answer holds an attachment that is not base64.") from None
        pending = clean[whole:] + pending[len(pending) - cut :]
        waiting = b"" if ended else _next(coming)


def _until(mark: bytes, begun: bytes, coming: Iterator[bytes]) -> bytes:
    while mark not in begun:
        begun += _next(coming)
    return begun.partition(mark)[2]


def _next(coming: Iterator[bytes]) -> bytes:
    piece = next(coming, b"")
    if not piece:
        raise Unreachable("The tracker's answer ended before the attachment did.")
    return piece


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep the token of RT's page Settings → Auth Tokens. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Request Tracker 5",
    address_help="https://HOST/QUEUE (such as request_tracker:https://rt.example/Support)",
    # RT takes about sixteen times an attachment in memory (measured, 5.0.3), so larger ones are not for it.
    capabilities=Capabilities(largest_bundle_bytes=100 * 2**20, needs_enrolment=True, takes_volumes=True),
    connect=RequestTrackerEndpoint,
)
