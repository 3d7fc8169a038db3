"""Enrolment: an administrator makes a token, a device trades it for a credential of its own."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from desk import audit
from desk.credentials import make_secret, same_digest, split_secret
from desk.models import Device, EnrollmentToken
from desk.problems import Problem, ProblemType
from desk.rotation import ask_for_another
from desk.throttle import Limit

_FAILURES = Limit("enrol-failed", most=10, window_seconds=60)


def make_token(*, valid_for: timedelta, uses: int = 1, group: str = "", by: str = audit.DESK) -> str:
    """A new token as it is written; it is shown this once, only its hash is kept.

    The devices that enrol by it are in ``group``.
    """
    secret = make_secret()
    with transaction.atomic():
        EnrollmentToken.objects.create(
            public_id=secret.public_id,
            digest=secret.digest,
            expires_at=timezone.now() + valid_for,
            uses_left=uses,
            group=group,
        )
        audit.record(by, "token-made", f"token {secret.public_id}", f"for {uses}, group '{group}'")
    return secret.written


def enrol(
    token: str, computer_id: str, address: str, public_key: str = "", known: Device | None = None
) -> tuple[Device, str]:
    """The device and its credential. Raise ``token-invalid``; raise ``throttled`` after ten failures a minute.

    ``public_key`` is the line of the key by which it signs; without one it takes no requests. ``known`` is the device
    whose credential the caller showed, if it is good: it stays that device, with its tickets and what is asked of it.
    """
    if _FAILURES.is_reached(address):
        wait = {"Retry-After": str(_FAILURES.window_seconds)}
        raise Problem(429, ProblemType.THROTTLED, "Too many failed enrolments from this address.", headers=wait)
    with transaction.atomic():
        used = _use_up(token)
        if used is not None:
            said = {"computer_id": computer_id, "group": used.group, "public_key": public_key}
            # Revoked meanwhile: then it is a new one, as for every caller without a good credential.
            if known is not None and Device.objects.filter(pk=known.pk, revoked_at=None).update(**said):
                known.refresh_from_db()
                _note(known, "device-enrolled-again", used)
                return known, ask_for_another(known)
            secret = make_secret()
            device = Device.objects.create(public_id=secret.public_id, credential_digest=secret.digest, **said)
            _note(device, "device-enrolled", used)
            return device, secret.written
    # Counted afterwards, so that a hundred computers behind one address may enrol at once.
    _FAILURES.count(address)
    # One sentence for every reason: whoever guesses learns nothing from it.
    raise Problem(403, ProblemType.TOKEN_INVALID, "The enrolment token is unknown, used up or expired.")


def _note(device: Device, what: str, used: EnrollmentToken) -> None:
    detail = f"token {used}, {device.fingerprint or 'no key'}"
    audit.record(f"device {device.pk}", what, f"device {device.pk}", detail)


def _use_up(written: str) -> EnrollmentToken | None:
    """Take one use of a token and return that, if it has one left."""
    public_id, digest = split_secret(written)
    token = EnrollmentToken.objects.filter(public_id=public_id).first()
    if token is None or not same_digest(digest, token.digest):
        return None
    usable = EnrollmentToken.objects.filter(pk=token.pk, uses_left__gt=0, expires_at__gt=timezone.now())
    return token if usable.update(uses_left=F("uses_left") - 1) else None
