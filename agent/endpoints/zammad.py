"""Zammad 6 over its REST API (https://docs.zammad.org, "Ticket", "Articles"; searches as its public source has them).

Not run against a real Zammad: tested against what is documented. A search by ``condition`` instead of ``query`` goes
to the database and not to the search index, which lags behind; so a ticket that was opened a moment ago is found. The
bundle's id is a line of the ticket's first article. An article takes an attachment as Base64 in JSON alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._base64_body import Base64Body
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
from agent.endpoints._tracker_api import keep_token
from agent.endpoints._upload_body import UploadBody
from agent.errors import UsageError
from agent.flow import Archive, Consent, Severity, Ticket, TicketDraft
from agent.identity import normalised_url

_NOT_FOUND = 404
# The states and priorities that Zammad is installed with; it has three priorities for our four severities.
_TAKES_NOTHING = frozenset({"closed", "merged", "removed"})
_PRIORITIES = {
    Severity.CRITICAL: "3 high",
    Severity.HIGH: "3 high",
    Severity.MEDIUM: "2 normal",
    Severity.LOW: "1 low",
}
_SEVERITIES = {"3 high": 2, "2 normal": 3, "1 low": 4}
# contrib/nginx/zammad.conf: client_max_body_size 50M, of which Base64 leaves three quarters.
_LARGEST_BUNDLE_BYTES = (50 * 2**20 - 2**16) // 4 * 3


class ZammadEndpoint(TrackerEndpoint):
    """One group of one Zammad: ``https://HOST/GROUP``. Ours are the tickets whose customer is the token's account."""

    name = "zammad"
    api = "/api/v1"

    def __init__(self, connection: Connection) -> None:
        url, _, group = normalised_url(connection.address).rpartition("/")
        if not group or url.endswith(":/"):
            raise UsageError("The address of a Zammad ends with a group: https://HOST/GROUP")
        super().__init__(url, connection)
        self._url = url
        self._group = unquote(group)
        self._ids: dict[str, str] = {}  # a ticket's number is not its id

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return [self._ticket(raw) for raw in self._search({})]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        return f"Zammad at {self._transport.host} answers, and knows account {self._me}."

    def _look_up(self, number: str) -> Ticket:
        for raw in self._search({"ticket.number": ("is", number)}):
            if text_of(raw, "number") == number:
                return self._ticket(raw)
        raise Refused(f"{self._transport.host} shows no such ticket.", _NOT_FOUND)

    def _find(self, key: str) -> Ticket | None:
        line = f"Bundle: {key}"
        for raw in self._search({"article.body": ("contains", line)}):
            articles = self._articles(text_of(raw, "id"))
            if articles and line in str(articles[0].get("body")).splitlines():  # others may mention it
                return self._ticket(raw)
        return None

    def _create(self, draft: TicketDraft) -> None:
        article = {"subject": draft.subject, "body": ticket_text(draft), "content_type": "text/plain"}
        told = {
            "title": draft.subject[:250],  # Zammad's column
            "group": self._group,
            "customer_id": int(self._me),
            "priority": _PRIORITIES[draft.severity],
            "article": {**article, "type": "note", "internal": False},
        }
        self._call("POST", "/tickets", value=told)

    def _held(self, number: str, name: str) -> list[str]:
        ticket = self._id(number)
        return [
            f"{ticket}/{text_of(article, 'id')}/{text_of(attachment, 'id')}"
            for article in self._articles(ticket)
            for attachment in article.get("attachments") or []
            if attachment.get("filename") == name
        ]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        mark = secrets.token_hex(16)
        attachment = {"filename": bundle_name(archive), "data": mark, "mime-type": MEDIA_TYPE}
        article = {"ticket_id": int(self._id(number)), "type": "note", "internal": False, "content_type": "text/plain"}
        told = {**article, "body": bundle_text(archive, consent), "attachments": [attachment]}

        @contextmanager
        def body() -> Iterator[Base64Body]:
            with UploadBody(archive, progress) as file:
                yield Base64Body(told, mark, file)

        self._call("POST", "/ticket_articles", body=body, headers={"Content-Type": "application/json"})

    def _sha256(self, attachment: str) -> str:
        return self._transport.sha256(f"{self.api}/ticket_attachment/{attachment}", headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/api/v1/ticket_attachment/{attachment}"

    @cached_property
    def _me(self) -> str:
        """The number of the token's account."""
        return text_of(self._call("GET", "/users/me"), "id")

    def _id(self, number: str) -> str:
        if number not in self._ids:
            self._look_up(number)
        return self._ids[number]

    def _articles(self, ticket: str) -> list[Any]:
        """The ticket's articles that this account may see, the oldest first."""
        listed = items_of({"articles": self._call("GET", f"/ticket_articles/by_ticket/{ticket}")}, "articles")
        return sorted((raw for raw in listed if isinstance(raw, dict)), key=lambda raw: int(text_of(raw, "id")))

    def _search(self, conditions: dict[str, tuple[str, str]]) -> list[Any]:
        """This account's tickets, newest first."""
        asked = [("condition[ticket.customer_id][operator]", "is"), ("condition[ticket.customer_id][value]", self._me)]
        for name, (operator, value) in conditions.items():
            asked += [(f"condition[{name}][operator]", operator), (f"condition[{name}][value]", value)]
        asked += [("expand", "true"), ("sort_by", "id"), ("order_by", "desc"), ("limit", "100"), ("per_page", "100")]
        return list(items_of({"tickets": self._call("GET", f"/tickets/search?{urlencode(asked)}")}, "tickets"))

    def _ticket(self, raw: Any) -> Ticket:
        number, status = text_of(raw, "number"), text_of(raw, "state")
        self._ids[number] = text_of(raw, "id")
        return Ticket(
            number=number,
            link=f"{self._url}/#ticket/zoom/number/{quote(number)}",
            subject=text_of(raw, "title"),
            status=status,
            severity=_SEVERITIES.get(str(raw.get("priority"))),
            accepts_bundles=status not in _TAKES_NOTHING,
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Token token={self._token()}"}


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep an access token of Zammad's page Profile → Token Access. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Zammad 6 (not run against the real one)",
    address_help="https://HOST/GROUP (such as zammad:https://zammad.example/Users)",
    capabilities=Capabilities(needs_enrolment=True, takes_volumes=True, largest_bundle_bytes=_LARGEST_BUNDLE_BYTES),
    connect=ZammadEndpoint,
)
