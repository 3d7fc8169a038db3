"""Salesforce cases over its REST API, as its REST API Developer Guide has it.

Its pages "Upsert a Record Using an External ID", "Query" and "Insert or Update Blob Data", and OAuth 2.0's client
credentials flow. Never run against the vendor: tested against what is documented. The bundle's id is an external id of
the case, a field that an administrator adds once; a case is written under it (an upsert), so that a repetition is no
second case. A bundle is a file (ContentVersion) on the case, sent as multipart, the form without a limit of 37 MB.
"""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._multipart_body import Field, MultipartBody
from agent.endpoints._ticket_number import ticket_number
from agent.endpoints._tracker import (
    MEDIA_TYPE,
    Refused,
    TrackerEndpoint,
    bundle_name,
    bundle_text,
    items_of,
    refusal,
    text_of,
    ticket_text,
)
from agent.endpoints._tracker_api import keep_token
from agent.endpoints._upload_body import UploadBody
from agent.errors import EndpointError, NotEnrolled, RateLimited, TooLarge, Unreachable
from agent.flow import Archive, Consent, Severity, Ticket, TicketDraft
from agent.identity import normalised_url

BUNDLE_FIELD = "Sendlogs_Bundle__c"
_FIELDS = "Id, CaseNumber, Subject, Status, IsClosed, Priority"
_NOT_FOUND, _BAD_REQUEST = 404, 400
_LONGEST_NUMBER = 10  # digits; an auto-number is written with leading zeros, eight digits in all if nobody changed it
_TOKEN_SECONDS = 600.0  # the shortest session there is ends after fifteen minutes
# The values of the standard field; it has three for our four severities.
_PRIORITIES = {Severity.CRITICAL: "High", Severity.HIGH: "High", Severity.MEDIUM: "Medium", Severity.LOW: "Low"}
_SEVERITIES = {"High": 2, "Medium": 3, "Low": 4}
_LARGEST_BUNDLE_BYTES = 2_000_000_000  # "2 GB for ContentVersion objects"; read the smaller way
_RECORD_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_ADVICE = "Give this computer CONSUMER_KEY:CONSUMER_SECRET with: sendlogs enroll, see docs/endpoints.md"
_RATE_LIMITED = frozenset({"REQUEST_LIMIT_EXCEEDED"})
_TOO_LARGE = frozenset({"FILE_SIZE_LIMIT_EXCEEDED"})


