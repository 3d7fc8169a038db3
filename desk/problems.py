"""Errors of the API as RFC 9457 problem documents: one shape for every failure under ``/api/``.

``type`` is one of :class:`ProblemType`, by which a program decides; failures that HTTP itself explains (an
unknown path, a wrong method) have ``about:blank``, as section 4.2.1 of the RFC says. ``detail`` is for a person.
"""

from __future__ import annotations

import enum
import json
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class ProblemType(enum.StrEnum):
    """What went wrong, as programs read it."""

    UNKNOWN_TICKET = "unknown-ticket"
    UNKNOWN_BUNDLE = "unknown-bundle"
    UNKNOWN_UPLOAD = "unknown-upload"
    UNKNOWN_REQUEST = "unknown-request"
    CLOSED_TICKET = "closed-ticket"
    DIGEST_MISMATCH = "digest-mismatch"
    TOO_LARGE = "too-large"
    UNAUTHORIZED = "unauthorized"
    TOKEN_INVALID = "token-invalid"  # noqa: S105 - a name of a problem
    CONFLICT = "conflict"
    OFFSET_CONFLICT = "offset-conflict"
    CHECKSUM_MISMATCH = "checksum-mismatch"
    LOCKED = "locked"
    NO_ROOM = "no-room"
    QUARANTINE_FULL = "quarantine-full"
    INVALID = "invalid"
    THROTTLED = "throttled"
    BLANK = "about:blank"


class Problem(exceptions.APIException):
    """Ends a request with this problem; ``headers`` are added to the answer."""

    def __init__(
        self, status: int, kind: ProblemType, detail: str, *, headers: dict[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.status_code = status
        self.kind = kind
        self.text = detail
        self.headers = headers or {}
        self.members = members


def problem_document(status: int, kind: ProblemType, detail: str, **members: object) -> dict[str, object]:
    """The document; its title is the HTTP phrase where the type is ``about:blank``, as the RFC wants."""
    title = HTTPStatus(status).phrase if kind is ProblemType.BLANK else kind.replace("-", " ").capitalize()
    return {"type": str(kind), "title": title, "status": status, "detail": detail, **members}


def problem_response(status: int, kind: ProblemType, detail: str) -> HttpResponse:
    """The document as an answer, for code outside the framework's views."""
    document = problem_document(status, kind, detail)
    return HttpResponse(json.dumps(document), status=status, content_type=CONTENT_TYPE)


def answer_problem(error: Exception, _context: dict[str, Any]) -> Response | None:
    """Answer what a view raised; ``None`` (an internal error) for what is not meant for the caller."""
    problem = _as_problem(error)
    if problem is None:
        return None
    document = problem_document(problem.status_code, problem.kind, problem.text, **problem.members)
    return Response(document, status=problem.status_code, headers=problem.headers, content_type=CONTENT_TYPE)


def _as_problem(error: Exception) -> Problem | None:
    problem: Problem | None = None
    match error:
        case Problem():
            problem = error
        case exceptions.ValidationError():
            problem = Problem(400, ProblemType.INVALID, "Some fields are not as they must be.", errors=error.detail)
        case exceptions.ParseError():
            problem = Problem(400, ProblemType.INVALID, str(error.detail))
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            detail = "This needs the credential of an enrolled device."
            problem = Problem(401, ProblemType.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
        case exceptions.APIException():
            problem = Problem(error.status_code, ProblemType.BLANK, str(error.detail))
        case Http404():
            problem = Problem(404, ProblemType.BLANK, "There is nothing at this address.")
    return problem


def answer_error(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """What Django itself refuses: a problem document under ``/api/``, a plain sentence elsewhere."""
    if request.path.startswith("/api/"):
        return problem_response(status, ProblemType.INVALID if status == 400 else ProblemType.BLANK, sentence)
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
