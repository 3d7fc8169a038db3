"""Zendesk's Ticketing API as documented at developer.zendesk.com/api-reference/ticketing: "Introduction" (idempotency,
rate limits), "Tickets", "Ticket Comments", "Ticket Attachments", "Users"; no answer here was recorded from a Zendesk.

A content_url is documented to lie on another host that must not get the log-in; here that host is ``localhost``.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS = "device@example.org:token-of-ours", "other@example.org:token-of-theirs"
_NONE = Reply(404, {"error": "RecordNotFound", "description": "Not found"})


def _basic(token: str) -> str:
    account, _, secret = token.partition(":")
    return "Basic " + base64.b64encode(f"{account}/token:{secret}".encode()).decode()


_ACCOUNTS = {_basic(OURS): 11, _basic(THEIRS): 12}


class Zendesk:
    """One Zendesk and two of its agents, who see each other's tickets; comments come two to a page."""

    def __init__(self) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.files: dict[int, bytes] = {}
        self.shown: dict[int, dict[str, Any]] = {}
        self.keys: dict[str, tuple[bytes, int]] = {}
        self.used: set[str] = set()
        self.server = VendorServer(
            {
                ("GET", r"/api/v2/users/me\.json"): lambda r: Reply(200, {"user": {"id": self._account(r)}}),
                ("GET", r"/api/v2/users/(\d+)/tickets/requested\.json"): self._requested,
                ("GET", r"/api/v2/tickets\.json"): self._by_external_id,
                ("POST", r"/api/v2/tickets\.json"): self._open,
                ("GET", r"/api/v2/tickets/(\d+)\.json"): self._show,
                ("PUT", r"/api/v2/tickets/(\d+)\.json"): self._update,
                ("GET", r"/api/v2/tickets/(\d+)/comments\.json"): self._listed,
                ("POST", r"/api/v2/uploads\.json"): self._take,
                ("GET", r"/api/v2/attachments/(\d+)\.json"): self._attachment,
                ("GET", r"/attachments/token/(\d+)/"): self._redirect,
                ("GET", r"/stored/(\d+)"): self._stored,
            }
        )
        self.address = self.server.base

    def close(self, number: str) -> None:
        """As Zendesk does some days after a ticket was solved."""
        self.tickets[int(number)]["status"] = "closed"

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot."""
        for comment in self.comments[int(number)]:
            for attachment in comment["attachments"]:
                self.files[attachment["id"]] = self.files[attachment["id"]][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many tickets and how many attachments on comments there are."""
        return len(self.tickets), sum(len(each["attachments"]) for all_ in self.comments.values() for each in all_)

    def _account(self, request: Request) -> int | None:
        return _ACCOUNTS.get(request.headers.get("authorization", ""))

    def _refused(self, request: Request) -> Reply | None:
        return None if self._account(request) else Reply(401, {"error": "Couldn't authenticate you"})

    def _requested(self, request: Request) -> Reply:
        wanted = int(request.found[0])
        return Reply(200, {"tickets": [each for each in self.tickets.values() if each["requester_id"] == wanted]})

    def _by_external_id(self, request: Request) -> Reply:
        wanted = request.query["external_id"][0]
        found = [each for each in self.tickets.values() if each["external_id"] == wanted]
        return self._refused(request) or Reply(200, {"tickets": found, "next_page": None, "count": len(found)})

    def _open(self, request: Request) -> Reply:
        account, key = self._account(request), request.headers["idempotency-key"]
        if account is None:
            return Reply(401, {"error": "Couldn't authenticate you"})
        if key in self.keys:
            body, number = self.keys[key]
            if body != request.body:
                return Reply(400, {"error": "IdempotentRequestError", "description": "Another request had this key."})
            return Reply(201, {"ticket": self.tickets[number]}, headers={"x-idempotency-lookup": "hit"})
        told, number = request.value["ticket"], len(self.tickets) + 1
        self.keys[key] = request.body, number
        self.comments[number] = [{"id": number * 1000, "body": told["comment"]["body"], "attachments": []}]
        self.tickets[number] = {
            "id": number,
            "subject": told["subject"],
            "external_id": told["external_id"],
            "priority": told["priority"],
            "requester_id": account,
            "status": "new",
            "tags": [],
        }
        return Reply(201, {"ticket": self.tickets[number]}, headers={"x-idempotency-lookup": "miss"})

    def _show(self, request: Request) -> Reply:
        ticket = self.tickets.get(int(request.found[0]))
        return self._refused(request) or (Reply(200, {"ticket": ticket}) if ticket else _NONE)

    def _update(self, request: Request) -> Reply:
        number, told = int(request.found[0]), request.value["ticket"]["comment"]
        if self.tickets[number]["status"] == "closed":
            details = {"status": [{"description": "Status: closed prevents ticket update"}]}
            return Reply(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})
        fresh = [token for token in told["uploads"] if token not in self.used]
        self.used.update(fresh)
        attachments = [self.shown[int(token.removeprefix("upload-"))] for token in fresh]
        comment = {"id": number * 1000 + len(self.comments[number]), "body": told["body"], "attachments": attachments}
        self.comments[number].append(comment)
        return Reply(200, {"ticket": self.tickets[number], "audit": {"ticket_id": number}})

    def _listed(self, request: Request) -> Reply:
        everything = self.comments.get(int(request.found[0]))
        if everything is None:
            return _NONE
        start = int(request.query.get("page[after]", ["0"])[0])
        meta = {"has_more": start + 2 < len(everything), "after_cursor": str(start + 2)}
        return Reply(200, {"comments": everything[start : start + 2], "meta": meta})

    def _take(self, request: Request) -> Reply:
        number, name = len(self.files) + 1, request.query["filename"][0]
        self.files[number] = request.body
        self.shown[number] = {
            "id": number,
            "file_name": name,
            "size": len(request.body),
            "content_type": request.headers["content-type"],
            "content_url": f"{self.server.base}/attachments/token/{number}/?name={name}",
            "malware_scan_result": "not_scanned",
            "malware_access_override": False,
        }
        return Reply(201, {"upload": {"token": f"upload-{number}", "attachment": self.shown[number]}})

    def _attachment(self, request: Request) -> Reply:
        return Reply(200, {"attachment": self.shown[int(request.found[0])]})

    def _redirect(self, request: Request) -> Reply:
        there = self.server.base.replace("127.0.0.1", "localhost")
        return Reply(302, body=b"", headers={"Location": f"{there}/stored/{request.found[0]}"})

    def _stored(self, request: Request) -> Reply:
        if "authorization" in request.headers:
            return Reply(400, body=b"<Error>Only one auth mechanism allowed</Error>")
        return Reply(200, body=self.files[int(request.found[0])])
