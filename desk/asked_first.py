"""Makes pages of django-helpdesk that act when they are merely looked at ask first.

A link or an image elsewhere could otherwise have a champion's browser take, close, hold or delete something: Django's
protection against forged requests guards POST alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from desk import content_security

View = Callable[..., HttpResponse]


def asked_first(view: View, question: str, *, only_with: str | None = None) -> View:
    """``view`` behind a page with ``question`` and a button, which sends the same address as POST.

    ``only_with`` names a word of the query without which the view does nothing, and is not asked about.
    """

    @wraps(view)
    def asking(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponse:
        if request.method == "POST" or (only_with is not None and only_with not in request.GET):
            return view(request, *parts, **named)
        context = {"question": question, "ticket_id": named["ticket_id"]}
        response = render(request, "desk/asked_first.html", context)
        response.headers[content_security.HEADER] = content_security.BUNDLE_PAGES
        return response

    return asking
