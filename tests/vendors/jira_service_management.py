"""Jira Service Management as documented at developer.atlassian.com/cloud/jira/service-desk/rest: "Request" and
"Servicedesk"; no answer here was recorded from a Jira.

The content of an attachment is documented as a redirect (303) to an address that carries its own right; here it lies
on ``localhost``.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS, ABSENT = "device@example.org:token-of-ours", "other@example.org:token-of-theirs", "SUP-987654321"
_ACCOUNTS = {"Basic " + base64.b64encode(token.encode()).decode(): token.partition(":")[0] for token in (OURS, THEIRS)}
_DESK, _TYPE = "4", "10"
PRIORITIES = ["10001", "10002", "10003"]


def failure(status: int, message: str) -> Reply:
    """How every error looks."""
    return Reply(status, {"errorMessage": message, "i18nErrorMessage": {"i18nKey": "sd.x", "parameters": []}})


class JiraServiceManagement:
    """A site with the project SUP, one type of request, and two customers."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.lags = False  # whether a list shows what the index knew when it was last asked
        self.indexed = 0
        self.fields = {"summary": [], "description": [], "priority": PRIORITIES}
        self.temporary: dict[str, tuple[str, bytes]] = {}
        self.attachments: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        api = "/rest/servicedeskapi"
        self.server = VendorServer(
            {
                ("GET", f"{api}/servicedesk/SUP"): self._desk,
                ("GET", f"{api}/servicedesk/{_DESK}/requesttype/{_TYPE}/field"): self._fields,
                ("GET", f"{api}/request"): self._list,
                ("POST", f"{api}/request"): self._open,
                ("GET", f"{api}/request/([A-Z]+-[0-9]+)"): self._show,
                ("POST", f"{api}/servicedesk/{_DESK}/attachTemporaryFile"): self._take,
                ("GET", f"{api}/request/([A-Z]+-[0-9]+)/attachment"): self._attached,
                ("POST", f"{api}/request/([A-Z]+-[0-9]+)/attachment"): self._attach,
                ("GET", f"{api}/request/([A-Z]+-[0-9]+)/attachment/([0-9]+)"): self._redirect,
                ("GET", "/file/([0-9]+)/binary"): self._stored,
            }
        )
        self.address = f"{self.server.base}/SUP/{_TYPE}"

    def close(self, number: str) -> None:
        """As an agent resolves it."""
        self._request(number)["currentStatus"] = {"status": "Resolved", "statusCategory": "DONE"}

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot."""
        for raw in self.attachments:
            if raw["filename"] == f"{bundle_id}.7z":
                self.files[raw["id"]] = self.files[raw["id"]][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many requests and how many attachments on them there are."""
        return len(self.requests), len(self.attachments)

    def _request(self, number: str) -> dict[str, Any]:
        return next((raw for raw in self.requests if raw["issueKey"] == number), {})

    def _account(self, request: Request) -> str | None:
        return _ACCOUNTS.get(request.headers.get("authorization", ""))

    def _may(self, request: Request) -> bool:
        found = self._request(request.found[0])
        return bool(found) and found["reporter"]["emailAddress"] == self._account(request)

    def _desk(self, request: Request) -> Reply:
        if self._account(request) is None:
            return Reply(401, body=b"Basic authentication with passwords is deprecated.")
        return Reply(200, {"id": _DESK, "projectId": "11001", "projectName": "Support", "projectKey": "SUP"})

    def _fields(self, request: Request) -> Reply:
        told = [
            {"fieldId": name, "required": True, "validValues": [{"value": value, "label": value} for value in values]}
            for name, values in self.fields.items()
        ]
        return Reply(200, {"requestTypeFields": told, "canRaiseOnBehalfOf": False})

    def _list(self, request: Request) -> Reply:
        known = self.requests[: self.indexed] if self.lags else self.requests
        self.indexed = len(self.requests)
        mine = [raw for raw in reversed(known) if raw["reporter"]["emailAddress"] == self._account(request)]
        return self._page(request, mine)

    def _page(self, request: Request, values: list[Any]) -> Reply:
        start, limit = int(request.query["start"][0]), 3
        told = {"size": len(values[start : start + limit]), "start": start, "limit": limit}
        return Reply(200, {**told, "isLastPage": start + limit >= len(values), "values": values[start : start + limit]})

    def _open(self, request: Request) -> Reply:
        told, account = request.value, self._account(request)
        if account is None or told["serviceDeskId"] != _DESK or told["requestTypeId"] != _TYPE:
            return failure(400, "The request type you are trying to create does not exist in this portal.")
        self.sent.append(told["requestFieldValues"])
        made = {
            "issueId": str(107000 + len(self.requests)),
            "issueKey": f"SUP-{len(self.requests) + 1}",
            "requestTypeId": _TYPE,
            "serviceDeskId": _DESK,
            "reporter": {"accountId": account, "emailAddress": account},
            "requestFieldValues": [
                {"fieldId": name, "label": name, "value": value} for name, value in told["requestFieldValues"].items()
            ],
            "currentStatus": {"status": "Waiting for support", "statusCategory": "NEW"},
        }
        self.requests.append(made)
        return Reply(201, made)

    def _show(self, request: Request) -> Reply:
        if not self._may(request):
            return failure(404 if not self._request(request.found[0]) else 403, "You do not have permission to see it.")
        return Reply(200, self._request(request.found[0]))

    def _take(self, request: Request) -> Reply:
        if request.headers.get("x-atlassian-token") != "no-check":
            return Reply(403, body=b"XSRF check failed")
        boundary = request.headers["content-type"].partition("boundary=")[2].encode()
        head, _, rest = request.body.partition(b"\r\n\r\n")
        name = head.partition(b'filename="')[2].partition(b'"')[0].decode()
        assert b'name="file"' in head
        identifier = f"temp{len(self.temporary) + 1}"
        self.temporary[identifier] = name, rest.removesuffix(b"\r\n--" + boundary + b"--\r\n")
        return Reply(201, {"temporaryAttachments": [{"temporaryAttachmentId": identifier, "fileName": name}]})

    def _attach(self, request: Request) -> Reply:
        if not self._may(request):
            return failure(403, "You do not have permission to add an attachment.")
        told = request.value
        if not set(told["temporaryAttachmentIds"]) <= self.temporary.keys():
            return failure(400, "Temporary attachment cannot be found.")
        for identifier in told["temporaryAttachmentIds"]:
            name, data = self.temporary.pop(identifier)
            number = str(10000 + len(self.attachments))
            links = {"jiraRest": f"{self.server.base}/rest/api/2/attachment/{number}"}
            self.files[number] = data
            shown = {"filename": name, "size": len(data), "_links": links}
            self.attachments.append({"id": number, "request": request.found[0], "shown": shown, "filename": name})
        return Reply(201, {"comment": {"body": told["additionalComment"]["body"], "public": told["public"]}})

    def _attached(self, request: Request) -> Reply:
        if not self._may(request):
            return failure(403, "You do not have permission to see it.")
        return self._page(request, [raw["shown"] for raw in self.attachments if raw["request"] == request.found[0]])

    def _redirect(self, request: Request) -> Reply:
        if not self._may(request):
            return failure(403, "You do not have permission to see it.")
        there = self.server.base.replace("127.0.0.1", "localhost")
        return Reply(303, body=b"", headers={"Location": f"{there}/file/{request.found[1]}/binary?token=signed"})

    def _stored(self, request: Request) -> Reply:
        if "authorization" in request.headers:
            return Reply(400, body=b"one authorisation too many")
        return Reply(200, body=self.files[request.found[0]])
