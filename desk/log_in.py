"""Champions' log-in: Django's own, with a bound on guessing, and a manager's right to every queue."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from helpdesk.models import Queue

from desk.roles import Role, role_of
from desk.throttle import Limit

# Per name and address: a stranger elsewhere cannot lock a champion out by failing in that champion's name.
_GUESSES = Limit("log-in-failed", most=10, window_seconds=300)
# Per address: one password tried on many names. Enough for an office behind one address on a Monday morning.
_GUESSES_OF_ADDRESS = Limit("log-in-failed-from", most=100, window_seconds=300)


class ThrottledBackend(ModelBackend):
    """Django's password check, which after ten wrong passwords for a name, or a hundred in all, rests for a while."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The account, or ``None``. Raise ``PermissionDenied``, shown as a failed log-in, when it is enough."""
        address = request.META.get("REMOTE_ADDR", "") if request else ""
        who = f"{address} {username}"
        # Counted before the password is looked at, which takes a while: else a hundred at one moment would all be.
        if not (_GUESSES_OF_ADDRESS.count(address) and _GUESSES.count(who)):
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            _GUESSES.give_back(who)
            _GUESSES_OF_ADDRESS.give_back(address)
        return user

    def get_all_permissions(self, user_obj: AbstractBaseUser | AnonymousUser, obj: Model | None = None) -> set[str]:
        """Django's own, and for a manager those of all queues, also of one that was made a moment ago."""
        held = super().get_all_permissions(user_obj, obj)  # type: ignore[arg-type]  # its stubs know mixins alone
        if obj is None and role_of(user_obj) is Role.MANAGER:
            held |= set(Queue.objects.values_list("permission_name", flat=True))
        return held


class LogIn(LoginView):
    """Django's page; whoever has no tickets to work is led to what they may see."""

    template_name = "helpdesk/registration/login.html"

    def get_default_redirect_url(self) -> str:
        """Where a log-in leads that was not asked for by another page."""
        auditor = role_of(self.request.user) is Role.AUDITOR
        return reverse("audit") if auditor else super().get_default_redirect_url()
