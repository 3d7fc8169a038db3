"""GitHub Issues over the REST API, version 2022-11-28 (https://docs.github.com/rest, "Issues", "Rate limits").

Never run against the vendor: tested against what is documented. The API takes no attachments, so this endpoint takes
links alone: a bundle lies in a desk's store or a folder, and a comment on the issue says where, until when, and its
SHA-256. That comment is looked for, posted once and read back as other endpoints do it with the file itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._tracker import (
    Refused,
    TrackerEndpoint,
    all_pages,
    bundle_text,
    items_of,
    refusal,
    text_of,
    ticket_text,
)
from agent.endpoints._tracker_api import keep_token
from agent.endpoints._transport_errors import asked_wait_seconds
from agent.errors import ClosedTicket, EndpointError, RateLimited, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_PUBLIC_HOST, _PUBLIC_API = "https://github.com", "https://api.github.com"
_ADDRESS = re.compile(r"(?P<host>https?://[^/]+)/(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)")
_PAGE = 100
_MOVED, _NOT_FOUND, _FORBIDDEN = 301, 404, 403
_SEVERITY_LINE = re.compile(r"^Severity: ([1-4]) ", re.MULTILINE)
_SHA256_LINE = re.compile(r"^SHA-256: ([0-9a-f]{64})\r?$", re.MULTILINE)
_NO_FILES = "GitHub Issues takes no files: set 'link_store' to a desk where bundles lie, and the issue gets a link."


class GithubIssuesEndpoint(TrackerEndpoint):
    """One repository: ``https://github.com/OWNER/REPOSITORY``, or one of a GitHub Enterprise Server.

    Ours are the issues that the account of the token opened.
    """

    name = "github_issues"

    def __init__(self, connection: Connection) -> None:
        found = _ADDRESS.fullmatch(normalised_url(connection.address))
        if found is None:
            raise UsageError("The address is that of a repository: https://github.com/OWNER/REPOSITORY")
        api = _PUBLIC_API if found["host"] == _PUBLIC_HOST else f"{found['host']}/api/v3"
        super().__init__(api, connection, _refusal)
        self._issues = f"/repos/{found['repository']}/issues"
        self._repository = found["repository"]
        self._told_link = ""  # what ``_upload`` posts; set by ``attach_link``

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """Refuse: raise ``UnknownTicket``, ``ClosedTicket``, else ``EndpointError``."""
        del archive, consent, progress  # no file is taken, whatever it is
        current = self.look_up(ticket.number)
        if not current.accepts_bundles:
            raise ClosedTicket(f"Ticket {current.number} is {current.status} and takes no bundle.")
        raise EndpointError(_NO_FILES)

    def attach_link(
        self, ticket: Ticket, archive: Archive, consent: Consent, link: str, expires_at: datetime | None
    ) -> str:
        """See ``LinkEndpoint.attach_link``."""
        until = f" (until {expires_at.astimezone(UTC):%Y-%m-%d %H:%M UTC})" if expires_at else ""
        self._told_link = f"Link: {link}{until}"
        return self._attached(self.look_up(ticket.number), archive, consent, lambda *_: None)

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return [self._ticket(raw) for raw in self._page(1) if "pull_request" not in raw]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        self._page(1)
        return f"GitHub at {self._transport.host} answers, and shows the issues of {self._repository} to {self._me}."

    def _look_up(self, number: str) -> Ticket:
        raw = self._call("GET", f"{self._issues}/{number}")
        if "pull_request" in raw or text_of(raw, "user", "login") != self._me:
            raise Refused(f"{self._transport.host} shows no such issue of this account.", _NOT_FOUND)
        return self._ticket(raw)

    def _find(self, key: str) -> Ticket | None:
        line = f"Bundle: {key}"
        for raw in all_pages(self._page, _PAGE):
            if "pull_request" not in raw and line in str(raw.get("body")).splitlines():
                return self._ticket(raw)
        return None

    def _create(self, draft: TicketDraft) -> None:
        told = {"title": draft.subject[:256], "body": ticket_text(draft)}
        self._call("POST", self._issues, value=told)

    def _held(self, number: str, name: str) -> list[str]:
        def comments(page: int) -> Sequence[Any]:
            asked = urlencode({"per_page": _PAGE, "page": page})
            return items_of({"all": self._call("GET", f"{self._issues}/{number}/comments?{asked}")}, "all")

        first_line, found = f"Diagnostic bundle {name.removesuffix('.7z')}", list[str]()
        for raw in all_pages(comments, _PAGE):
            lines = str(raw.get("body")).splitlines()
            ours = lines[:1] == [first_line] and text_of(raw, "user", "login") == self._me
            if ours and self._told_link in lines:
                found.append(f"{text_of(raw, 'id')} {text_of(raw, 'html_url')}")
        return found

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        del progress  # the file stays where it is
        told = {"body": f"{bundle_text(archive, consent)}\n{self._told_link}"}
        self._call("POST", f"{self._issues}/{number}/comments", value=told)

    def _sha256(self, attachment: str) -> str:
        raw = self._call("GET", f"{self._issues}/comments/{quote(attachment.partition(' ')[0], safe='')}")
        said = _SHA256_LINE.search(str(raw.get("body")))
        return said[1] if said else ""

    def _link(self, attachment: str) -> str:
        return attachment.partition(" ")[2]

    @cached_property
    def _me(self) -> str:
        """The name of the token's account."""
        return text_of(self._call("GET", "/user"), "login")

    def _page(self, number: int) -> list[Any]:
        """The issues (and pull requests, which GitHub lists with them) that this account opened, newest first."""
        asked = {"creator": self._me, "state": "all", "sort": "created", "direction": "desc"}
        query = urlencode({**asked, "per_page": _PAGE, "page": number})
        return list(items_of({"all": self._call("GET", f"{self._issues}?{query}")}, "all"))

    def _ticket(self, raw: Any) -> Ticket:
        status, severity = text_of(raw, "state"), _SEVERITY_LINE.search(str(raw.get("body")))
        return Ticket(
            number=text_of(raw, "number"),
            link=text_of(raw, "html_url"),
            subject=text_of(raw, "title"),
            status=status,
            severity=int(severity[1]) if severity else None,
            accepts_bundles=status == "open",
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._token()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }


def _refusal(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
    """As of every tracker; but a limit may be told as 403, and an issue that was moved away as 301."""
    if status == _FORBIDDEN and (headers.get("Retry-After") or headers.get("X-RateLimit-Remaining") == "0"):
        wait_seconds = asked_wait_seconds(headers, datetime.now(UTC)) or 0.0
        return RateLimited(f"{host} asks to wait {wait_seconds:.0f} seconds.", wait_seconds=wait_seconds)
    if status == _MOVED:
        return Refused(f"{host} says that it was moved elsewhere.", _NOT_FOUND)
    return refusal(status, headers, data, host)


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep a fine-grained personal access token. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="GitHub Issues (links alone; not run against the vendor's)",
    address_help="https://github.com/OWNER/REPOSITORY (such as github_issues:https://github.com/example/support)",
    capabilities=Capabilities(needs_enrolment=True, link_only=True),
    connect=GithubIssuesEndpoint,
)
