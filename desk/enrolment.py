"""Enrolment: an administrator makes a token, a device trades it for a credential of its own."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from desk.credentials import make_secret, same_digest, split_secret
from desk.models import Device, EnrollmentToken
from desk.problems import Problem, ProblemType
from desk.throttle import FailureLimit

_FAILURES = FailureLimit("enrol", failures=10, window_seconds=60)


def make_token(*, valid_for: timedelta, uses: int = 1) -> str:
    """A new token as it is written; it is shown this once, only its hash is kept."""
    secret = make_secret()
    EnrollmentToken.objects.create(
        public_id=secret.public_id, digest=secret.digest, expires_at=timezone.now() + valid_for, uses_left=uses
    )
    return secret.written


def enrol(token: str, computer_id: str, address: str) -> tuple[Device, str]:
    """The new device and its credential. Raise ``token-invalid``; raise ``throttled`` after ten failures a minute."""
    if _FAILURES.is_reached(address):
        wait = {"Retry-After": str(_FAILURES.window_seconds)}
        raise Problem(429, ProblemType.THROTTLED, "Too many failed enrolments from this address.", headers=wait)
    with transaction.atomic():
        if _use_up(token):
            secret = make_secret()
            device = Device.objects.create(
                public_id=secret.public_id, credential_digest=secret.digest, computer_id=computer_id
            )
            return device, secret.written
    _FAILURES.count(address)
    # One sentence for every reason: whoever guesses learns nothing from it.
    raise Problem(403, ProblemType.TOKEN_INVALID, "The enrolment token is unknown, used up or expired.")


def _use_up(written: str) -> bool:
    """Take one use of a token, if it has one left."""
    public_id, digest = split_secret(written)
    token = EnrollmentToken.objects.filter(public_id=public_id).first()
    if token is None or not same_digest(digest, token.digest):
        return False
    usable = EnrollmentToken.objects.filter(pk=token.pk, uses_left__gt=0, expires_at__gt=timezone.now())
    return usable.update(uses_left=F("uses_left") - 1) == 1
