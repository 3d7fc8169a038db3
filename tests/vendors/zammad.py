"""Zammad's API as documented: docs.zammad.org, pages "User", "Ticket", "Articles"; searches as in its public source.

The documents show a ticket (with ``expand=true`` its state and priority by name), an article with its attachments and
the error ``{"error": …}``. That ``condition`` searches the database: zammad/zammad, app/models/concerns/can_search.rb.
"""

from __future__ import annotations

import base64
from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS = "zammad-token-of-ours", "zammad-token-of-theirs"
_ACCOUNTS = {f"Token token={OURS}": 11, f"Token token={THEIRS}": 12}


class Zammad:
    """One Zammad with the group Users and two customers; ``address`` is that of the group."""

    def __init__(self) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self.articles: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.server = VendorServer(
            {
                ("GET", "/api/v1/users/me"): lambda request: Reply(200, {"id": self._account(request)}),
                ("GET", "/api/v1/tickets/search"): self._search,
                ("POST", "/api/v1/tickets"): self._open,
                ("GET", r"/api/v1/ticket_articles/by_ticket/(\d+)"): self._listed,
                ("POST", "/api/v1/ticket_articles"): self._article,
                ("GET", r"/api/v1/ticket_attachment/(\d+/\d+/\d+)"): self._file,
            }
        )
        self.address = f"{self.server.base}/Users"

    def close(self, number: str, state: str = "closed") -> None:
        """As an agent does."""
        next(ticket for ticket in self.tickets.values() if ticket["number"] == number)["state"] = state

    def damage(self, number: str, bundle_id: str) -> None:
        """The stored bytes rot."""
        for article in self.articles:
            for attachment in article["attachments"]:
                if attachment["filename"] == f"{bundle_id}.7z":
                    key = f"{article['ticket_id']}/{article['id']}/{attachment['id']}"
                    self.files[key] = self.files[key][:-1] + b"\x00"

    def kept(self) -> tuple[int, int]:
        """How many tickets and attachments there are."""
        return len(self.tickets), len(self.files)

    def _account(self, request: Request) -> int | None:
        return _ACCOUNTS.get(request.headers.get("authorization", ""))

    def _search(self, request: Request) -> Reply:
        account = self._account(request)
        if account is None:
            return Reply(401, {"error": "Invalid BasicAuth credentials"})
        wanted = {
            name.removeprefix("condition[")[:-8]: told[0] for name, told in request.query.items() if "[value]" in name
        }
        found = [
            ticket
            for ticket in self.tickets.values()
            if str(ticket["customer_id"]) == wanted.get("ticket.customer_id") == str(account)
            and ticket["number"] == wanted.get("ticket.number", ticket["number"])
            and any(
                wanted.get("article.body", "").lower() in article["body"].lower()
                for article in self.articles
                if article["ticket_id"] == ticket["id"]
            )
        ]
        return Reply(200, sorted(found, key=lambda ticket: -ticket["id"]))

    def _open(self, request: Request) -> Reply:
        told, account = request.value, self._account(request)
        if account is None or told["group"] != "Users":
            return Reply(422, {"error": f"No lookup value found for 'group': \"{told['group']}\""})
        number = len(self.tickets) + 1
        ticket = {
            "id": number,
            "number": str(67000 + number),
            "title": told["title"],
            "group": told["group"],
            "state": "new",
            "priority": told["priority"],
            "customer_id": account,
        }
        self.tickets[number] = ticket
        self._add(number, told["article"])
        return Reply(201, ticket)

    def _add(self, ticket: int, told: dict[str, Any]) -> dict[str, Any]:
        article: dict[str, Any] = {"id": len(self.articles) + 1, "ticket_id": ticket, "body": told["body"]}
        article["attachments"] = []
        for attachment in told.get("attachments", []):
            data, number = base64.b64decode(attachment["data"], validate=True), len(self.files) + 1
            self.files[f"{ticket}/{article['id']}/{number}"] = data
            kept = {"id": number, "filename": attachment["filename"], "size": str(len(data))}
            article["attachments"].append({**kept, "preferences": {"Mime-Type": attachment["mime-type"]}})
        self.articles.append(article)
        return article

    def _listed(self, request: Request) -> Reply:
        ticket = int(request.found[0])
        if self._foreign(request, ticket):
            return Reply(403, {"error": "Not authorized"})
        return Reply(200, [article for article in self.articles if article["ticket_id"] == ticket])

    def _article(self, request: Request) -> Reply:
        told = request.value
        if self._foreign(request, told["ticket_id"]):
            return Reply(403, {"error": "Not authorized"})
        return Reply(201, self._add(told["ticket_id"], told))

    def _file(self, request: Request) -> Reply:
        if self._foreign(request, int(request.found[0].partition("/")[0])):
            return Reply(403, {"error": "Not authorized"})
        return Reply(200, body=self.files[request.found[0]])

    def _foreign(self, request: Request, ticket: int) -> bool:
        return ticket not in self.tickets or self.tickets[ticket]["customer_id"] != self._account(request)
