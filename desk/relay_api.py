"""The API of the relay, ``/api/v1/relay``: work, bundles, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from desk import audit, relay, wire
from desk.api import DeviceView, answers, uuid_of, validated
from desk.authentication import IsRelay, RelayAuthentication
from desk.models import Bundle, Relay
from desk.pages.bundle_pages import pieces
from desk.problems import Problem, ProblemType
from desk.uploads.bundle_bytes import BytesAway, BytesGone, on_disk


class BundleOfWork(serializers.Serializer[wire.Fields]):
    """A bundle that is not in the tracker yet; ``sha256`` is what its device announced and the desk received."""

    bundle_id = serializers.UUIDField()
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    size_bytes = serializers.IntegerField(min_value=0)
    received_at = serializers.DateTimeField()
    consent = serializers.DictField(child=serializers.CharField())


class Work(serializers.Serializer[wire.Fields]):
    """A ticket to pass on; ``passed_on_as`` is its number there, empty while it is not open there.

    ``key`` is what it is opened under; a device must not learn it.
    """

    number = serializers.CharField()
    url = serializers.URLField()
    key = serializers.UUIDField()
    subject = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    severity = serializers.IntegerField(min_value=1, max_value=4)
    product = serializers.CharField(allow_blank=True)
    computer_id = serializers.CharField(allow_blank=True)
    operating_system = serializers.CharField(allow_blank=True)
    account = serializers.CharField(allow_blank=True)
    version = serializers.CharField(allow_blank=True)
    cloud = serializers.BooleanField(allow_null=True)
    passed_on_as = serializers.CharField(allow_blank=True)
    bundles = BundleOfWork(many=True)


class TicketOutcome(serializers.Serializer[wire.Fields]):
    """Where a ticket is now, or, without a number, the problem that keeps it from there."""

    endpoint = wire.Words(max_length=500, allow_blank=True, default="")
    number = wire.Words(max_length=64, allow_blank=True, default="")
    link = wire.Words(max_length=500, allow_blank=True, default="")
    problem = wire.Words(max_length=500, allow_blank=True, default="")


class BundleOutcome(serializers.Serializer[wire.Fields]):
    """Where a bundle is now, or, without a link, the problem that keeps it from there."""

    link = wire.Words(max_length=500, allow_blank=True, default="")
    problem = wire.Words(max_length=500, allow_blank=True, default="")


class RelayView(DeviceView):
    """A view for relays alone."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (RelayAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsRelay,)


class WorkView(RelayView):
    """What waits."""

    @extend_schema(operation_id="relay_work", responses=answers(401, 405, 406, s200=Work(many=True)))
    def get(self, _request: Request) -> Response:
        """List it, oldest first."""
        return Response([_work_told(ticket) for ticket in relay.work()])


class RelayTicketView(RelayView):
    """What became of a ticket."""

    @extend_schema(
        operation_id="relay_ticket",
        request=TicketOutcome,
        responses=answers(400, 401, 404, 405, 406, 409, 413, 415, s200=TicketOutcome),
    )
    def put(self, request: Request, number: str) -> Response:
        """Tell it; the same again changes nothing."""
        ticket = relay.ticket_of(number)
        passed_on = relay.tell_ticket(ticket, validated(TicketOutcome, request))
        return Response({key: getattr(passed_on, key) for key in ("endpoint", "number", "link", "problem")})


class RelayBundleView(RelayView):
    """A bundle, and what became of it."""

    @extend_schema(
        operation_id="relay_bundle_bytes",
        responses={(200, "application/x-7z-compressed"): OpenApiTypes.BINARY, **answers(400, 401, 404, 405, 503)},
    )
    def get(self, request: Request, bundle_id: str) -> Any:
        """Its bytes, as they lie here."""
        bundle = _bundle(bundle_id)
        try:
            file = on_disk(bundle)
        except BytesGone:
            sentence = "The bytes of that bundle are gone from the desk."
            raise Problem(404, ProblemType.UNKNOWN_BUNDLE, sentence) from None
        except BytesAway as away:
            raise Problem(503, ProblemType.BLANK, str(away)) from None
        headers = {"Content-Length": str(file.stat().st_size)}
        audit.record(_caller(request), "bundle-downloaded", f"bundle {bundle.bundle_id}", f"ticket {bundle.ticket_id}")
        return StreamingHttpResponse(pieces(file), content_type="application/x-7z-compressed", headers=headers)

    @extend_schema(
        operation_id="relay_bundle",
        request=BundleOutcome,
        responses=answers(400, 401, 404, 405, 406, 413, 415, s200=BundleOutcome),
    )
    def put(self, request: Request, bundle_id: str) -> Response:
        """Tell what became of it; the same again changes nothing."""
        bundle = _bundle(bundle_id)
        relay.tell_bundle(bundle, validated(BundleOutcome, request))
        return Response({"link": bundle.passed_on_link, "problem": bundle.passed_on_problem})


def _caller(request: Request) -> str:
    relay = request.auth
    assert isinstance(relay, Relay)
    return f"relay {relay.name}"


def _bundle(bundle_id: str) -> Bundle:
    bundle = Bundle.objects.filter(bundle_id=uuid_of(bundle_id)).first()
    if bundle is None:
        raise Problem(404, ProblemType.UNKNOWN_BUNDLE, "There is no bundle of that id.")
    return bundle


def _work_told(ticket: Any) -> wire.Fields:
    about = ticket.support_request
    return {
        "number": str(ticket.pk),
        "url": wire.ticket_told(ticket)["url"],
        "key": str(ticket.passed_on.key),
        "subject": ticket.title,
        "description": ticket.description or "",
        "severity": ticket.priority,
        **{key: getattr(about, key) for key in relay.ABOUT},
        "passed_on_as": ticket.passed_on.number,
        "bundles": [
            {
                "bundle_id": str(bundle.bundle_id),
                "sha256": bundle.sha256,
                "size_bytes": bundle.size_bytes,
                "received_at": bundle.received_at.isoformat(),
                "consent": bundle.consent,
            }
            for bundle in ticket.bundles.filter(passed_on_link="").order_by("received_at")
        ],
    }
