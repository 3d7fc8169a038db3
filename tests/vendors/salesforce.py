"""Salesforce's API as documented: REST API Developer Guide (upsert by external id, query, queryAll, blob data, status
codes and error responses), OAuth 2.0 Client Credentials Flow, Object Reference (Case, ContentDocumentLink).
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs

from tests.vendors.freshdesk import parts_of
from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS = "3MVG9ours.key:SECRET-OF-OURS", "3MVG9theirs.key:SECRET-OF-THEIRS"
_USERS = {"00Dx!ours": "005000000000001AAA", "00Dx!theirs": "005000000000002AAA"}
_API = "/services/data/v60.0"
_EXPIRED = Reply(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])


class Salesforce:
    """One Salesforce with two users of the API."""

    def __init__(self) -> None:
        self.cases: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.server = VendorServer(
            {
                ("POST", "/services/oauth2/token"): self._give,
                ("GET", f"{_API}/query"): self._query,
                ("GET", f"{_API}/queryAll"): self._query,
                ("PATCH", f"{_API}/sobjects/Case/Sendlogs_Bundle__c/([0-9a-f-]+)"): self._upsert,
                ("POST", f"{_API}/sobjects/ContentVersion"): self._keep,
                ("GET", f"{_API}/sobjects/ContentVersion/(068\\w+)/VersionData"): self._data,
            }
        )
        self.address = self.server.base

    def close(self, number: str) -> None:
        """As an agent does."""
        self._case(number).update(Status="Closed", IsClosed=True)

    def merge(self, number: str, into: str) -> None:
        """As an agent does: the case is deleted and keeps the id of the one that is left."""
        self._case(number).update(IsDeleted=True, MasterRecordId=self._case(into)["Id"])

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot."""
        for file in self.files.values():
            if file["Title"] == f"{bundle_id}.7z":
                file["data"] = file["data"][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many cases and files there are."""
        return len(self.cases), len(self.files)

    def _case(self, number: str) -> dict[str, Any]:
        return next(case for case in self.cases.values() if case["CaseNumber"] == number.zfill(8))

    def _give(self, request: Request) -> Reply:
        told = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        login = f"{told['client_id']}:{told['client_secret']}"
        if told["grant_type"] != "client_credentials" or login not in (OURS, THEIRS):
            return Reply(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        token = "00Dx!ours" if login == OURS else "00Dx!theirs"
        identity = f"https://login.salesforce.com/id/00D000000000001AAA/{_USERS[token]}"
        return Reply(200, {"access_token": token, "instance_url": self.address, "id": identity, "token_type": "Bearer"})

    def _user(self, request: Request) -> str | None:
        return _USERS.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def _query(self, request: Request) -> Reply:
        if self._user(request) is None:
            return _EXPIRED
        soql = request.query["q"][0]
        found = self._links(soql) if " FROM ContentDocumentLink " in soql else self._selected(soql, request.path)
        return Reply(200, {"totalSize": len(found), "done": True, "records": found})

    def _links(self, soql: str) -> list[dict[str, Any]]:
        asked = re.search(r"LinkedEntityId = '(\w+)' AND ContentDocument.Title = '([^']*)'$", soql)
        assert asked
        return [
            {"ContentDocument": {"LatestPublishedVersionId": number}}
            for number, file in self.files.items()
            if (file["FirstPublishLocationId"], file["Title"]) == asked.groups()
        ]

    def _selected(self, soql: str, path: str) -> list[dict[str, Any]]:
        found = [case for case in self.cases.values() if path.endswith("queryAll") or not case["IsDeleted"]]
        for name, value in re.findall(r"(\w+) = ('\w[\w-]*'|true)", soql):
            found = [case for case in found if case[name] == (True if value == "true" else value.strip("'"))]
        if numbers := re.search(r"CaseNumber IN \(([^)]*)\)", soql):
            found = [case for case in found if f"'{case['CaseNumber']}'" in numbers[1]]
        return sorted(found, key=lambda case: case["CaseNumber"], reverse=True)

    def _upsert(self, request: Request) -> Reply:
        user, key = self._user(request), request.found[0]
        if user is None:
            return _EXPIRED
        assert not {"Id", "Sendlogs_Bundle__c"} & set(request.value), "the guide forbids it"
        if key in self.cases:
            self.cases[key].update(request.value)
            return Reply(200, {"id": self.cases[key]["Id"], "success": True, "errors": [], "created": False})
        number = len(self.cases) + 1
        case = {"Id": f"500{number:012}AAA", "CaseNumber": f"{1000 + number:08}", "Status": "New", "IsClosed": False}
        case |= {"IsDeleted": False, "MasterRecordId": None, "CreatedById": user, "Sendlogs_Bundle__c": key}
        self.cases[key] = case | request.value
        return Reply(201, {"id": case["Id"], "success": True, "errors": [], "created": True})

    def _keep(self, request: Request) -> Reply:
        if self._user(request) is None:
            return _EXPIRED
        parts, number = parts_of(request), f"068{len(self.files) + 1:012}AAA"
        self.files[number] = {**json.loads(parts["entity_content"]), "data": parts["VersionData"][2]}
        return Reply(201, {"id": number, "success": True, "errors": []})

    def _data(self, request: Request) -> Reply:
        data: bytes = self.files[request.found[0]]["data"]
        return _EXPIRED if self._user(request) is None else Reply(200, body=data)
