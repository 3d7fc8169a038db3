"""A new credential for a device that has one: both are good until the new one is used, then that alone.

So an answer that is lost locks nobody out: the device goes on with the old one and asks again.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from desk import audit
from desk.credentials import make_secret, same_digest
from desk.models import Device


def ask_for_another(device: Device) -> str:
    """A new credential as it is written, told this once; one asked for before and not used is worth nothing."""
    secret = make_secret()
    with transaction.atomic():
        Device.objects.filter(pk=device.pk).update(
            next_public_id=secret.public_id, next_credential_digest=secret.digest
        )
        audit.record(f"device {device.pk}", "credential-asked-for", f"device {device.pk}")
    return secret.written


def take_into_use(public_id: str, digest: str) -> Device | None:
    """The device whose next credential this is, and from now on its only one; ``None`` if it is nobody's."""
    if not public_id:  # what devices have that asked for none
        return None
    waiting = Device.objects.filter(next_public_id=public_id, revoked_at=None)
    device = waiting.first()
    if device is None or not same_digest(digest, device.next_credential_digest):
        return None
    with transaction.atomic():
        changed = waiting.filter(pk=device.pk).update(
            public_id=F("next_public_id"),
            credential_digest=F("next_credential_digest"),
            next_public_id="",
            next_credential_digest="",
        )
        if changed:  # else another call with it was first
            audit.record(f"device {device.pk}", "credential-rotated", f"device {device.pk}")
    return device
