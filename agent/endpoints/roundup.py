"""Roundup 2 over its REST interface (https://www.roundup-tracker.org/docs/rest.html).

The bundle's id is the Message-ID of the issue's first message, which Roundup can search. A file goes up by itself, is
read back, and only then hung on the issue: Roundup keeps a body that was cut off in the middle as if it were whole.
Its log-in is a name and a password, so the token that lies in the credential file is ``NAME:PASSWORD``.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode, urlsplit

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._multipart_body import Field, MultipartBody
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
from agent.endpoints._transport import Answer
from agent.endpoints._upload_body import UploadBody
from agent.errors import NotEnrolled, Unreachable, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

# The priorities of the classic template (priority.csv of its initial data); feature wishes are no support cases.
_PRIORITIES = {1: "critical", 2: "urgent", 3: "bug", 4: "wish"}
_CLOSED = frozenset({"resolved", "closed", "done"})
_FIELDS = "title,status,priority,creator"
_CHANGED_MEANWHILE = 412
_CHANGES = 5  # how often a ticket may change under our hands before we leave it to a later attempt


class RoundupEndpoint(TrackerEndpoint):
    """One tracker of one Roundup: ``https://HOST/TRACKER``."""

    name = "roundup"
    api = "/rest/data"

    def __init__(self, connection: Connection) -> None:
        url = normalised_url(connection.address).rstrip("/")
        if not urlsplit(url).path:
            raise UsageError("The address of a Roundup ends with the tracker: https://HOST/TRACKER")
        super().__init__(url, connection)
        self._url = url

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        asked = {"creator": self._account(), "@sort": "-id", "@page_size": 100}
        return [self._ticket(raw) for raw in self._listed("issue", asked, _FIELDS)]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        self._listed("issue", {"@page_size": 1}, "title")
        return f"Roundup at {self._transport.host} answers, and knows {self._account()}."

    def _look_up(self, number: str) -> Ticket:
        raw = self._issue(number).value["data"]
        attributes = raw.get("attributes")
        if not isinstance(attributes, dict) or text_of(attributes, "creator", "username") != self._account():
            raise self._unknown(number)  # Roundup's usual rights show everybody everything
        return self._ticket({"id": number, **attributes})

    def _find(self, key: str) -> Ticket | None:
        for message in self._listed("msg", {"messageid:": _message_id(key)}, "messageid"):
            if message.get("messageid") != _message_id(key):
                continue
            for raw in self._listed("issue", {"messages": text_of(message, "id")}, _FIELDS):
                return self._ticket(raw)
        return None

    def _create(self, draft: TicketDraft) -> None:
        known = [
            text_of(raw, "id")
            for raw in self._listed("msg", {"messageid:": _message_id(draft.idempotency_key)}, "messageid")
        ]
        if not known:
            about = {
                "content": ticket_text(draft),
                "author": self._account(),
                "messageid": _message_id(draft.idempotency_key),
            }
            known = [text_of(self._call("POST", "/msg", value=about), "data", "id")]
        told = {"title": draft.subject, "priority": _PRIORITIES[int(draft.severity)], "messages": known[:1]}
        self._call("POST", "/issue", value=told)

    def _held(self, number: str, name: str) -> list[str]:
        files = {text_of(raw, "id") for raw in items_of(self._issue(number).value["data"], "attributes", "files")}
        return [each for each in self._files(name) if each in files]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        """Send the file unless an earlier attempt did, read it back, and hang it on the issue."""
        name = bundle_name(archive)
        file = next((each for each in self._files(name) if self._sha256(each) == archive.sha256), None)
        if file is None:
            file = self._send(archive, progress)
            if self._sha256(file) != archive.sha256:
                raise Unreachable(f"{self._transport.host} received other bytes than were sent.", wait_seconds=0)
        about = {"content": bundle_text(archive, consent), "author": self._account()}
        message = text_of(self._call("POST", "/msg", value=about), "data", "id")
        self._add(number, {"files": [file], "messages": [message]})

    def _send(self, archive: Archive, progress: UploadProgress) -> str:
        with UploadBody(archive, progress) as file:
            body = MultipartBody(
                [Field(name="name", text=bundle_name(archive)), Field(name="type", text=MEDIA_TYPE)],
                name="content",
                file_name=bundle_name(archive),
                media_type=MEDIA_TYPE,
                file=file,
            )
            answer = self._answer("POST", "/file", body=body, headers={"Content-Type": body.content_type})
        return text_of(answer.value, "data", "id")

    def _add(self, number: str, links: dict[str, list[str]]) -> None:
        """Add to the issue's lists. Roundup asks for the state that was seen, and refuses when it has changed."""
        for _ in range(_CHANGES):
            seen = self._issue(number).headers.get("ETag", "")  # passed back as it came: proxies change its end
            try:
                # Adding what is there already changes nothing, so it may be repeated.
                value = {"@op": "add", **links}
                self._call("PATCH", f"/issue/{number}", value=value, headers={"If-Match": seen}, idempotent=True)
            except Refused as refused:
                if refused.status != _CHANGED_MEANWHILE:
                    raise
            else:
                return
        raise Unreachable(f"Ticket {number} of {self._transport.host} keeps changing.", wait_seconds=0)

    def _sha256(self, attachment: str) -> str:
        return self._transport.sha256(f"{self.api}/file/{attachment}/binary_content", headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/file{attachment}/"

    def _files(self, name: str) -> list[str]:
        listed = self._listed("file", {"name:": name, "creator": self._account()}, "name")
        return [text_of(raw, "id") for raw in listed if raw.get("name") == name]

    def _issue(self, number: str) -> Answer:
        answer = self._answer("GET", f"/issue/{number}?" + urlencode({"@verbose": 2, "@protected": "true"}))
        if not isinstance(answer.value.get("data"), dict):
            raise Unreachable("The tracker's answer holds no 'data': another program answers there.")
        return answer

    def _listed(self, kind: str, conditions: dict[str, Any], fields: str) -> list[dict[str, Any]]:
        # A colon after a name means "equals"; without it Roundup looks for texts that contain the value.
        query = urlencode({**conditions, "@fields": fields, "@verbose": 2})
        listed = items_of(self._call("GET", f"/{kind}?{query}"), "data", "collection")
        return [raw for raw in listed if isinstance(raw, dict)]

    def _ticket(self, raw: Any) -> Ticket:
        number = text_of(raw, "id")
        status, priority = _label(raw.get("status")), _label(raw.get("priority"))
        return Ticket(
            number=number,
            link=f"{self._url}/issue{number}",
            subject=text_of(raw, "title"),
            status=status or "unread",
            severity=next((severity for severity, known in _PRIORITIES.items() if known == priority), None),
            accepts_bundles=status.lower() not in _CLOSED,
        )

    def _account(self) -> str:
        account, colon, password = self._token().partition(":")
        if not (account and colon and password):
            raise NotEnrolled("A token for Roundup has the form NAME:PASSWORD.")
        return account

    def _headers(self) -> dict[str, str]:
        # Roundup believes a request to be no forgery only with these: X-Requested-With and where it comes from.
        parts = urlsplit(self._url)
        return {
            "Authorization": "Basic " + base64.b64encode(self._token().encode()).decode(),
            "X-Requested-With": "sendlogs",
            "Origin": f"{parts.scheme}://{parts.netloc}",
            "Referer": f"{self._url}/",
        }


def _message_id(key: str) -> str:
    """The bundle's id in the form of a Message-ID (RFC 5322 §3.6.4)."""
    return f"<{key}@sendlogs.invalid>"


def _label(raw: Any) -> str:
    return text_of(raw, "name") if isinstance(raw, dict) and raw.get("name") else ""


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep ``NAME:PASSWORD``. Raise ``NotEnrolled`` for another form, ``StorageError``."""
    if not all(token.strip().partition(":")):
        raise NotEnrolled("A token for Roundup has the form NAME:PASSWORD.")
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Roundup 2",
    address_help="https://HOST/TRACKER (such as roundup:https://roundup.example/support)",
    capabilities=Capabilities(needs_enrolment=True, takes_volumes=True),
    connect=RoundupEndpoint,
)
