"""What the desk keeps beside django-helpdesk's tickets: devices, what they said about themselves, bundles."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone

from desk.ed25519 import fingerprint, key_of
from desk.request_models import SHA256_HEX_LENGTH, AuditEntry, CollectionRequest, RequestEvent, RequestState

__all__ = [
    "AuditEntry",
    "Bundle",
    "ChampionToken",
    "CollectionRequest",
    "Device",
    "EnrollmentToken",
    "PassedOn",
    "QuarantinedBundle",
    "Relay",
    "RequestEvent",
    "RequestState",
    "SupportRequest",
    "object_key",
]


class EnrollmentToken(models.Model):
    """Lets a device enrol, ``uses_left`` times until ``expires_at``; only a hash of it is kept."""

    public_id = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=SHA256_HEX_LENGTH)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    uses_left = models.PositiveIntegerField(default=1)
    group = models.CharField(max_length=64, blank=True, default="")  # of the devices that enrol by it

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.public_id


class Device(models.Model):
    """A computer that enrolled and holds a credential of its own.

    ``computer_id`` is what the computer says of itself, hence neither unique nor trusted for access: a computer
    that enrols anew and does not show the credential it had is a new device, which sees nothing of the old one's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    public_id = models.CharField(max_length=64, unique=True, editable=False)
    credential_digest = models.CharField(max_length=SHA256_HEX_LENGTH, editable=False)
    computer_id = models.CharField(max_length=64, db_index=True)
    group = models.CharField(max_length=64, blank=True, default="")
    # The public half of the key by which it signs, a line as OpenSSH writes it; "" for one that enrolled without.
    public_key = models.CharField(max_length=128, blank=True, default="", editable=False)
    # A credential that was asked for and not used yet: the old one is good until then, so that a lost answer locks
    # nobody out.
    next_public_id = models.CharField(max_length=64, blank=True, default="", db_index=True, editable=False)
    next_credential_digest = models.CharField(max_length=SHA256_HEX_LENGTH, blank=True, default="", editable=False)
    enrolled_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # What it says of itself, as far as its own policy shows it: shown to champions, trusted for nothing.
    host = models.CharField(max_length=200, blank=True, default="")
    operating_system = models.CharField(max_length=200, blank=True, default="")
    agent_version = models.CharField(max_length=64, blank=True, default="")
    remote_policy = models.CharField(max_length=16, blank=True, default="")
    remote_profiles = models.JSONField(default=list, blank=True)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-enrolled_at",)

    def __str__(self) -> str:
        return self.computer_id

    @property
    def fingerprint(self) -> str:
        """Of its key, as ``ssh-keygen -l`` shows it; "" for one that enrolled without."""
        return fingerprint(key_of(self.public_key)) if self.public_key else ""


class SupportRequest(models.Model):
    """Which device opened a ticket, and what a support request must carry besides text and logs.

    ``request_id`` is the device's own key: the same again is the same ticket.
    """

    ticket = models.OneToOneField("helpdesk.Ticket", on_delete=models.CASCADE, related_name="support_request")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="requests")
    request_id = models.CharField(max_length=64)
    product = models.CharField(max_length=200, blank=True)
    computer_id = models.CharField(max_length=64, blank=True)
    operating_system = models.CharField(max_length=200, blank=True)
    account = models.CharField(max_length=200, blank=True)
    version = models.CharField(max_length=200, blank=True)
    cloud = models.BooleanField(null=True, blank=True)

    class Meta:  # noqa: D106 - Django's own form
        constraints = (models.UniqueConstraint(fields=("device", "request_id"), name="one_ticket_per_request"),)

    def __str__(self) -> str:
        return f"{self.product} on {self.computer_id}"


