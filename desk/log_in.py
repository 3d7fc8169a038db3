"""Champions' log-in: Django's own, with a bound on guessing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from desk.throttle import FailureLimit

# Per name and address: a stranger elsewhere cannot lock a champion out by failing in that champion's name.
_GUESSES = FailureLimit("log-in", failures=10, window_seconds=300)


class ThrottledBackend(ModelBackend):
    """Django's password check, which stops looking after ten wrong passwords for a while."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, or ``None``. Raise ``PermissionDenied``, shown as a failed log-in, when it is enough."""
        address = request.META.get("REMOTE_ADDR", "") if request else ""
        who = f"{address} {username}"
        if _GUESSES.is_reached(who):
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None:
            _GUESSES.count(who)
        return user
