"""Large bundles in parts, ``/api/v1/tickets/<number>/bundles/<bundle id>/parts``: the device asks what is missing.

It sends the parts to the object store itself, at the addresses it is told, and asks again, until it is told the bundle.
A desk without a store, and one that takes a bundle of this size itself, answers 404 as for any unknown address, as
desks did before there was this one.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk import wire
from desk.api import DeviceView, answers, uuid_of, validated
from desk.authentication import device_of
from desk.tickets import own_ticket
from desk.uploads import object_store
from desk.uploads.bundle_store import Announced
from desk.uploads.parts_store import Told, announce
from desk.uploads.upload_headers import consent_of, size_bytes_of


class PartsView(DeviceView):
    """One bundle that goes to the store."""

    @extend_schema(
        operation_id="announce_parts",
        request=wire.PartsAnnounced,
        responses=answers(400, 401, 404, 405, 406, 409, 413, 415, 423, 429, 503, s200=wire.PartsTold),
    )
    def post(self, request: Request, number: str, bundle_id: str) -> Response:
        """Tell which parts are missing; when none is, read back what is stored and attach it. Safe to repeat."""
        device = device_of(request)
        ticket = own_ticket(device, number)
        words = validated(wire.PartsAnnounced, request)
        announced = Announced(
            bundle_id=uuid_of(bundle_id),
            size_bytes=size_bytes_of(str(words["size_bytes"]), "size_bytes"),
            sha256=words["sha256"],
            consent=consent_of(words["consent"]),
        )
        store = object_store.configured()
        if store is None or announced.size_bytes <= settings.DESK_S3_OVER_BYTES:
            raise Http404
        # The addresses are secrets: no cache keeps them.
        headers = {"Cache-Control": "no-store"}
        return Response(_told(announce(store, announced, ticket, device)), headers=headers)


def _told(told: Told) -> wire.Fields:
    return {
        "held_bytes": told.held_bytes,
        "good_for_seconds": settings.DESK_PART_URL_SECONDS,
        "parts": [
            {"number": part.number, "offset": part.offset, "size_bytes": part.size_bytes, "url": part.url}
            for part in told.wanted
        ],
        "stored": wire.bundle_told(*told.stored) if told.stored is not None else None,
    }
