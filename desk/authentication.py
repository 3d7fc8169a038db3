"""Who calls the API: a device, a relay or a champion's program, by ``Authorization: Bearer <credential>``.

No session counts. Each is let in at its own addresses alone: what a device may do no relay may, and so on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from desk import champion_tokens
from desk.credentials import same_digest, split_secret
from desk.models import ChampionToken, Device, Relay
from desk.problems import Problem, ProblemType
from desk.rotation import take_into_use

if TYPE_CHECKING:  # the framework's views import this module for its settings
    from rest_framework.views import APIView

_Caller = TypeVar("_Caller", Device, Relay)

# "Last seen" to the minute is enough for a person, and spares a write per request.
_SEEN_EVERY = timedelta(minutes=1)


class _BearerAuthentication(BaseAuthentication, Generic[_Caller]):
    """Finds the caller of a bearer credential; ``request.auth`` is then that caller."""

    callers: type[_Caller]

    def authenticate(self, request: Request) -> tuple[AnonymousUser, _Caller] | None:
        """``None`` without a credential; raise ``AuthenticationFailed`` for one that is unknown or revoked."""
        shown = _shown(request)
        if shown is None:
            return None
        caller = self.find(*shown)
        if caller is None:
            raise AuthenticationFailed
        return AnonymousUser(), caller

    def find(self, public_id: str, digest: str) -> _Caller | None:
        """Whose credential this is, of those that are not revoked."""
        caller = self.callers.objects.filter(public_id=public_id, revoked_at=None).first()
        return caller if caller is not None and same_digest(digest, caller.credential_digest) else None

    def authenticate_header(self, _request: Request) -> str:
        """What a 401 answer offers."""
        return "Bearer"


class DeviceAuthentication(_BearerAuthentication[Device]):
    """Lets devices in, and notes when each was last seen."""

    callers = Device

    def find(self, public_id: str, digest: str) -> Device | None:
        """As every caller's; a credential that a device asked for becomes its only one by this first use."""
        return super().find(public_id, digest) or take_into_use(public_id, digest)

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Device] | None:
        """As every caller's."""
        found = super().authenticate(request)
        if found is not None:
            device, now = found[1], timezone.now()
            if device.last_seen_at is None or now - device.last_seen_at > _SEEN_EVERY:
                Device.objects.filter(pk=device.pk).update(last_seen_at=now)
        return found


def device_shown(request: Request) -> Device | None:
    """The device whose good credential a request bears, where none is needed."""
    try:
        found = DeviceAuthentication().authenticate(request)
    except AuthenticationFailed:
        return None
    return None if found is None else found[1]


def devices_of(public_ids: Collection[str]) -> dict[str, tuple[UUID, str]]:
    """The device and the digest of its secret, of those of these public ids that are not revoked.

    For many at once; a credential that was asked for and is not in use yet is not among them.
    """
    devices = Device.objects.filter(public_id__in=public_ids, revoked_at=None)
    return {each[0]: each[1:] for each in devices.values_list("public_id", "pk", "credential_digest")}


class RelayAuthentication(_BearerAuthentication[Relay]):
    """Lets relays in."""

    callers = Relay


class ChampionAuthentication(BaseAuthentication):
    """Lets programs of champions in; ``request.user`` is then the account, and ``request.auth`` the token."""

    def authenticate(self, request: Request) -> tuple[User, ChampionToken]:
        """Raise ``unauthorized`` without a token, or with one that is worth nothing."""
        shown = _shown(request)
        token = champion_tokens.find(*shown) if shown is not None else None
        if token is None:
            detail = "This needs a champion's token, which is made on the page of the account."
            raise Problem(401, ProblemType.UNAUTHORIZED, detail, headers={"WWW-Authenticate": "Bearer"})
        return token.account, token


class IsChampion(BasePermission):
    """Lets programs of champions in."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Whether one calls."""
        return isinstance(request.auth, ChampionToken)


class IsRelay(BasePermission):
    """Lets relays in."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Whether a relay calls."""
        return isinstance(request.auth, Relay)


class IsEnrolled(BasePermission):
    """Lets enrolled devices in."""

    def has_permission(self, request: Request, _view: APIView) -> bool:
        """Whether a device calls."""
        return isinstance(request.auth, Device)


def device_of(request: Request) -> Device:
    """The device that calls. Raise ``NotAuthenticated`` where a view forgot to ask for one."""
    if not isinstance(request.auth, Device):
        raise NotAuthenticated
    return request.auth


def token_of(request: Request) -> ChampionToken:
    """The token of the champion's program that calls. Raise ``NotAuthenticated`` where a view forgot to ask for one."""
    if not isinstance(request.auth, ChampionToken):
        raise NotAuthenticated
    return request.auth


def _shown(request: Request) -> tuple[str, str] | None:
    """``(public id, digest of the secret half)`` of the credential that is shown, if one is."""
    scheme, _, written = request.headers.get("Authorization", "").partition(" ")
    return split_secret(written.strip()) if scheme.lower() == "bearer" else None
