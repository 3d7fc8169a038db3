"""What goes over the wire, both ways: the shapes of requests and answers, from which the OpenAPI document is made."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from helpdesk.models import Ticket
from rest_framework import serializers

from desk import ed25519
from desk.models import Bundle, Device, QuarantinedBundle
from desk.problems import ProblemType
from desk.support_rules import ENDED, SEVERITY_MEANINGS, Severity

Fields = dict[str, Any]
# What XML, hence a feed of tickets, cannot hold. Zero is not among them: the framework refuses it.
_CONTROL_CHARACTERS = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Words(serializers.CharField):
    """A text from a device, control characters left out: a log pasted into a description is full of them."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Leave them out first, so that a text of nothing else counts as blank."""
        return super().run_validation(_CONTROL_CHARACTERS.sub("", data) if isinstance(data, str) else data)


class EnrolWords(serializers.Serializer[Fields]):
    """What a device says to enrol."""

    token = serializers.CharField(max_length=200, trim_whitespace=True)
    computer_id = Words(max_length=64)
    device_key = serializers.CharField(
        max_length=128,
        default="",
        trim_whitespace=False,
        help_text="The public half of the key by which it signs, as OpenSSH writes it. Without one, no requests.",
    )

    def validate_device_key(self, line: str) -> str:
        """Refuse what is no key, and one by which anybody could sign."""
        try:
            if line:  # else it was left out
                ed25519.key_of(line)
        except ValueError:
            raise serializers.ValidationError("This is no Ed25519 key in the form of OpenSSH.") from None
        return line


class Enrolled(serializers.Serializer[Fields]):
    """The device and its credential, told this once; which desk this is, and the key that the device pins."""

    device_id = serializers.UUIDField()
    credential = serializers.CharField()
    tenant = serializers.UUIDField()
    desk_key = serializers.CharField()


class Health(serializers.Serializer[Fields]):
    """That the desk answers."""

    status = serializers.ChoiceField(choices=["ok"])
    version = serializers.CharField()


class Me(serializers.Serializer[Fields]):
    """The device as the desk knows it."""

    device_id = serializers.UUIDField()
    computer_id = serializers.CharField()
    enrolled_at = serializers.DateTimeField()


class NewTicket(serializers.Serializer[Fields]):
    """What opens a ticket; ``request_id`` is the device's own key, and the same again is the same ticket."""

    subject = Words(max_length=200)
    description = Words(max_length=100_000, allow_blank=True, default="", trim_whitespace=False)
    severity = serializers.ChoiceField(
        choices=[(int(severity), meaning) for severity, meaning in SEVERITY_MEANINGS.items()], default=int(Severity.LOW)
    )
    product = Words(max_length=200, allow_blank=True, default="")
    computer_id = Words(max_length=64, allow_blank=True, default="")
    operating_system = Words(max_length=200, allow_blank=True, default="")
    account = Words(max_length=200, allow_blank=True, default="")
    version = Words(max_length=200, allow_blank=True, default="")
    cloud = serializers.BooleanField(allow_null=True, default=None)
    request_id = Words(max_length=64)


class TicketTold(serializers.Serializer[Fields]):
    """A ticket as its device sees it."""

    number = serializers.CharField()
    url = serializers.URLField()
    queue = serializers.CharField(help_text="Pages name the ticket by it and the number, as in support-17.")
    subject = serializers.CharField()
    status = serializers.CharField()
    severity = serializers.IntegerField(min_value=1, max_value=4)
    accepts_bundles = serializers.BooleanField()
    merged = serializers.BooleanField(help_text="Into another ticket, which may be somebody else's.")


class BundleTold(serializers.Serializer[Fields]):
    """A bundle that is stored; ``sha256`` is of the stored bytes."""

    bundle_id = serializers.UUIDField()
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    size_bytes = serializers.IntegerField(min_value=0)
    url = serializers.URLField()


class QuarantineTold(serializers.Serializer[Fields]):
    """A bundle without a ticket that is kept; ``ticket`` is the number of one that it was hung on since."""

    bundle_id = serializers.UUIDField()
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    size_bytes = serializers.IntegerField(min_value=0)
    expires_at = serializers.DateTimeField(allow_null=True)
    ticket = serializers.CharField(allow_null=True)
    url = serializers.URLField(allow_null=True)


class PartsAnnounced(serializers.Serializer[Fields]):
    """The bundle that is to go in parts; the same each time it is asked what is missing."""

    size_bytes = serializers.IntegerField(min_value=1)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    consent = serializers.CharField(help_text="JSON in base64")


class PartTold(serializers.Serializer[Fields]):
    """A part that is missing, and the secret address at which it is put, with exactly this many bytes."""

    number = serializers.IntegerField(min_value=1)
    offset = serializers.IntegerField(min_value=0)
    size_bytes = serializers.IntegerField(min_value=1)
    url = serializers.URLField()


class PartsTold(serializers.Serializer[Fields]):
    """How far it is: some of what is missing, or, when all has come and was read back, the bundle."""

    held_bytes = serializers.IntegerField(min_value=0)
    good_for_seconds = serializers.IntegerField(min_value=1, help_text="how long the addresses work")
    parts = PartTold(many=True)
    stored = BundleTold(allow_null=True)


class ProblemTold(serializers.Serializer[Fields]):
    """An RFC 9457 problem document."""

    type = serializers.ChoiceField(choices=[str(kind) for kind in ProblemType])
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]  # a field named as an attribute of its class
        required=False, help_text="Per field, what is wrong with it."
    )


def device_told(device: Device) -> Fields:
    """A device in the shape of :class:`Me`."""
    return {
        "device_id": str(device.pk),
        "computer_id": device.computer_id,
        "enrolled_at": device.enrolled_at.isoformat(),
    }


def ticket_told(ticket: Ticket) -> Fields:
    """A ticket in the shape of :class:`TicketTold`. A number is a text: other ticketing systems have letters in it."""
    return {
        "number": str(ticket.pk),
        "url": f"{settings.DESK_URL}/tickets/{ticket.pk}/",
        "queue": ticket.queue.slug,
        "subject": ticket.title,
        "status": str(ticket.get_status_display()),
        "severity": ticket.priority,
        "accepts_bundles": ticket.status not in ENDED and ticket.merged_to_id is None,
        "merged": ticket.merged_to_id is not None,
    }


def bundle_told(bundle: Bundle, sha256: str) -> Fields:
    """A bundle in the shape of :class:`BundleTold`."""
    return {
        "bundle_id": str(bundle.bundle_id),
        "sha256": sha256,
        "size_bytes": bundle.size_bytes,
        "url": f"{settings.DESK_URL}/bundles/{bundle.bundle_id}/",
    }


def quarantine_told(kept: QuarantinedBundle | Bundle, sha256: str) -> Fields:
    """What is kept of a bundle without a ticket, in the shape of :class:`QuarantineTold`."""
    return {
        "bundle_id": str(kept.bundle_id),
        "sha256": sha256,
        "size_bytes": kept.size_bytes,
        "expires_at": None if isinstance(kept, Bundle) else kept.expires_at.isoformat(),
        "ticket": str(kept.ticket_id) if isinstance(kept, Bundle) else None,
        "url": bundle_told(kept, sha256)["url"] if isinstance(kept, Bundle) else None,
    }
