"""GitHub's REST API as documented: docs.github.com/rest, "Issues", "Issue comments", "Users", "Rate limits".

As on a GitHub Enterprise Server, whose API lies under /api/v3 of the same host.
"""

from __future__ import annotations

from typing import Any

from tests.vendors.server import Reply, Request, VendorServer

OURS, THEIRS = "github_pat_ours", "github_pat_theirs"
_ACCOUNTS = {f"Bearer {OURS}": "ours", f"Bearer {THEIRS}": "theirs"}
_ISSUES = "/api/v3/repos/example/support/issues"


class GithubIssues:
    """One repository of one server, and two accounts."""

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: list[dict[str, Any]] = []
        self.server = VendorServer(
            {
                ("GET", "/api/v3/user"): lambda request: self._let_in(request, {"login": self._account(request)}),
                ("GET", _ISSUES): self._list,
                ("POST", _ISSUES): self._open,
                ("GET", f"{_ISSUES}/(\\d+)"): self._show,
                ("GET", f"{_ISSUES}/(\\d+)/comments"): self._commented,
                ("POST", f"{_ISSUES}/(\\d+)/comments"): self._comment,
                ("GET", f"{_ISSUES}/comments/(\\d+)"): self._one,
            }
        )
        self.address = f"{self.server.base}/example/support"

    def close(self, number: str) -> None:
        """As a maintainer does."""
        self.issues[int(number)]["state"] = "closed"

    def damage(self, number: str, bundle_id: str) -> None:
        """Somebody edits the comment."""
        for comment in self.comments:
            if comment["body"].startswith(f"Diagnostic bundle {bundle_id}\n"):
                comment["body"] = comment["body"].replace("SHA-256: ", "SHA-256: 0")

    def kept(self) -> tuple[int, int]:
        """How many issues and comments there are."""
        return len(self.issues), len(self.comments)

    def _account(self, request: Request) -> str | None:
        return _ACCOUNTS.get(request.headers.get("authorization", ""))

    def _let_in(self, request: Request, value: Any, status: int = 200) -> Reply:
        if self._account(request) is None:
            return Reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
        assert request.headers["x-github-api-version"] == "2022-11-28"
        return Reply(status, value)

    def _list(self, request: Request) -> Reply:
        asked = {name: values[0] for name, values in request.query.items()}
        assert (asked["state"], asked["sort"], asked["direction"]) == ("all", "created", "desc")
        found = [issue for issue in self.issues.values() if issue["user"]["login"] == asked["creator"]]
        size, page = int(asked["per_page"]), int(asked["page"])
        newest = sorted(found, key=lambda issue: -issue["number"])
        return self._let_in(request, newest[(page - 1) * size : page * size])

    def _open(self, request: Request) -> Reply:
        if self._account(request) is not None:
            number = len(self.issues) + 1
            link = f"{self.server.base}/example/support/issues/{number}"
            issue = {"number": number, "state": "open", "html_url": link, "user": {"login": self._account(request)}}
            self.issues[number] = issue | request.value
        return self._let_in(request, list(self.issues.values())[-1:] and self.issues[len(self.issues)], 201)

    def _show(self, request: Request) -> Reply:
        issue = self.issues.get(int(request.found[0]))
        return self._let_in(request, issue) if issue else Reply(404, {"message": "Not Found", "status": "404"})

    def _commented(self, request: Request) -> Reply:
        found = [comment for comment in self.comments if comment["issue"] == int(request.found[0])]
        size, page = int(request.query["per_page"][0]), int(request.query["page"][0])
        return self._let_in(request, found[(page - 1) * size : page * size])

    def _comment(self, request: Request) -> Reply:
        number = len(self.comments) + 1
        link = f"{self.issues[int(request.found[0])]['html_url']}#issuecomment-{number}"
        comment = {"id": number, "issue": int(request.found[0]), "html_url": link}
        self.comments.append({**comment, "user": {"login": self._account(request)}, "body": request.value["body"]})
        return self._let_in(request, self.comments[-1], 201)

    def _one(self, request: Request) -> Reply:
        return self._let_in(request, self.comments[int(request.found[0]) - 1])
