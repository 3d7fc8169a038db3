"""A line of the audit for each change of who may do what: accounts, groups, their permissions, tokens, relays.

Django's signals tell of them, so that no page and no command can forget to. They tell nothing of what a query alone
changes (``QuerySet.update``), which the desk does to no account and no group.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from desk import audit
from desk.models import EnrollmentToken, Relay

_RIGHTS = ("is_superuser", "is_staff", "is_active")
_OTHERS = ("username", "email", "password")  # by which somebody else could come in
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class Acting(MiddlewareMixin):
    """Keeps in mind who calls, for the lines that are written meanwhile."""

    def process_view(
        self, request: HttpRequest, _view: object, _parts: tuple[Any, ...], _named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Go on."""
        _request.set(request)
        return None

    def process_response(self, _request_over: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Forget it: the thread serves others."""
        _request.set(None)
        return response


def install() -> None:
    """Have each change told."""
    pre_save.connect(_remember, sender=User, dispatch_uid="deeds")
    post_save.connect(_saved, sender=User, dispatch_uid="deeds")
    for of_whom in (User, Group, EnrollmentToken, Relay):
        post_delete.connect(_deleted, sender=of_whom, dispatch_uid="deeds")
    for given in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_given, sender=given, dispatch_uid="deeds")


def _note(what: str, about: str, detail: str = "") -> None:
    request = _request.get()
    user = getattr(request, "user", None)
    audit.record((user.get_username() if user is not None else "") or audit.DESK, what, about, detail)


def _remember(instance: User, update_fields: Iterable[str] | None, **_: object) -> None:
    """What the account was, for ``_saved``; not at a log-in, which saves its time alone.

    And at times the password alone, when Django renews its hash (``AbstractBaseUser.check_password``); who changes a
    password saves the whole account.
    """
    watched = {*_RIGHTS, *_OTHERS}
    was = None
    if update_fields is None or watched & set(update_fields) - {"password"}:
        was = User.objects.filter(pk=instance.pk).values(*watched).first()
    instance.deeds_was = was  # type: ignore[attr-defined]  # from one signal to the next


def _saved(instance: User, *, created: bool, **_: object) -> None:
    rights = [f"{name}: {'yes' if getattr(instance, name) else 'no'}" for name in _RIGHTS]
    if created:
        _note("account-made", _name_of(instance), ", ".join(rights))
        return
    was = instance.deeds_was  # type: ignore[attr-defined]  # set by ``_remember``
    if was is None:
        return
    changed = [told for name, told in zip(_RIGHTS, rights, strict=True) if was[name] != getattr(instance, name)]
    changed += [f"another {name}" for name in _OTHERS if was[name] != getattr(instance, name)]
    if changed:
        _note("account-changed", _name_of(instance), ", ".join(changed))


def _deleted(instance: Model, **_: object) -> None:
    name = _name_of(instance)
    _note(f"{name.split()[0]}-deleted", name)


def _given(
    instance: Model, action: str, *, reverse: bool, model: type[Model], pk_set: set[int] | None, **more: Any
) -> None:
    """Groups and permissions of an account, or permissions of a group; ``reverse`` is told from their side."""
    verb = {"post_add": "given", "pre_remove": "taken", "pre_clear": "taken"}.get(action)
    if verb is None:
        return
    changed = pk_set or set()
    if verb == "taken":
        held = set(_held_by(instance, more["sender"]))
        changed = held if pk_set is None else held & pk_set
    others = model._default_manager.filter(pk__in=changed).order_by("pk")  # noqa: SLF001 - the one way to a model's rows
    for whose, what in _pairs(instance, list(others), reverse=reverse):
        kind = "group" if isinstance(what[0], Group) else "permission"
        _note(f"{kind}-{verb}", _name_of(whose), ", ".join(map(_bare_name, what)))


def _pairs(instance: Model, others: list[Model], *, reverse: bool) -> list[tuple[Model, list[Model]]]:
    if reverse:
        return [(other, [instance]) for other in others]
    return [(instance, others)] if others else []


def _held_by(instance: Model, through: type[Model]) -> Iterable[int]:
    fields = through._meta.fields  # noqa: SLF001 - Django's own name for a table's columns
    links = {field.related_model: field.attname for field in fields if field.is_relation}
    own = links.pop(type(instance))
    (other,) = links.values()
    rows = through._default_manager.filter(**{own: instance.pk})  # noqa: SLF001 - as above
    return rows.values_list(other, flat=True)


def _name_of(of_whom: Model) -> str:
    kind = {User: "account", Group: "group", EnrollmentToken: "token", Relay: "relay"}[type(of_whom)]
    return f"{kind} {_bare_name(of_whom)}"


def _bare_name(of_whom: Model) -> str:
    match of_whom:
        case User():
            return of_whom.get_username()
        case Permission():
            return of_whom.codename
        case EnrollmentToken():
            return of_whom.public_id
    return str(getattr(of_whom, "name", of_whom.pk))
