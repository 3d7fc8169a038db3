"""The second factor of a log-in: a code of an authenticator app (TOTP, RFC 6238), or one of ten recovery codes.

django-otp keeps both and slows guessing down: each wrong code doubles the wait before the next is looked at. An
account that has a second factor is let to nothing before a code was right in this log-in; with
``SENDLOGS_DESK_SECOND_FACTOR=required`` nobody is let to anything before they have one.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import django_otp
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
_RECOVERY_CODE_BYTES = 8  # the library keeps up to 16 characters
_APP_CODE_DIGITS = 6
# What somebody who is half logged in can reach.
_ASKING = {"second-factor-ask", "login", "logout", "helpdesk:login", "helpdesk:logout"}
_SETTING_UP = {"second-factor", "second-factor-begin", "second-factor-confirm"}


class SecondFactor(MiddlewareMixin):
    """Lets nobody past who is only half logged in, at whatever address."""

    def process_view(
        self, request: HttpRequest, _view: object, _parts: tuple[Any, ...], _named: dict[str, Any]
    ) -> HttpResponse | None:
        """Lead to the page that asks for the code, or that sets one up, where it is due."""
        user = request.user
        name = request.resolver_match.view_name if request.resolver_match else ""
        if not user.is_authenticated or name in _ASKING or is_verified(user):
            return None
        if has_one(user):
            return redirect(f"{reverse('second-factor-ask')}?{urlencode({'next': request.get_full_path()})}")
        if settings.DESK_SECOND_FACTOR_REQUIRED and name not in _SETTING_UP:
            return redirect("second-factor")
        return None


def is_verified(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether a code was right in this log-in; the library's middleware notes it on the account."""
    return getattr(user, "otp_device", None) is not None


def has_one(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Whether the account has a second factor that was confirmed."""
    return bool(user.pk) and TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def begin(user: User) -> TOTPDevice:
    """A new secret, worth nothing until its first code is told; one that was begun before is dropped."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        return TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def confirm(request: HttpRequest, user: User, code: str) -> list[str] | None:
    """The recovery codes, told this once, if the code is that of the secret just begun; else ``None``."""
    with transaction.atomic():
        begun = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if begun is None or has_one(user) or not begun.verify_token(_bare(code)):
            return None
        begun.confirmed = True
        begun.save()
        StaticDevice.objects.filter(user=user).delete()
        recovery = StaticDevice.objects.create(user=user, name="recovery")
        codes = [secrets.token_hex(_RECOVERY_CODE_BYTES) for _ in range(RECOVERY_CODES)]
        for each in codes:
            recovery.token_set.create(token=each)
    _let_in(request, begun)
    return codes


def passes(request: HttpRequest, user: User, code: str) -> bool:
    """Whether it is a code of the account's app, or a recovery code, which is used up then; if so, let them in."""
    code = _bare(code)
    kind: type[Device] = TOTPDevice if len(code) == _APP_CODE_DIGITS else StaticDevice
    # A wrong code is counted by the same transaction, which is kept either way.
    with transaction.atomic():
        device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
        if device is None or not device.verify_token(code):
            return False
    _let_in(request, device)
    return True


def recovery_codes_left(user: User) -> int:
    """How many are not used up."""
    return sum(device.token_set.count() for device in StaticDevice.objects.filter(user=user))


def forget(user: User) -> None:
    """Take the second factor off the account."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _let_in(request: HttpRequest, device: Device) -> None:
    django_otp.login(request, device)
    request.session.cycle_key()  # what was noted of the half log-in is worth nothing now


def _bare(code: str) -> str:
    """As people type them: with spaces or hyphens between groups."""
    return "".join(code.replace("-", "").split()).lower()
