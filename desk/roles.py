"""What an account may do at the desk: one of four roles, told by Django's own flags and groups.

A champion works the tickets of the queues that the account was given (django-helpdesk's permission per queue), a
manager those of every queue and the bundles that have no ticket, an administrator everything. An auditor reads the
audit and nothing else, and is no staff, which is what shuts most of django-helpdesk's pages.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from helpdesk.models import Queue, Ticket
from helpdesk.user import HelpdeskUser

View = Callable[..., HttpResponseBase]


class Role(enum.StrEnum):
    """What an account is; the values of managers and auditors are names of groups as well."""

    CHAMPION = "champion"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


AT_WORK = (Role.CHAMPION, Role.MANAGER, Role.ADMINISTRATOR)
"""Those who work tickets."""


# Of django-helpdesk's pages, by their names.
_OF_EVERYBODY = frozenset({"login", "logout", "password_change", "password_change_done"})


class UnknownQueue(Exception):
    """A sentence that names a queue that is none."""


def role_of(user: AbstractBaseUser | AnonymousUser) -> Role | None:
    """Its role; ``None`` for whoever is not logged in, shut out, or was given none."""
    if not isinstance(user, User) or not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMINISTRATOR
    groups = set(user.groups.values_list("name", flat=True))
    if Role.AUDITOR in groups:
        return Role.AUDITOR
    if not user.is_staff:
        return None
    return Role.MANAGER if Role.MANAGER in groups else Role.CHAMPION


def only(*roles: Role) -> Callable[[View], View]:
    """Let in these roles alone; whoever is not logged in was sent to the log-in before, by middleware."""

    def guarded(view: View) -> View:
        @wraps(view)
        def guarding(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponseBase:
            if role_of(request.user) not in roles:
                raise PermissionDenied
            return view(request, *parts, **named)

        return guarding

    return guarded


class HelpdeskAtWork(MiddlewareMixin):
    """Shuts django-helpdesk's pages to whoever works no tickets: some of them want no more than a log-in.

    Its first page, where the desk's bare address leads, leads an auditor to the audit.
    """

    def process_view(
        self, request: HttpRequest, _view: object, _parts: tuple[Any, ...], _named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Go on, or lead elsewhere, or raise ``PermissionDenied``."""
        found = request.resolver_match
        of_helpdesk = found is not None and found.namespace == "helpdesk" and found.url_name not in _OF_EVERYBODY
        if of_helpdesk and request.user.is_authenticated and (role := role_of(request.user)) not in AT_WORK:
            if role is Role.AUDITOR and request.path == reverse("helpdesk:home"):
                return redirect("audit")
            raise PermissionDenied
        return None


def account_of(request: HttpRequest) -> User:
    """The account that calls. Raise ``PermissionDenied`` for a caller who has none."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def tickets_of(request: HttpRequest) -> QuerySet[Ticket]:
    """The tickets that the caller may see."""
    return tickets_seen_by(request.user)


def tickets_seen_by(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Ticket]:
    """Those of own queues, or assigned to the account: django-helpdesk's own rule."""
    return HelpdeskUser(user).accessible_tickets()  # type: ignore[no-any-return]  # untyped upstream


def queue_permissions() -> QuerySet[Permission]:
    """The permissions of all queues, which django-helpdesk makes with each."""
    return Permission.objects.filter(content_type__app_label="helpdesk", codename__startswith="queue_access_")


def give_role(account: User, role: Role, queues: Iterable[str] = ()) -> None:
    """Make it that and nothing else. A champion who has no queue yet, and is given none, is given all there are.

    Raise ``UnknownQueue``.
    """
    wanted = {f"queue_access_{slug}": slug for slug in queues}
    given = queue_permissions().filter(codename__in=wanted)
    missing = set(wanted) - set(given.values_list("codename", flat=True))
    if missing:
        raise UnknownQueue(f"There is no queue {wanted[min(missing)]}: there are {', '.join(_slugs())}.")
    account.is_superuser = role is Role.ADMINISTRATOR
    account.is_staff = role is not Role.AUDITOR
    account.save()
    account.groups.remove(*Group.objects.filter(name__in=[Role.MANAGER, Role.AUDITOR]).exclude(name=role))
    if role in (Role.MANAGER, Role.AUDITOR):
        account.groups.add(Group.objects.get_or_create(name=role)[0])
    held = account.user_permissions.filter(pk__in=queue_permissions())
    if wanted or (role is Role.CHAMPION and not held.exists()):
        account.user_permissions.remove(*held)
        account.user_permissions.add(*(given if wanted else queue_permissions()))


def _slugs() -> list[str]:
    return list(Queue.objects.order_by("slug").values_list("slug", flat=True))
