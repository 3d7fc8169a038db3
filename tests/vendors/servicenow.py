"""ServiceNow as documented at servicenow.com/docs, "REST API reference": "Table API", "Attachment API", "REST API HTTP
response codes", "Inbound REST API rate limiting"; no answer here was recorded from a ServiceNow.

Values are texts, as the Table API gives them without ``sysparm_display_value``. That a condition on a field that there
is not is dropped is documented for encoded queries ("GlideRecord", glide.invalid_query.returns_no_rows).
"""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS, ABSENT = "device.one:password-of-ours", "device.two:password-of-theirs", "INC9876543"
_ACCOUNTS = {"Basic " + base64.b64encode(token.encode()).decode(): token.partition(":")[0] for token in (OURS, THEIRS)}
_PRIORITIES = {("2", "1"): "2", ("2", "2"): "3", ("3", "2"): "4", ("1", "1"): "1"}
_NO_RECORD = {"message": "No Record found", "detail": "Record doesn't exist or ACL restricts the record retrieval"}


def failure(status: int, message: str, detail: str | None = None) -> Reply:
    """How every error looks."""
    return Reply(status, {"error": {"message": message, "detail": detail}, "status": "failure"})


class Servicenow:
    """An instance with the table incident; every account there may read every record."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.comments: list[str] = []
        self.attachments: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.server = VendorServer(
            {
                ("GET", "/api/now/table/incident"): self._search,
                ("POST", "/api/now/table/incident"): self._open,
                ("PATCH", "/api/now/table/incident/([0-9a-f]{32})"): self._comment,
                ("GET", "/api/now/attachment"): self._listed,
                ("POST", "/api/now/attachment/file"): self._attach,
                ("GET", "/api/now/attachment/([0-9a-f]{32})/file"): self._file,
            }
        )
        self.address = f"{self.server.base}/incident"

    def close(self, number: str) -> None:
        """As an agent, or the clock that runs after an incident was resolved."""
        next(raw for raw in self.records if raw["number"] == number).update(state="7", active="false")

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot; the hash in the metadata is of what was received."""
        for raw in self.attachments:
            if raw["file_name"] == f"{bundle_id}.7z":
                self.files[raw["sys_id"]] = self.files[raw["sys_id"]][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many records and how many attachments there are."""
        return len(self.records), len(self.attachments)

    def _account(self, request: Request) -> str | None:
        return _ACCOUNTS.get(request.headers.get("authorization", ""))

    def _selected(self, request: Request, rows: list[dict[str, Any]]) -> Reply:
        if self._account(request) is None:
            return failure(401, "User Not Authenticated", "Required to provide Auth information")
        wanted = {}
        for term in request.query["sysparm_query"][0].split("^"):
            found = re.fullmatch(r"([a-z_.]+)=(.*)", term)
            if found and (not rows or found[1] in rows[0]):  # an unknown field: the condition is dropped
                wanted[found[1]] = found[2]
        found_rows = [raw for raw in rows if all(raw[field] == value for field, value in wanted.items())]
        return Reply(200, {"result": list(reversed(found_rows))})

    def _search(self, request: Request) -> Reply:
        return self._selected(request, self.records)

    def _open(self, request: Request) -> Reply:
        account, told = self._account(request), request.value
        if account is None:
            return failure(401, "User Not Authenticated")
        kept = {name: told[name] for name in ("short_description", "description", "correlation_id")}
        number = f"INC{len(self.records) + 10001:07}"
        given = {"sys_id": uuid.uuid4().hex, "number": number, "state": "1", "active": "true"}
        priority = _PRIORITIES[told["impact"], told["urgency"]]
        self.records.append(kept | given | {"priority": priority, "opened_by.user_name": account})
        return Reply(201, {"result": {"number": number}})

    def _comment(self, request: Request) -> Reply:
        if not any(raw["sys_id"] == request.found[0] for raw in self.records):
            return Reply(404, {"error": _NO_RECORD, "status": "failure"})
        self.comments.append(request.value["comments"])
        return Reply(200, {"result": {}})

    def _listed(self, request: Request) -> Reply:
        return self._selected(request, self.attachments)

    def _attach(self, request: Request) -> Reply:
        asked = {name: request.query[name][0] for name in ("table_name", "table_sys_id", "file_name")}
        if not any(raw["sys_id"] == asked["table_sys_id"] for raw in self.records):
            return Reply(404, {"error": _NO_RECORD, "status": "failure"})
        sys_id = uuid.uuid4().hex
        self.files[sys_id] = request.body
        told = {"content_type": request.headers["content-type"], "size_bytes": str(len(request.body))}
        digest = hashlib.sha256(request.body).hexdigest()
        self.attachments.append({"sys_id": sys_id, **asked, **told, "hash": digest, "state": "pending"})
        return Reply(201, {"result": self.attachments[-1]})

    def _file(self, request: Request) -> Reply:
        if self._account(request) is None:
            return failure(401, "User Not Authenticated")
        return Reply(200, body=self.files[request.found[0]], headers={"Content-Type": "application/x-7z-compressed"})