class SalesforceEndpoint(TrackerEndpoint):
    """One Salesforce, by its My Domain address. Ours are the cases that the account of the token made."""

    name = "salesforce"
    api = "/services/data/v60.0"

    def __init__(self, connection: Connection) -> None:
        self._url = normalised_url(connection.address)
        super().__init__(self._url, connection, _refusal)
        self._ids: dict[str, str] = {}  # a case's number is not its id
        self._session: tuple[float, str, str] | None = None  # got at, access token, our user's id

    def look_up(self, number: str) -> Ticket:
        """See ``Endpoint.look_up``. People copy a case's number with its zeros."""
        return super().look_up(ticket_number(number, ENDPOINT.capabilities))

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        order = "ORDER BY CreatedDate DESC, CaseNumber DESC LIMIT 100"
        return [self._ticket(raw) for raw in self._cases(f"{BUNDLE_FIELD} != null {order}")]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        self._cases(f"{BUNDLE_FIELD} != null LIMIT 1")
        return f"Salesforce at {self._transport.host} answers, and has the field {BUNDLE_FIELD}."

    def _look_up(self, number: str) -> Ticket:
        spellings = ", ".join(_quoted(number.zfill(width)) for width in range(len(number), _LONGEST_NUMBER + 1))
        wanted = f"CaseNumber IN ({spellings or _quoted(number)})"
        found = self._cases(wanted) or self._survivors(wanted)
        if not found:
            raise Refused(f"{self._transport.host} shows no such case of this account.", _NOT_FOUND)
        return self._ticket(found[0])

    def _survivors(self, wanted: str) -> list[Any]:
        """The case into which the wanted one was merged; a merged one is deleted, and says where it went."""
        gone = self._query("MasterRecordId", "Case", f"{wanted} AND IsDeleted = true", resource="queryAll")
        masters = [str(raw["MasterRecordId"]) for raw in gone if raw.get("MasterRecordId")]
        return self._cases(f"Id = {_quoted(masters[0])}") if masters else []

    def _find(self, key: str) -> Ticket | None:
        found = self._cases(f"{BUNDLE_FIELD} = {_quoted(key)}")
        return self._ticket(found[0]) if found else None

    def _create(self, draft: TicketDraft) -> None:
        told = {
            "Subject": draft.subject[:255],
            "Description": ticket_text(draft)[:32_000],
            "Priority": _PRIORITIES[draft.severity],
        }
        path = f"/sobjects/Case/{BUNDLE_FIELD}/{quote(draft.idempotency_key, safe='')}"
        # Under an external id that is unique; the same again changes the case to what it is.
        self._call("PATCH", path, value=told, idempotent=True, may_be_empty=True)

    def _held(self, number: str, name: str) -> list[str]:
        asked = f"LinkedEntityId = {_quoted(self._id(number))} AND ContentDocument.Title = {_quoted(name)}"
        found = self._query("ContentDocument.LatestPublishedVersionId", "ContentDocumentLink", asked)
        return [text_of(raw, "ContentDocument", "LatestPublishedVersionId") for raw in found]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        name = bundle_name(archive)
        told = {"Title": name, "PathOnClient": name, "Description": bundle_text(archive, consent)[:1000]}
        told["FirstPublishLocationId"] = self._id(number)
        with UploadBody(archive, progress) as file:
            body = MultipartBody(
                [Field(name="entity_content", text=json.dumps(told), media_type="application/json")],
                name="VersionData",
                file_name=name,
                media_type=MEDIA_TYPE,
                file=file,
            )
            headers = self._headers() | {"Content-Type": body.content_type}
            self._transport.call("POST", f"{self.api}/sobjects/ContentVersion", headers=headers, body=body)

    def _sha256(self, attachment: str) -> str:
        path = f"{self.api}/sobjects/ContentVersion/{quote(attachment, safe='')}/VersionData"
        return self._transport.sha256(path, headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/sfc/servlet.shepherd/version/download/{attachment}"

    def _id(self, number: str) -> str:
        if number not in self._ids:
            self._look_up(number)
        return self._ids[number]

    def _cases(self, condition: str) -> list[Any]:
        """Our cases; ``condition`` may end with an order and a limit."""
        return self._query(_FIELDS, "Case", f"CreatedById = {_quoted(self._login()[1])} AND {condition}")

    def _query(self, fields: str, entity: str, condition: str, *, resource: str = "query") -> list[Any]:
        soql = " ".join(["SELECT", fields, "FROM", entity, "WHERE", condition])
        return list(items_of(self._call("GET", f"/{resource}?{urlencode({'q': soql})}"), "records"))

    def _ticket(self, raw: Any) -> Ticket:
        number = ticket_number(text_of(raw, "CaseNumber"), ENDPOINT.capabilities)
        self._ids[number] = text_of(raw, "Id")
        return Ticket(
            number=number,
            link=f"{self._url}/lightning/r/Case/{self._ids[number]}/view#{number}",
            subject=text_of(raw, "Subject"),
            status=text_of(raw, "Status"),
            severity=_SEVERITIES.get(str(raw.get("Priority"))),
            accepts_bundles=raw.get("IsClosed") is not True,
        )

    def _login(self) -> tuple[str, str]:
        """An access token that lives for some minutes more, and the id of our user."""
        if self._session is None or time.monotonic() - self._session[0] > _TOKEN_SECONDS:
            key, colon, secret = self._token().partition(":")
            if not (key and colon and secret):
                raise NotEnrolled("The credential must be CONSUMER_KEY:CONSUMER_SECRET.", advice=_ADVICE)
            told = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
            given = self._give(told)
            user = text_of(given, "id").rpartition("/")[2]
            if not _RECORD_ID.fullmatch(user):
                raise Unreachable("The tracker's answer holds no 'id' of a user: another program answers there.")
            self._session = (time.monotonic(), text_of(given, "access_token"), user)
        return self._session[1], self._session[2]

    def _give(self, told: Mapping[str, str]) -> Any:
        @contextmanager
        def form() -> Iterator[_Form]:
            yield _Form(urlencode(told).encode("ascii"))

        sent = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            path = "/services/oauth2/token"
            return self._transport.call("POST", path, headers=sent, body=form, idempotent=True).value
        except Refused as refused:
            if refused.status != _BAD_REQUEST:
                raise
            raise NotEnrolled(f"{self._transport.host} does not accept the credential.", advice=_ADVICE) from None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._login()[0]}"}


class _Form(io.BytesIO):
    """A small body of known length."""

    def __len__(self) -> int:
        return len(self.getvalue())


def _quoted(text: str) -> str:
    """A text as SOQL writes it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _refusal(status: int, headers: Mapping[str, str], data: bytes, host: str) -> EndpointError:
    """As of every tracker; but the account's limit of requests is a 403, and a code tells what a 400 is about."""
    error = refusal(status, headers, data, host)
    codes = _codes(data)
    if isinstance(error, Refused) and codes & _RATE_LIMITED:
        return RateLimited(str(error), wait_seconds=0)
    return TooLarge(str(error)) if isinstance(error, Refused) and codes & _TOO_LARGE else error


def _codes(data: bytes) -> set[str]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return set()
    errors = value if isinstance(value, list) else []
    return {str(raw.get("errorCode")) for raw in errors if isinstance(raw, dict)}


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep ``CONSUMER_KEY:CONSUMER_SECRET`` of a connected app. Raise ``NotEnrolled``, ``StorageError``."""
    keep_token(connection, token)


ENDPOINT = EndpointKind(
    title="Salesforce (not run against the vendor's)",
    address_help="https://NAME.my.salesforce.com (such as salesforce:https://example.my.salesforce.com)",
    capabilities=Capabilities(
        needs_enrolment=True,
        takes_volumes=True,
        largest_bundle_bytes=_LARGEST_BUNDLE_BYTES,
        number_pattern=r"#?0{0,9}(?P<number>[1-9][0-9]{0,17})",
    ),
    connect=SalesforceEndpoint,
)
