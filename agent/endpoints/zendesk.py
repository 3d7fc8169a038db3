"""Zendesk Support over its Ticketing API (https://developer.zendesk.com/api-reference/ticketing/introduction/).

Never run against a real Zendesk: tested against what is documented. The bundle's id is the ticket's ``external_id``,
by which tickets can be listed, and the ``Idempotency-Key`` under which it is opened; such keys last for two hours.
A file goes up first and is then hung on a comment by its token; an upload that is never used disappears by itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._download import downloaded_sha256
from agent.endpoints._log_in import basic, keep_log_in, parts_of
from agent.endpoints._tracker import (
    MEDIA_TYPE,
    Refused,
    TrackerEndpoint,
    bundle_name,
    bundle_text,
    items_of,
    text_of,
    ticket_text,
)
from agent.endpoints._upload_body import UploadBody
from agent.errors import EndpointError, NotEnrolled, Unreachable, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_FORM = "EMAIL:API-TOKEN"
_NOT_FOUND = 404
_PRIORITIES = {1: "urgent", 2: "high", 3: "normal", 4: "low"}  # "Tickets", priority
_MERGED = "closed_by_merge"  # the tag of a ticket that was merged into another, "Merging tickets"
_PAGES = 50  # of a hundred comments each; no ticket that still works has more
_LARGEST_BUNDLE_BYTES = 50 * 10**6  # "Ticket Attachments": 50 MB a file; the stricter reading of MB


class ZendeskEndpoint(TrackerEndpoint):
    """One Zendesk: ``https://SUBDOMAIN.zendesk.com``. Ours are the tickets that the token's account requested."""

    name = "zendesk"
    api = "/api/v2"

    def __init__(self, connection: Connection) -> None:
        url = normalised_url(connection.address)
        if urlsplit(url).path:
            raise UsageError("The address of a Zendesk ends with its host: https://SUBDOMAIN.zendesk.com")
        super().__init__(url, connection)
        self._url = url
        self._opened: dict[str, str] = {}  # key → number; a list may lag behind what was just opened

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        asked = urlencode({"sort_by": "created_at", "sort_order": "desc", "per_page": 100})
        listed = items_of(self._call("GET", f"/users/{self._me}/tickets/requested.json?{asked}"), "tickets")
        return [self._ticket(raw) for raw in sorted(listed, key=lambda raw: -int(text_of(raw, "id")))]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        return f"Zendesk at {self._transport.host} answers, and knows account {self._me}."

    def _look_up(self, number: str) -> Ticket:
        raw = self._call("GET", f"/tickets/{number}.json").get("ticket")
        if text_of(raw, "requester_id") != self._me:  # an agent may see everybody's
            raise Refused(f"{self._transport.host} shows no such ticket of this account.", _NOT_FOUND)
        return self._ticket(raw)

    def _find(self, key: str) -> Ticket | None:
        if key in self._opened:
            return self._look_up(self._opened[key])
        listed = items_of(self._call("GET", "/tickets.json?" + urlencode({"external_id": key})), "tickets")
        ours = (raw for raw in listed if raw.get("external_id") == key and text_of(raw, "requester_id") == self._me)
        return next((self._ticket(raw) for raw in ours), None)

    def _create(self, draft: TicketDraft) -> None:
        told = {
            "subject": draft.subject,
            "comment": {"body": ticket_text(draft)},
            "external_id": draft.idempotency_key,
            "priority": _PRIORITIES[int(draft.severity)],
        }
        sent = {"Idempotency-Key": draft.idempotency_key}
        made = self._call("POST", "/tickets.json", value={"ticket": told}, headers=sent, idempotent=True)
        self._opened[draft.idempotency_key] = text_of(made, "ticket", "id")

    def _held(self, number: str, name: str) -> list[str]:
        attachments = (raw for comment in self._comments(number) for raw in comment.get("attachments") or [])
        return [f"{number}/{text_of(raw, 'id')}" for raw in attachments if raw.get("file_name") == name]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        path = "/uploads.json?" + urlencode({"filename": bundle_name(archive)})
        sent = {"Content-Type": MEDIA_TYPE}
        made = self._call("POST", path, body=lambda: UploadBody(archive, progress), headers=sent, idempotent=True)
        if text_of(made, "upload", "attachment", "size") != str(archive.size_bytes):
            raise Unreachable(f"{self._transport.host} received another size than was sent.", wait_seconds=0)
        comment = {"body": bundle_text(archive, consent), "uploads": [text_of(made, "upload", "token")]}
        # A second PUT would be a second comment: Zendesk takes idempotency keys for new tickets alone.
        self._call("PUT", f"/tickets/{number}.json", value={"ticket": {"comment": comment}}, idempotent=False)

    def _sha256(self, attachment: str) -> str:
        raw = self._call("GET", f"/attachments/{attachment.partition('/')[2]}.json").get("attachment")
        url = text_of(raw, "content_url")
        if raw.get("malware_scan_result") == "malware_found" and raw.get("malware_access_override") is not True:
            raise EndpointError(
                f"{self._transport.host} holds the bundle back: its scanner believes it to be malware.",
                advice="Ask whoever keeps that Zendesk to look at the attachment and allow it.",
            )
        return downloaded_sha256(url, self._connection, headers=self._headers())

    def _link(self, attachment: str) -> str:
        # Not its content_url: whoever has that may download the bundle.
        return f"{self._url}/agent/tickets/{attachment.partition('/')[0]}"

    @cached_property
    def _me(self) -> str:
        """The number of the token's account. To a token it does not know Zendesk shows an account without one."""
        raw = self._call("GET", "/users/me.json").get("user")
        if isinstance(raw, dict) and "id" in raw and raw["id"] is None:
            raise NotEnrolled(f"{self._transport.host} does not accept the token.")
        return text_of(raw, "id")

    def _comments(self, number: str) -> list[dict[str, Any]]:
        found, after = list[dict[str, Any]](), ""
        for _ in range(_PAGES):
            asked = urlencode({"page[size]": 100, **({"page[after]": after} if after else {})})
            page = self._call("GET", f"/tickets/{number}/comments.json?{asked}")
            found += [raw for raw in items_of(page, "comments") if isinstance(raw, dict)]
            meta = page.get("meta")
            if not isinstance(meta, dict) or meta.get("has_more") is not True:
                return found
            after = text_of(meta, "after_cursor")
        raise EndpointError(f"Ticket {number} of {self._transport.host} has too many comments to look through.")

    def _ticket(self, raw: Any) -> Ticket:
        number, status = text_of(raw, "id"), text_of(raw, "status")
        priority = raw.get("priority")
        return Ticket(
            number=number,
            link=f"{self._url}/agent/tickets/{number}",
            subject=text_of(raw, "subject"),
            status="merged" if _MERGED in (raw.get("tags") or ()) else status,
            severity=next((severity for severity, known in _PRIORITIES.items() if known == priority), None),
            accepts_bundles=status != "closed",  # solved ones may still be written to
        )

    def _headers(self) -> dict[str, str]:
        account, secret = parts_of(self._token(), _FORM)
        return {"Authorization": basic(f"{account}/token", secret)}


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep ``EMAIL:API-TOKEN``. Raise ``NotEnrolled`` for another form, ``StorageError``."""
    keep_log_in(connection, token, _FORM)


ENDPOINT = EndpointKind(
    title="Zendesk (not run against the real one)",
    address_help="https://SUBDOMAIN.zendesk.com (such as zendesk:https://example.zendesk.com)",
    capabilities=Capabilities(needs_enrolment=True, takes_volumes=True, largest_bundle_bytes=_LARGEST_BUNDLE_BYTES),
    connect=ZendeskEndpoint,
)
