"""Freshdesk's API as documented: developers.freshdesk.com/api, "Tickets", "Conversations", "Agents", "Errors".

A ticket that was just opened is in the lists at once, and not in the search, which lags: so this search finds nothing
before ``indexed`` is called. Attachments have an address in another store, which wants no log-in of ours.
"""

from __future__ import annotations

import base64
import email
import email.policy
import html
import re
from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS = "freshdesk-key-of-ours", "freshdesk-key-of-theirs"
_ACCOUNTS = {f"Basic {base64.b64encode(f'{key}:X'.encode()).decode()}": n for key, n in ((OURS, 21), (THEIRS, 22))}


def parts_of(request: Request) -> dict[str, Any]:
    """The parts of a form by their names: a text, or (file name, media type, bytes)."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name, file_name = part.get_param("name", header="content-disposition"), part.get_filename()
        data = part.get_payload(decode=True)
        found[name] = (file_name, part.get_content_type(), data) if file_name else data.decode()
    return found


class Freshdesk:
    """One Freshdesk with two agents."""

    def __init__(self) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.searchable: list[int] = []
        self.notes: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.server = VendorServer(
            {
                ("GET", "/api/v2/agents/me"): lambda request: self._let_in(request) or Reply(200, self._agent(request)),
                ("GET", "/api/v2/tickets"): lambda request: self._let_in(request) or self._list(request),
                ("GET", "/api/v2/search/tickets"): lambda request: self._let_in(request) or self._search(request),
                ("POST", "/api/v2/tickets"): lambda request: self._let_in(request) or self._open(request),
                ("GET", r"/api/v2/tickets/(\d+)"): lambda request: self._let_in(request) or self._show(request),
                ("GET", r"/api/v2/tickets/(\d+)/conversations"): self._conversations,
                ("POST", r"/api/v2/tickets/(\d+)/notes"): self._note,
                ("GET", r"/store/(\d+)"): self._file,
            }
        )
        self.address = self.server.base

    def close(self, number: str) -> None:
        """As an agent does."""
        self.tickets[int(number)]["status"] = 5

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot."""
        for note in self.notes:
            for attachment in note["attachments"]:
                if attachment["name"] == f"{bundle_id}.7z":
                    key = str(attachment["id"])
                    self.files[key] = self.files[key][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many tickets and attachments there are."""
        return len(self.tickets), len(self.files)

    def indexed(self) -> None:
        """The search has caught up."""
        self.searchable = list(self.tickets)

    def _let_in(self, request: Request) -> Reply | None:
        if request.headers.get("authorization") in _ACCOUNTS:
            return None
        return Reply(
            401, {"code": "invalid_credentials", "message": "You have to be logged in to perform this action."}
        )

    def _agent(self, request: Request) -> dict[str, Any]:
        number = _ACCOUNTS[request.headers["authorization"]]
        return {"id": number, "contact": {"email": f"agent{number}@example.org"}}

    def _list(self, request: Request) -> Reply:
        asked = {name: values[0] for name, values in request.query.items()}
        found = [
            dict(ticket) for ticket in self.tickets.values() if str(ticket["requester_id"]) == asked["requester_id"]
        ]
        for ticket in found:
            del ticket["tags"]
            if asked.get("include") != "description":
                del ticket["description_text"]
        return Reply(200, sorted(found, key=lambda ticket: -ticket["id"])[: int(asked["per_page"])])

    def _search(self, request: Request) -> Reply:
        wanted = re.fullmatch(r"\"tag:'(\w{1,32})'\"", request.query["query"][0])
        assert wanted
        found = [self.tickets[number] for number in self.searchable if wanted[1] in self.tickets[number]["tags"]]
        return Reply(200, {"total": len(found), "results": found})

    def _open(self, request: Request) -> Reply:
        told, number = request.value, len(self.tickets) + 1
        assert all(len(tag) <= 32 for tag in told["tags"])
        text = html.unescape(re.sub(r"<[^>]*>", " ", told["description"]))
        self.tickets[number] = {**told, "id": number, "description_text": text, "spam": False}
        return Reply(201, self.tickets[number])

    def _show(self, request: Request) -> Reply:
        ticket = self.tickets.get(int(request.found[0]))
        return Reply(404, body=b"") if ticket is None else Reply(200, {**ticket, "attachments": []})

    def _conversations(self, request: Request) -> Reply:
        listed = [note for note in self.notes if note["ticket_id"] == int(request.found[0])]
        size, page = int(request.query["per_page"][0]), int(request.query["page"][0])
        return self._let_in(request) or Reply(200, listed[(page - 1) * size : page * size])

    def _note(self, request: Request) -> Reply:
        parts, number = parts_of(request), len(self.files) + 1
        name, kind, data = parts["attachments[]"]
        self.files[str(number)] = data
        attachment = {"id": number, "name": name, "content_type": kind, "size": len(data)}
        attachment["attachment_url"] = f"{self.server.base}/store/{number}?X-Amz-Expires=300&X-Amz-Signature=abc"
        note = {"id": number, "ticket_id": int(request.found[0]), "body": parts["body"], "private": parts["private"]}
        self.notes.append({**note, "attachments": [attachment]})
        return self._let_in(request) or Reply(201, self.notes[-1])

    def _file(self, request: Request) -> Reply:
        assert request.query["X-Amz-Signature"] == ["abc"]
        return Reply(200, body=self.files[request.found[0]], headers={"Content-Type": "application/octet-stream"})
