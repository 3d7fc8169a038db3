"""The pages of the second factor: asked for at log-in, set up, confirmed, taken off. Secrets are shown once."""

from __future__ import annotations

from base64 import b32encode
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

from desk import audit, content_security, second_factor
from desk.roles import account_of

_WRONG = "This code does not fit, or comes too soon after a wrong one. Wait for the next and try that."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for the code, between the password and everything else."""
    onward = request.POST.get("next", "") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure()):
        onward = resolve_url(settings.LOGIN_REDIRECT_URL)
    user = account_of(request)
    if not second_factor.has_one(user) or second_factor.is_verified(user):
        return redirect(onward)
    problem = ""
    if request.method == "POST":
        if second_factor.passes(request, user, request.POST.get("code", "")):
            return redirect(onward)
        problem = _WRONG
        audit.record(user.get_username(), "second-factor-wrong", f"account {user.get_username()}")
    return content_security.page(request, "desk/second_factor_ask.html", {"next": onward, "problem": problem})


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Whether there is one, and what can be done."""
    user = account_of(request)
    context = {
        "has_one": second_factor.has_one(user),
        "left": second_factor.recovery_codes_left(user),
        "required": settings.DESK_SECOND_FACTOR_REQUIRED,
    }
    return content_security.page(request, "desk/second_factor.html", context)


@never_cache
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Show a new secret, as a square for the app's camera and as letters. Whoever has one takes it off first."""
    user = account_of(request)
    if second_factor.has_one(user):
        return redirect("second-factor")
    begun = second_factor.begin(user)
    return content_security.page(request, "desk/second_factor_begun.html", _shown(begun))


@never_cache
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """The first code switches it on and shows the recovery codes. The secret is not shown again."""
    user = account_of(request)
    codes = second_factor.confirm(request, user, request.POST.get("code", ""))
    if codes is None:
        return content_security.page(request, "desk/second_factor_begun.html", {"problem": _WRONG})
    audit.record(user.get_username(), "second-factor-set-up", f"account {user.get_username()}")
    grouped = [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]
    return content_security.page(request, "desk/second_factor_done.html", {"codes": grouped})


@never_cache
@require_POST
def take_off(request: HttpRequest) -> HttpResponse:
    """With a code: an open browser alone must not be enough."""
    user = account_of(request)
    if second_factor.passes(request, user, request.POST.get("code", "")):
        second_factor.forget(user)
        audit.record(user.get_username(), "second-factor-taken-off", f"account {user.get_username()}")
        messages.info(request, "Your log-in has no second factor now.")
    else:
        messages.error(request, _WRONG)
    return redirect("second-factor")


def _shown(begun: TOTPDevice) -> dict[str, Any]:
    """An image as a data: address, which the pages' policy takes; nothing is kept or fetched."""
    letters = b32encode(begun.bin_key).decode()
    square = segno.make(begun.config_url, error="m")
    return {
        "square": square.svg_data_uri(scale=4, border=4, light="#fff"),
        "letters": " ".join(letters[at : at + 4] for at in range(0, len(letters), 4)),
    }
