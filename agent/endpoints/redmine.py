"""Redmine 5 over its REST API (https://www.redmine.org/projects/redmine/wiki/Rest_api).

The bundle's id is a line of the issue's description, which Redmine can search; it needs no field of its own. A bundle
goes up first and is then hung on the issue by a token that works once; the token is the file's number and the SHA-256
of what Redmine received, so that a body that was hurt on its way is noticed before it is on the issue.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import quote, unquote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
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
from agent.errors import EndpointError, TooLarge, Unreachable, UsageError, WrongType
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_HIGHEST_SEVERITY, _LOWEST_SEVERITY = 1, 4
_INVALID = 422


class RedmineEndpoint(TrackerEndpoint):
    """One project of one Redmine: ``https://HOST/projects/PROJECT``, as the project's own page is called."""

    name = "redmine"

    def __init__(self, connection: Connection) -> None:
        url, middle, project = normalised_url(connection.address).rstrip("/").rpartition("/projects/")
        if not middle or "/" in project:
            raise UsageError("The address of a Redmine is that of a project: https://HOST/projects/PROJECT")
        super().__init__(url, connection)
        self._url = url
        self._project = unquote(project)

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return [self._ticket(raw) for raw in self._search({})]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        text_of(self._call("GET", f"{self._project_path}.json"), "project", "id")
        return f"Redmine at {self._transport.host} answers, and shows the project {self._project}."

    def _look_up(self, number: str) -> Ticket:
        return self._ticket(self._issue(number))

    def _find(self, key: str) -> Ticket | None:
        line = f"Bundle: {key}"
        found = self._search({"op[description]": "~", "v[description][]": key}, "description")
        return next((self._ticket(raw) for raw in found if line in str(raw.get("description")).splitlines()), None)

    def _create(self, draft: TicketDraft) -> None:
        told: dict[str, object] = {
            "project_id": self._project,
            "subject": draft.subject[:255],  # Redmine's column
            "description": ticket_text(draft),
        }
        if self._priorities:
            told["priority_id"] = int(self._priorities[_rank(int(draft.severity), len(self._priorities))])
        self._call("POST", "/issues.json", value={"issue": told})

    def _held(self, number: str, name: str) -> list[str]:
        listed = items_of(self._issue(number, "?include=attachments"), "attachments")
        return [text_of(raw, "id") for raw in listed if raw.get("filename") == name]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        token = self._upload_token(archive, progress)
        if token.rpartition(".")[2] != archive.sha256:
            raise Unreachable(f"{self._transport.host} received other bytes than were sent.", wait_seconds=0)
        upload = {"token": token, "filename": bundle_name(archive), "content_type": MEDIA_TYPE}
        told = {"issue": {"notes": bundle_text(archive, consent), "uploads": [upload]}}
        # The token works once, and its second use rejects the whole note, so nothing here may be sent twice.
        self._call("PUT", f"/issues/{number}.json", value=told, idempotent=False, may_be_empty=True)

    def _upload_token(self, archive: Archive, progress: UploadProgress) -> str:
        path = "/uploads.json?" + urlencode({"filename": bundle_name(archive)})
        try:
            # An upload that is never used disappears by itself, so it may be repeated. Redmine takes this type alone.
            with UploadBody(archive, progress) as body:
                sent = {"Content-Type": "application/octet-stream"}
                return text_of(self._call("POST", path, body=body, headers=sent, idempotent=True), "upload", "token")
        except Refused as refused:
            if refused.status != _INVALID:
                raise
            # The sentence is in the account's language; that about the type holds the extension, the other does not.
            extension = f".{bundle_name(archive).rpartition('.')[2]}"
            kind: type[EndpointError] = WrongType if extension in str(refused) else TooLarge
            raise kind(str(refused)) from None

    def _sha256(self, attachment: str) -> str:
        # Its "digest" is of what was received then; what is asked for is what is stored now.
        return self._transport.sha256(f"/attachments/download/{attachment}", headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/attachments/{attachment}"

    def _issue(self, number: str, query: str = "") -> dict[str, Any]:
        raw = self._call("GET", f"/issues/{number}.json{query}").get("issue")
        if not isinstance(raw, dict):
            raise Unreachable("The tracker's answer holds no 'issue': another program answers there.")
        return raw

    def _search(self, conditions: dict[str, str], *fields: str) -> list[Any]:
        """This account's issues of the project, newest first."""
        asked = [("f[]", field) for field in ("author_id", "status_id", *fields)]
        asked += [("op[author_id]", "="), ("v[author_id][]", "me"), ("op[status_id]", "*"), *conditions.items()]
        asked += [("set_filter", "1"), ("sort", "id:desc"), ("limit", "100")]
        return list(items_of(self._call("GET", f"{self._project_path}/issues.json?{urlencode(asked)}"), "issues"))

    @property
    def _project_path(self) -> str:
        return f"/projects/{quote(self._project, safe='')}"

    @cached_property
    def _priorities(self) -> list[str]:
        """The numbers of the priorities that can be chosen, the lowest first; their names are the site's own."""
        listed = items_of(self._call("GET", "/enumerations/issue_priorities.json"), "issue_priorities")
        return [text_of(raw, "id") for raw in listed if raw.get("active", True)]

    def _ticket(self, raw: Any) -> Ticket:
        number, status = text_of(raw, "id"), raw.get("status")
        priority = text_of(raw, "priority", "id")
        known = priority in self._priorities
        return Ticket(
            number=number,
            link=f"{self._url}/issues/{number}",
            subject=text_of(raw, "subject"),
            status=text_of(status, "name"),
            severity=_severity(self._priorities.index(priority), len(self._priorities)) if known else None,
            accepts_bundles=status.get("is_closed") is not True,
        )

    def _headers(self) -> dict[str, str]:
        return {"X-Redmine-API-Key": self._token()}


def _rank(severity: int, priorities: int) -> int:
    """Which of so many priorities (0 is the lowest) a severity is: 1 the highest there is, 4 the lowest."""
    return priorities - 1 if severity == _HIGHEST_SEVERITY else min(_LOWEST_SEVERITY - severity, priorities - 1)


def _severity(rank: int, priorities: int) -> int:
    return _HIGHEST_SEVERITY if rank == priorities - 1 else max(_LOWEST_SEVERITY - rank, _HIGHEST_SEVERITY + 1)


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep the API access key of Redmine's page My account. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Redmine 5",
    address_help="https://HOST/projects/PROJECT (such as redmine:https://redmine.example/projects/support)",
    # Its limit (5 MB, if nobody raised it) no API tells.
    capabilities=Capabilities(needs_enrolment=True, takes_volumes=True),
    connect=RedmineEndpoint,
)
