"""The page of an account's tokens: make one, which is shown once, and revoke one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from desk import champion_tokens, content_security, second_factor
from desk.models import ChampionToken
from desk.roles import AT_WORK, account_of, only

_DAYS = (30, 90, 180, 365)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@only(*AT_WORK)
def show_tokens(request: HttpRequest) -> HttpResponse:
    """The list, and a form that makes another. What is wrong is said above it, with what was typed still in it."""
    written = problem = ""
    if request.method == "POST":
        try:
            written = _make(request, account_of(request))
        except champion_tokens.NoToken as sentence:
            problem = str(sentence)
    return _page(request, written, problem)


@never_cache
@require_POST
@only(*AT_WORK)
def delete(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of the account's own."""
    token = get_object_or_404(ChampionToken, pk=token_id, account=account_of(request))
    champion_tokens.revoke(token, by=request.user.get_username())
    messages.info(request, "The token is worth nothing now.")
    return redirect("tokens")


def _make(request: HttpRequest, user: User) -> str:
    """The token. With a code or the password: an open browser alone must not be enough. Raise ``NoToken``."""
    proof = request.POST.get("proof", "")
    if second_factor.has_one(user):
        if not second_factor.passes(request, user, proof):
            raise champion_tokens.NoToken("This code does not fit, or comes too soon after a wrong one.")
    elif authenticate(request, username=user.get_username(), password=proof) != user:
        raise champion_tokens.NoToken("This is not your password, or there were too many wrong ones.")
    days = request.POST.get("days", "")
    if days not in map(str, _DAYS):
        raise champion_tokens.NoToken("Choose how long it is good.")
    return champion_tokens.make(user, request.POST.get("name", ""), days=int(days), by=user.get_username())


def _page(request: HttpRequest, written: str, problem: str) -> HttpResponse:
    user, now = account_of(request), timezone.now()
    context: dict[str, Any] = {
        "rows": [{"token": each, "is_over": each.expires_at <= now} for each in user.champion_tokens.all()],
        "written": written,
        "problem": problem,
        "typed": request.POST if problem else {},
        "days": _DAYS,
        "has_second_factor": second_factor.has_one(user),
        "longest_name": champion_tokens.LONGEST_NAME,
    }
    return content_security.page(request, "desk/tokens.html", context, status=400 if problem else 200)