class Bundle(models.Model):
    """A ``.7z`` that arrived whole. Its bytes lie in the state folder, or in the object store, and never change."""

    bundle_id = models.UUIDField(unique=True)
    ticket = models.ForeignKey("helpdesk.Ticket", on_delete=models.PROTECT, related_name="bundles")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="bundles")
    sha256 = models.CharField(max_length=SHA256_HEX_LENGTH)
    size_bytes = models.PositiveBigIntegerField()
    received_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(default=timezone.now)
    consent = models.JSONField(default=dict)
    # Where the relay put it in another tracker, and what kept the last attempt from that; "" for neither.
    passed_on_link = models.CharField(max_length=500, blank=True, default="")
    passed_on_problem = models.CharField(max_length=500, blank=True, default="")
    # What a look inside found, ``None`` until a champion first looks: see ``desk.contents.bundle_contents``.
    contents = models.JSONField(null=True, blank=True)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("received_at",)

    def __str__(self) -> str:
        return str(self.bundle_id)

    @property
    def file(self) -> Path:
        """Where its bytes lie."""
        assert settings.DESK_STATE_FOLDER is not None
        return Path(settings.DESK_STATE_FOLDER) / "bundles" / f"{self.bundle_id}.7z"

    @property
    def object_key(self) -> str:
        """Where they lie in the object store, if they are not in that file: see ``desk.uploads.bundle_bytes``."""
        return object_key(self.device_id, self.bundle_id, self.sha256)


def object_key(device_id: uuid.UUID, bundle_id: uuid.UUID, sha256: str) -> str:
    """A key that no other device, and no other content, can have: nobody can put an object in a bundle's place."""
    return f"{device_id}/{bundle_id}-{sha256}.7z"


class QuarantinedBundle(models.Model):
    """A ``.7z`` that arrived whole for a ticket that its device does not have (any more): see ``desk.quarantine``."""

    bundle_id = models.UUIDField(unique=True)
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="quarantined")
    number = models.CharField(max_length=18)  # of the ticket that the device meant; digits, nothing else is known of it
    sha256 = models.CharField(max_length=SHA256_HEX_LENGTH)
    size_bytes = models.PositiveBigIntegerField()
    received_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(default=timezone.now)
    expires_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    consent = models.JSONField(default=dict)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("received_at",)

    def __str__(self) -> str:
        return str(self.bundle_id)

    @property
    def file(self) -> Path:
        """Where its bytes lie."""
        assert settings.DESK_STATE_FOLDER is not None
        return Path(settings.DESK_STATE_FOLDER) / "quarantine" / f"{self.bundle_id}.7z"


class Relay(models.Model):
    """A program that passes tickets on to another tracker, whose token it holds; it has a credential of its own."""

    name = models.CharField(max_length=64, unique=True)
    public_id = models.CharField(max_length=64, unique=True, editable=False)
    credential_digest = models.CharField(max_length=SHA256_HEX_LENGTH, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


class ChampionToken(models.Model):
    """Lets a program of an account ask for bundles until ``expires_at``; one that is revoked has no row any more."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="champion_tokens")
    name = models.CharField(max_length=64)
    public_id = models.CharField(max_length=64, unique=True, editable=False)
    digest = models.CharField(max_length=SHA256_HEX_LENGTH, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-made_at",)
        constraints = (models.UniqueConstraint(fields=("account", "name"), name="one_token_per_name"),)

    def __str__(self) -> str:
        return self.name


class PassedOn(models.Model):
    """The ticket of another tracker that stands for one of ours; ``number`` is empty until it is open there."""

    ticket = models.OneToOneField("helpdesk.Ticket", on_delete=models.CASCADE, related_name="passed_on")
    # Under which it is opened there. Random and never told to a device: whoever could guess it could write it into a
    # ticket of their own, where the tracker would find it in this one's place.
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    endpoint = models.CharField(max_length=500, blank=True, default="")
    number = models.CharField(max_length=64, blank=True, default="")
    link = models.CharField(max_length=500, blank=True, default="")
    problem = models.CharField(max_length=500, blank=True, default="")  # what kept the last attempt from it
    changed_at = models.DateTimeField(auto_now=True)  # the longest untold is told first

    class Meta:  # noqa: D106 - Django's own form
        ordering = ("-changed_at",)

    def __str__(self) -> str:
        return f"{self.endpoint} {self.number}"
