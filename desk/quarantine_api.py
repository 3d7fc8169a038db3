"""The API of bundles without a ticket, ``/api/v1/quarantine/<bundle id>``: for a device whose ticket is gone.

A device that was told ``unknown-ticket``, or that its ticket was merged, may leave its bundle here. The answer does not
depend on whether anybody has the ticket that it names.
"""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from desk import quarantine, wire
from desk.api import UPLOAD_HEADERS, DeviceView, answers, created, uuid_of
from desk.authentication import device_of
from desk.models import Bundle, QuarantinedBundle
from desk.parsers import UnreadBody
from desk.problems import Problem, ProblemType
from desk.tickets import is_number
from desk.uploads import bundle_bytes, read_back
from desk.uploads.streamed_body import SCOPE_KEY, BodyBroken, IncomingBody
from desk.uploads.upload_headers import read_announced

_TICKET = "Sendlogs-Ticket"
_MEANT = OpenApiParameter(
    _TICKET, str, OpenApiParameter.HEADER, required=True, description="The number of the ticket that it was meant for"
)


class QuarantineView(DeviceView):
    """One bundle without a ticket, of the device that calls."""

    parser_classes = (UnreadBody,)

    @extend_schema(
        operation_id="quarantined_bundle", responses=answers(400, 401, 404, 405, 406, s200=wire.QuarantineTold)
    )
    def get(self, request: Request, bundle_id: str) -> Response:
        """Tell what is kept, the digest computed anew, and the ticket if a champion hung it on one."""
        kept = quarantine.held(uuid_of(bundle_id), device_of(request))
        if kept is None:
            raise Problem(404, ProblemType.UNKNOWN_BUNDLE, "The desk keeps no bundle of that id of this device.")
        return Response(wire.quarantine_told(kept, _stored_sha256(kept)))

    @extend_schema(
        operation_id="quarantine_bundle",
        parameters=[*UPLOAD_HEADERS, _MEANT],
        request={UnreadBody.media_type: OpenApiTypes.BINARY},
        responses=answers(
            400, 401, 405, 406, 409, 411, 413, 415, 507, s201=wire.QuarantineTold, s200=wire.QuarantineTold
        ),
    )
    def put(self, request: Request, bundle_id: str) -> Response:
        """Keep a bundle until a champion hangs it on a ticket, deletes it, or it expires. 200: it is here already."""
        device = device_of(request)
        _ = request.data  # raises what the framework answers with 415
        announced, number = read_announced(request, uuid_of(bundle_id)), request.headers.get(_TICKET, "")
        if not is_number(number):
            raise Problem(400, ProblemType.INVALID, f"{_TICKET} must be the number of a ticket.")
        known = quarantine.earlier(announced, device)
        if known is not None:
            return Response(wire.quarantine_told(known, _stored_sha256(known)))
        body: IncomingBody = request.scope[SCOPE_KEY]  # type: ignore[attr-defined]  # ASGIRequest behind DRF's Request
        try:
            kept, is_new = quarantine.take_in(body.pieces(), announced, number, device)
        except BodyBroken as broken:
            raise Problem(400, ProblemType.INVALID, str(broken)) from None
        return Response(wire.quarantine_told(kept, kept.sha256), status=created(is_new=is_new))


def _stored_sha256(kept: QuarantinedBundle | Bundle) -> str:
    """The digest of the bytes, which for one that is on a ticket may lie in the object store."""
    return bundle_bytes.stored_sha256(kept) if isinstance(kept, Bundle) else read_back.stored_sha256(kept.file)
