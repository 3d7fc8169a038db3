"""Freshdesk over its REST API, version 2 (https://developers.freshdesk.com/api/).

Never run against the vendor: tested against what is documented. The search lags minutes behind what was written, so a
ticket is first looked for in the list of our own, by the bundle's id in its description; a tag finds the older ones.
Attachments lie in another store, under addresses that are signed for some minutes; our key is not sent there.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._download import downloaded_sha256
from agent.endpoints._multipart_body import Field, MultipartBody
from agent.endpoints._tracker import (
    MEDIA_TYPE,
    Refused,
    TrackerEndpoint,
    all_pages,
    bundle_name,
    bundle_text,
    items_of,
    refusal,
    text_of,
    ticket_text,
)
from agent.endpoints._tracker_api import keep_token
from agent.endpoints._upload_body import UploadBody
from agent.errors import EndpointError, TooLarge
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_NOT_FOUND = 404
_OPEN, _CLOSED = 2, 5
_STATUSES = {2: "open", 3: "pending", 4: "resolved", 5: "closed"}
_SINCE = "2010-01-01T00:00:00Z"  # without a date only the tickets of thirty days are listed
_PAGE = 100
_HIGHEST_PRIORITY = 4  # urgent, as our severity 1; and 1 is low, as our 4
# "The total size of these attachments cannot exceed 20MB", per ticket or note; read the smaller way.
_LARGEST_BUNDLE_BYTES = 20_000_000


class FreshdeskEndpoint(TrackerEndpoint):
    """One Freshdesk. Ours are the tickets whose requester is the account of the key."""

    name = "freshdesk"
    api = "/api/v2"

    def __init__(self, connection: Connection) -> None:
        self._url = normalised_url(connection.address)
        super().__init__(self._url, connection, _refusal)

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return [self._ticket(raw) for raw in self._listed()]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        return f"Freshdesk at {self._transport.host} answers, and knows account {self._me}."

    def _look_up(self, number: str) -> Ticket:
        return self._ticket(self._ours(self._call("GET", f"/tickets/{number}")))

    def _find(self, key: str) -> Ticket | None:
        line = f"Bundle: {key}"
        for raw in self._listed("description"):
            if line in str(raw.get("description_text")):
                return self._ticket(raw)
        asked = urlencode({"query": f"\"tag:'{_tag(key)}'\""})
        for raw in items_of(self._call("GET", f"/search/tickets?{asked}"), "results"):
            if text_of(raw, "requester_id") == self._me and _tag(key) in (raw.get("tags") or []):
                return self._ticket(raw)
        return None

    def _create(self, draft: TicketDraft) -> None:
        told = {
            "requester_id": int(self._me),
            "subject": draft.subject[:255],
            "description": _html(ticket_text(draft)),
            "status": _OPEN,
            "priority": _HIGHEST_PRIORITY + 1 - int(draft.severity),
            "tags": [_tag(draft.idempotency_key)],
        }
        self._call("POST", "/tickets", value=told)

    def _held(self, number: str, name: str) -> list[str]:
        found = list[str]()
        for raw in [self._ours(self._call("GET", f"/tickets/{number}")), *self._conversations(number)]:
            for attachment in raw.get("attachments") or []:
                if attachment.get("name") == name:
                    found.append(f"{number} {text_of(attachment, 'attachment_url')}")
        return found

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        with UploadBody(archive, progress) as file:
            body = MultipartBody(
                [Field(name="body", text=_html(bundle_text(archive, consent))), Field(name="private", text="false")],
                name="attachments[]",
                file_name=bundle_name(archive),
                media_type=MEDIA_TYPE,
                file=file,
            )
            self._call("POST", f"/tickets/{number}/notes", body=body, headers={"Content-Type": body.content_type})

    def _sha256(self, attachment: str) -> str:
        # Signed, so it needs no log-in, and gets none.
        return downloaded_sha256(attachment.partition(" ")[2], self._connection, headers={})

    def _link(self, attachment: str) -> str:
        return f"{self._url}/a/tickets/{attachment.partition(' ')[0]}"

    @cached_property
    def _me(self) -> str:
        """The number of the key's account, an agent; it is a requester's number as well."""
        return text_of(self._call("GET", "/agents/me"), "id")

    def _ours(self, raw: Any) -> dict[str, Any]:
        gone = not isinstance(raw, dict) or raw.get("deleted") is True or raw.get("spam") is True
        if gone or text_of(raw, "requester_id") != self._me:
            raise Refused(f"{self._transport.host} shows no such ticket of this account.", _NOT_FOUND)
        return dict(raw)

    def _listed(self, include: str = "") -> list[Any]:
        """Our newest hundred tickets, newest first."""
        asked = {"requester_id": self._me, "updated_since": _SINCE, "order_by": "created_at", "order_type": "desc"}
        asked |= {"per_page": str(_PAGE)} | ({"include": include} if include else {})
        return list(items_of({"tickets": self._call("GET", f"/tickets?{urlencode(asked)}")}, "tickets"))

    def _conversations(self, number: str) -> list[Any]:
        def listed(page: int) -> Sequence[Any]:
            path = f"/tickets/{number}/conversations?per_page={_PAGE}&page={page}"
            return items_of({"all": self._call("GET", path)}, "all")

        return list(all_pages(listed, _PAGE))

    def _ticket(self, raw: Any) -> Ticket:
        number, status, priority = text_of(raw, "id"), int(text_of(raw, "status")), int(text_of(raw, "priority"))
        return Ticket(
            number=number,
            link=f"{self._url}/a/tickets/{number}",
            subject=text_of(raw, "subject"),
            status=_STATUSES.get(status, f"status {status}"),
            severity=_HIGHEST_PRIORITY + 1 - priority if 1 <= priority <= _HIGHEST_PRIORITY else None,
            accepts_bundles=status != _CLOSED,
        )

    def _headers(self) -> dict[str, str]:
        login = base64.b64encode(f"{self._token()}:X".encode("ascii")).decode("ascii")  # any password will do
        return {"Authorization": f"Basic {login}"}


def _refusal(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
    """As of every tracker, but that the code ``invalid_size`` of an error 400 is about the attachment."""
    error = refusal(status, headers, data, host)
    if isinstance(error, Refused) and _INVALID_SIZE in _codes(data):
        return TooLarge(str(error))
    return error


_INVALID_SIZE = "invalid_size"


def _codes(data: bytes) -> list[object]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return []
    errors = value.get("errors") if isinstance(value, dict) else None
    return [raw.get("code") for raw in errors if isinstance(raw, dict)] if isinstance(errors, list) else []


def _tag(key: str) -> str:
    """The bundle's id as a tag, which has 32 characters at most."""
    return key.replace("-", "")[:32]


def _html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep the API key of Freshdesk's page Profile settings. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Freshdesk (not run against the vendor's)",
    address_help="https://NAME.freshdesk.com (such as freshdesk:https://example.freshdesk.com)",
    capabilities=Capabilities(needs_enrolment=True, takes_volumes=True, largest_bundle_bytes=_LARGEST_BUNDLE_BYTES),
    connect=FreshdeskEndpoint,
)
