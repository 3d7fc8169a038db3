"""Makes pages that act when they are merely looked at, as some of django-helpdesk's do, ask first.

A link or an image elsewhere could otherwise have a champion's browser take, close, hold or delete something: Django's
protection against forged requests guards POST alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from desk import content_security

View = Callable[..., HttpResponseBase]
Back = Callable[..., tuple[str, str]]


def _ticket(*, ticket_id: int, **_more: Any) -> tuple[str, str]:
    return f"Ticket {ticket_id}", reverse("helpdesk:view", args=[ticket_id])


def asked_first(view: View, question: str, *, only_with: str | None = None, back: Back = _ticket) -> View:
    """``view`` behind a page with ``question`` and a button, which sends the same address as POST.

    ``back`` makes of the address's values what "No" leads to, as its name and its address.

    ``only_with`` names a word of the query without which the view does nothing, and is not asked about.
    """

    @wraps(view)
    def asking(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponseBase:
        if request.method == "POST" or (only_with is not None and only_with not in request.GET):
            return view(request, *parts, **named)
        name, address = back(**named)
        context = {"question": question, "back_name": name, "back": address}
        return content_security.page(request, "desk/asked_first.html", context)

    return asking
