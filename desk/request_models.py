"""What the desk keeps of champions' requests for bundles, of how far each is, and of who did what (decision 80).

Django looks for models in ``desk.models``, which names these; they name its own by text, so that neither needs the
other first.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

SHA256_HEX_LENGTH = 64


class RequestState(models.TextChoices):
    """How far a collection request is, in the order in which it goes; the last six are ends."""

    WAITING = "waiting", "waiting for the computer"
    DELIVERED = "delivered", "reached the computer"
    ASKING = "asking", "waiting for the person"
    GATHERING = "gathering", "gathering"
    UPLOADING = "uploading", "uploading"
    DONE = "done", "done"
    DECLINED = "declined", "declined by the person"
    REFUSED = "refused", "refused by the computer"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    EXPIRED = "expired", "expired"


ENDS = (
    RequestState.DONE,
    RequestState.DECLINED,
    RequestState.REFUSED,
    RequestState.FAILED,
    RequestState.CANCELLED,
    RequestState.EXPIRED,
)


class CollectionRequest(models.Model):
    """A champion's request for a bundle. ``envelope`` is what the desk signed, and alone counts at the device."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    device = models.ForeignKey("desk.Device", on_delete=models.PROTECT, related_name="collection_requests")
    ticket = models.ForeignKey("helpdesk.Ticket", on_delete=models.PROTECT, related_name="collection_requests")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    profile = models.CharField(max_length=64)
    reason = models.CharField(max_length=1000)
    since_seconds = models.PositiveIntegerField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    envelope = models.TextField()
    state = models.CharField(max_length=16, choices=RequestState.choices, default=RequestState.WAITING)
    words = models.CharField(max_length=1000, blank=True, default="")  # the person's, or the device's reason
    bundle = models.ForeignKey(
        "desk.Bundle", null=True, blank=True, on_delete=models.PROTECT, related_name="asked_for_by"
    )

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return str(self.pk)


class RequestEvent(models.Model):
    """A state that a request came to. Ids grow, so that "newer than" is a comparison, in every process alike."""

    request = models.ForeignKey(CollectionRequest, on_delete=models.CASCADE, related_name="events")
    # The request's own, so that what concerns a device, or a ticket, is found without a join.
    device = models.ForeignKey("desk.Device", on_delete=models.CASCADE, related_name="+")
    ticket = models.ForeignKey("helpdesk.Ticket", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=RequestState.choices)
    words = models.CharField(max_length=1000, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("pk",)
        indexes = (models.Index(fields=("device", "id")), models.Index(fields=("ticket", "id")))

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"


class AuditEntry(models.Model):
    """Who did what, when: each holds the digest of the one before, so that a line taken out or altered shows."""

    at = models.DateTimeField(default=timezone.now)
    who = models.CharField(max_length=200)  # an account's name, "device <id>" or "desk"
    what = models.CharField(max_length=64)  # such as "bundle-viewed", "request-made", "device-revoked"
    about = models.CharField(max_length=200)  # such as "bundle <id>", "request <id>", "device <id>"
    detail = models.CharField(max_length=1000, blank=True, default="")
    previous = models.CharField(max_length=SHA256_HEX_LENGTH)
    digest = models.CharField(max_length=SHA256_HEX_LENGTH, unique=True)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.who} {self.what} {self.about}"
