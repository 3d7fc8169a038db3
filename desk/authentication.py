"""Who calls the API: a device or a relay, by ``Authorization: Bearer <credential>``. No session counts.

Each is let in at its own addresses alone: what a device may do no relay may, and the other way round.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from desk.credentials import same_digest, split_secret
from desk.models import Device, Relay

if TYPE_CHECKING:  # the framework's views import this module for its settings
    from rest_framework.views import APIView

# "Last seen" to the minute is enough for a person, and spares a write per request.
_SEEN_EVERY = timedelta(minutes=1)


class DeviceAuthentication(BaseAuthentication):
    """Finds the device of a bearer credential; ``request.auth`` is then that device."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Device] | None:
        """``None`` without a credential; raise ``AuthenticationFailed`` for one that is unknown or revoked."""
        scheme, _, written = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        public_id, digest = split_secret(written.strip())
        device = Device.objects.filter(public_id=public_id, revoked_at=None).first()
        if device is None or not same_digest(digest, device.credential_digest):
            raise AuthenticationFailed
        now = timezone.now()
        if device.last_seen_at is None or now - device.last_seen_at > _SEEN_EVERY:
            Device.objects.filter(pk=device.pk).update(last_seen_at=now)
        return AnonymousUser(), device

    def authenticate_header(self, _request: Request) -> str:
        """What a 401 answer offers."""
        return "Bearer"


class RelayAuthentication(BaseAuthentication):
    """Finds the relay of a bearer credential; ``request.auth`` is then that relay."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Relay] | None:
        """``None`` without a credential; raise ``AuthenticationFailed`` for one that is unknown or revoked."""
        scheme, _, written = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        public_id, digest = split_secret(written.strip())
        relay = Relay.objects.filter(public_id=public_id, revoked_at=None).first()
        if relay is None or not same_digest(digest, relay.credential_digest):
            raise AuthenticationFailed
        return AnonymousUser(), relay

    def authenticate_header(self, _request: Request) -> str:
        """What a 401 answer offers."""
        return "Bearer"


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
