"""Jira Service Management Cloud over its REST API (https://developer.atlassian.com/cloud/jira/service-desk/rest/).

Never run against a real one: tested against what is documented. Customers' requests have no field for an id of ours
and are searched by their summary alone, through an index that lags behind; so the bundle's id is a line of the
description, and is looked for among the account's latest requests. A file goes up first and is then hung on the
request by an id that works once. What is read back lies on another host.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._download import downloaded_sha256
from agent.endpoints._log_in import basic, keep_log_in, parts_of
from agent.endpoints._multipart_body import MultipartBody
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
from agent.errors import EndpointError, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_FORM = "EMAIL:API-TOKEN"
_NOT_FOUND = 404
_DONE = "DONE"  # the status category of what is resolved or closed, "Request", currentStatus
_PAGE, _PAGES = 50, 10  # a page's documented size; a device's latest 500 requests, newest activity first
_SUBJECT_LENGTH = 255  # of Jira's summary
_CAPABILITIES = Capabilities(
    needs_enrolment=True,
    takes_volumes=True,
    largest_bundle_bytes=10**9,  # "Configuring file attachments": 1 GB, unless an administrator allows up to 2
    number_pattern=r"#?(?P<number>[A-Za-z][A-Za-z0-9_]{1,19}-[1-9][0-9]{0,11})",  # the key of a project, and a number
)


class JiraServiceManagementEndpoint(TrackerEndpoint):
    """One type of request of a project: ``https://SITE.atlassian.net/PROJECT/TYPE``. Ours is what its account sees."""

    name = "jira_service_management"
    api = "/rest/servicedeskapi"
    capabilities = _CAPABILITIES

    def __init__(self, connection: Connection) -> None:
        found = re.fullmatch(
            r"(https?://[^/]+)/([A-Za-z][A-Za-z0-9_]{1,19})/([0-9]{1,12})", normalised_url(connection.address)
        )
        if found is None:
            advice = "Write https://SITE.atlassian.net/PROJECT/TYPE, such as https://example.atlassian.net/SUP/10"
            raise UsageError("That is not the address of a type of request in a project of Jira.", advice=advice)
        super().__init__(found[1], connection)
        self._url, self._project, self._type = found[1], found[2].upper(), found[3]
        self._opened: dict[str, str] = {}  # key → number; a list lags behind what was just opened

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        mine = [self._ticket(raw) for raw in self._requests()]
        return sorted(mine, key=lambda ticket: -int(ticket.number.rpartition("-")[2]))

    def check(self) -> str:
        """See ``Endpoint.check``. Raise ``EndpointError`` when the type of request could not keep the bundle's id."""
        self._require_fields()
        return f"Jira at {self._transport.host} answers, and takes requests of type {self._type} in {self._project}."

    def _look_up(self, number: str) -> Ticket:
        raw = self._call("GET", f"/request/{number.upper()}")
        if text_of(raw, "serviceDeskId") != self._desk:
            raise Refused(f"{self._transport.host} shows no such request in {self._project}.", _NOT_FOUND)
        return self._ticket(raw)

    def _find(self, key: str) -> Ticket | None:
        if key in self._opened:
            return self._look_up(self._opened[key])
        line = f"Bundle: {key}"
        return next((self._ticket(raw) for raw in self._requests() if line in _lines(raw)), None)

    def _require_fields(self) -> None:
        """Nothing is opened that could not be found again."""
        missing = {"summary", "description"} - self._fields.keys()
        if missing:
            raise EndpointError(
                f"Requests of type {self._type} in {self._project} have no {' and no '.join(sorted(missing))}.",
                advice="See docs/endpoints.md for what the type of request must have.",
            )

    def _create(self, draft: TicketDraft) -> None:
        self._require_fields()
        values: dict[str, object] = {
            "summary": draft.subject[:_SUBJECT_LENGTH],
            "description": ticket_text(draft),
        }
        priorities = self._fields.get("priority")
        if priorities:  # the highest first, as Jira lists them
            values["priority"] = {"id": priorities[min(int(draft.severity), len(priorities)) - 1]}
        told = {"serviceDeskId": self._desk, "requestTypeId": self._type, "requestFieldValues": values}
        made = self._call("POST", "/request", value=told)
        if f"Bundle: {draft.idempotency_key}" in _lines(made):
            self._opened[draft.idempotency_key] = text_of(made, "issueKey")

    def _held(self, number: str, name: str) -> list[str]:
        listed = self._paged(f"/request/{number}/attachment", {})
        # jiraRest is ".../rest/api/2/attachment/10000"; nothing else in the answer tells the attachment's id.
        links = [text_of(raw, "_links", "jiraRest") for raw in listed if raw.get("filename") == name]
        return [f"{number}/{link.rpartition('/')[2]}" for link in links]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        with UploadBody(archive, progress) as file:
            body = MultipartBody([], name="file", file_name=bundle_name(archive), media_type=MEDIA_TYPE, file=file)
            # Without this header Jira takes a form for forged. What is never hung on a request disappears by itself.
            sent = {"Content-Type": body.content_type, "X-Atlassian-Token": "no-check"}
            path = f"/servicedesk/{self._desk}/attachTemporaryFile"
            made = self._call("POST", path, body=body, headers=sent, idempotent=True)
        temporary = [text_of(raw, "temporaryAttachmentId") for raw in items_of(made, "temporaryAttachments")]
        comment = {"body": bundle_text(archive, consent)}
        told = {"temporaryAttachmentIds": temporary, "public": True, "additionalComment": comment}
        self._call("POST", f"/request/{number}/attachment", value=told)

    def _sha256(self, attachment: str) -> str:
        number, _, identifier = attachment.partition("/")
        url = f"{self._url}{self.api}/request/{number}/attachment/{identifier}"
        return downloaded_sha256(url, self._connection, headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/browse/{attachment.partition('/')[0]}"

    @cached_property
    def _desk(self) -> str:
        """The number of the project's service desk."""
        return text_of(self._call("GET", f"/servicedesk/{self._project}"), "id")

    @cached_property
    def _fields(self) -> dict[str, list[str]]:
        """The fields that the type of request has, each with the values that may be chosen."""
        listed = self._call("GET", f"/servicedesk/{self._desk}/requesttype/{self._type}/field")
        return {
            text_of(raw, "fieldId"): [text_of(choice, "value") for choice in raw.get("validValues") or []]
            for raw in items_of(listed, "requestTypeFields")
        }

    def _requests(self) -> list[dict[str, Any]]:
        asked = {"requestOwnership": "OWNED_REQUESTS", "requestStatus": "ALL_REQUESTS", "serviceDeskId": self._desk}
        return self._paged("/request", asked)

    def _paged(self, path: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        found = list[dict[str, Any]]()
        for _ in range(_PAGES):
            page = self._call("GET", f"{path}?{urlencode({**asked, 'start': len(found), 'limit': _PAGE})}")
            values = items_of(page, "values")
            found += [raw for raw in values if isinstance(raw, dict)]
            if page.get("isLastPage") is not False or not values:
                return found
        if path != "/request":
            raise EndpointError(f"{self._transport.host} lists more than can be looked through.")
        return found

    def _ticket(self, raw: Any) -> Ticket:
        number, values = text_of(raw, "issueKey"), _values(raw)
        # Priorities are each site's own, and customers may not see them. Ours is the last such line, after their words.
        severities = [found[1] for line in _lines(raw) if (found := re.match(r"Severity: ([1-4]) ", line))]
        return Ticket(
            number=number,
            link=f"{self._url}/browse/{number}",
            subject=text_of(values, "summary"),
            status=text_of(raw, "currentStatus", "status"),
            severity=int(severities[-1]) if severities else None,
            accepts_bundles=text_of(raw, "currentStatus", "statusCategory") != _DONE,
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": basic(*parts_of(self._token(), _FORM))}


def _values(raw: Any) -> dict[str, Any]:
    """A request's fields by their names."""
    return {text_of(field, "fieldId"): field.get("value") for field in items_of(raw, "requestFieldValues")}


def _lines(raw: Any) -> list[str]:
    return [line.strip() for line in str(_values(raw).get("description")).splitlines()]


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep ``EMAIL:API-TOKEN``. Raise ``NotEnrolled`` for another form, ``StorageError``."""
    keep_log_in(connection, token, _FORM)


ENDPOINT = EndpointKind(
    title="Jira Service Management (not run against the real one)",
    address_help="https://SITE.atlassian.net/PROJECT/TYPE (TYPE is the number of a type of request)",
    capabilities=_CAPABILITIES,
    connect=JiraServiceManagementEndpoint,
)
