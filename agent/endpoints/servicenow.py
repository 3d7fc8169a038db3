"""ServiceNow over its Table API and Attachment API (https://www.servicenow.com/docs, "REST API reference").

Never run against a real ServiceNow: tested against what is documented. The bundle's id is the record's
``correlation_id``. ServiceNow drops a condition of a search that it does not understand or may not use, and answers as
if it had not been there; so what a search returns is compared with what was asked before it is believed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode

from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
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
from agent.errors import NotEnrolled, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from agent.identity import normalised_url

_FORM = "NAME:PASSWORD"
_NOT_FOUND = 404
_FIELDS = "sys_id,number,short_description,state,active,priority,correlation_id,opened_by.user_name"
_SUBJECT_LENGTH = 160  # of task.short_description
# Impact and urgency of which the "Priority Data Lookup Rules" that come with ServiceNow make the priority 1, 2, 3, 4.
_IMPACT_URGENCY = {1: ("1", "1"), 2: ("2", "1"), 3: ("2", "2"), 4: ("3", "2")}
_SEVERITIES = {"1": 1, "2": 2, "3": 3, "4": 4, "5": 4}
_CAPABILITIES = Capabilities(
    needs_enrolment=True,
    takes_volumes=True,
    largest_bundle_bytes=1024 * 2**20,  # "Attachment API": com.glide.attachment.max_size, if nobody changed it
    number_pattern=r"#?(?P<number>[A-Za-z][A-Za-z0-9_]{1,9}[0-9]{5,12})",  # a prefix by table, then digits: "Numbering"
)


class ServicenowEndpoint(TrackerEndpoint):
    """One table of one instance: ``https://INSTANCE/TABLE``. Ours are the records that the token's account opened."""

    name = "servicenow"
    api = "/api/now"
    capabilities = _CAPABILITIES

    def __init__(self, connection: Connection) -> None:
        url, _, table = normalised_url(connection.address).rpartition("/")
        if url.endswith(":/") or not re.fullmatch(r"[a-z][a-z0-9_]{0,79}", table):
            raise UsageError("The address of a ServiceNow ends with a table: https://INSTANCE.service-now.com/incident")
        super().__init__(url, connection)
        self._url = url
        self._table = table

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        return [self._ticket(raw) for raw in self._search()]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        self._search()
        return f"ServiceNow at {self._transport.host} answers, and shows its table {self._table}."

    def _look_up(self, number: str) -> Ticket:
        return self._ticket(self._record(number))

    def _find(self, key: str) -> Ticket | None:
        return next((self._ticket(raw) for raw in self._search(correlation_id=key)), None)

    def _create(self, draft: TicketDraft) -> None:
        impact, urgency = _IMPACT_URGENCY[int(draft.severity)]
        told = {
            "short_description": draft.subject[:_SUBJECT_LENGTH],
            "description": ticket_text(draft),
            "correlation_id": draft.idempotency_key,
            "correlation_display": "sendlogs",
            "impact": impact,
            "urgency": urgency,
        }
        self._call("POST", f"/table/{self._table}?sysparm_fields=number", value=told)

    def _held(self, number: str, name: str) -> list[str]:
        wanted = {"table_name": self._table, "table_sys_id": self._sys_id(number), "file_name": name}
        asked = {"sysparm_query": _query(wanted), "sysparm_limit": 100}
        listed = items_of(self._call("GET", f"/attachment?{urlencode(asked)}"), "result")
        return [text_of(raw, "sys_id") for raw in listed if _fits(raw, wanted)]

    def _upload(self, number: str, archive: Archive, consent: Consent, progress: UploadProgress) -> None:
        record = self._sys_id(number)
        asked = {"table_name": self._table, "table_sys_id": record, "file_name": bundle_name(archive)}
        path, sent = f"/attachment/file?{urlencode(asked)}", {"Content-Type": MEDIA_TYPE}
        self._call("POST", path, body=lambda: UploadBody(archive, progress), headers=sent)
        # An attachment carries no words of its own. The same comment again would be a second one, so it is sent once;
        # an account that may not comment has delivered nonetheless.
        about = {"comments": bundle_text(archive, consent)}
        with suppress(Refused):
            self._call("PATCH", f"/table/{self._table}/{record}?sysparm_fields=number", value=about)

    def _sha256(self, attachment: str) -> str:
        return self._transport.sha256(f"{self.api}/attachment/{attachment}/file", headers=self._headers())

    def _link(self, attachment: str) -> str:
        return f"{self._url}/sys_attachment.do?sys_id={attachment}"

    def _sys_id(self, number: str) -> str:
        return text_of(self._record(number), "sys_id")

    def _record(self, number: str) -> dict[str, Any]:
        for raw in self._search(number=number.upper()):
            return raw
        raise Refused(f"{self._transport.host} shows no such record of this account.", _NOT_FOUND)

    def _search(self, **conditions: str) -> list[dict[str, Any]]:
        """This account's records of the table that fulfil the conditions, newest first."""
        account, _ = self._account()
        wanted = {"opened_by.user_name": account, **conditions}
        asked = {
            "sysparm_query": f"{_query(wanted)}^ORDERBYDESCsys_created_on^ORDERBYDESCnumber",
            "sysparm_fields": _FIELDS,
            "sysparm_exclude_reference_link": "true",
            "sysparm_limit": 100,
        }
        listed = items_of(self._call("GET", f"/table/{self._table}?{urlencode(asked)}"), "result")
        return [raw for raw in listed if _fits(raw, wanted)]

    def _ticket(self, raw: Any) -> Ticket:
        number, is_active = text_of(raw, "number"), text_of(raw, "active") == "true"
        return Ticket(
            number=number,
            link=f"{self._url}/{self._table}.do?sysparm_query={quote(f'number={number}')}",
            subject=text_of(raw, "short_description"),
            status=f"state {text_of(raw, 'state')}" if is_active else "closed",  # the names of states are each table's
            severity=_SEVERITIES.get(str(raw.get("priority"))),
            accepts_bundles=is_active,
        )

    def _account(self) -> tuple[str, str]:
        account, secret = parts_of(self._token(), _FORM)
        if "^" in account:
            raise NotEnrolled("A name with a '^' cannot be searched for in ServiceNow.")
        return account, secret

    def _headers(self) -> dict[str, str]:
        return {"Authorization": basic(*self._account())}


def _query(wanted: dict[str, str]) -> str:
    """An encoded query; ``^`` is its "and", and stands in no number, id or name that is asked for."""
    return "^".join(f"{field}={value}" for field, value in wanted.items())


def _fits(raw: Any, wanted: dict[str, str]) -> bool:
    return isinstance(raw, dict) and all(raw.get(field) == value for field, value in wanted.items())


def enroll(connection: Connection, token: str, *_: str) -> None:
    """Keep ``NAME:PASSWORD``. Raise ``NotEnrolled`` for another form, ``StorageError``."""
    keep_log_in(connection, token, _FORM)


ENDPOINT = EndpointKind(
    title="ServiceNow (not run against the real one)",
    address_help="https://INSTANCE.service-now.com/TABLE (such as servicenow:https://example.service-now.com/incident)",
    capabilities=_CAPABILITIES,
    connect=ServicenowEndpoint,
)
