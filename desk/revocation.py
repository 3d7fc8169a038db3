"""Ends a device's access: its credential, what is asked of it, and the calls in which it waits."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from desk import audit
from desk.collecting import collection_requests, wake_ups
from desk.models import Device


def revoke(device: Device, *, by: str) -> bool:
    """Let it in no more; whether it was let in before. Its tickets and bundles stay.

    A call in which it waits in another process on SQLite ends when its time is over, a minute at most: it is let in
    anew before it is told anything.
    """
    with transaction.atomic():
        if not Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=timezone.now()):
            return False
        for request in collection_requests.open_of(device):
            collection_requests.cancel(request, by=by, words="The computer's access was revoked.")
        audit.record(by, "device-revoked", f"device {device.pk}")
        wake_ups.announce_device(device.pk)
    return True
