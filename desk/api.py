"""The API of devices, ``/api/v1``: thin views that read the request, ask the modules beside, and answer.

Documented for programs at ``/api/v1/openapi.json``; every failure is a problem document (``desk.problems``).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from desk import signing_key, wire
from desk.authentication import DeviceAuthentication, IsEnrolled, device_of, device_shown
from desk.enrolment import enrol
from desk.models import Bundle
from desk.parsers import BoundedJson, UnreadBody
from desk.problems import CONTENT_TYPE, Problem, ProblemType, answer_problem
from desk.tickets import open_ticket, own_ticket, own_tickets
from desk.uploads.bundle_bytes import stored_sha256
from desk.uploads.bundle_store import earlier, refuse_ended, take_in
from desk.uploads.streamed_body import SCOPE_KEY, BodyBroken, IncomingBody
from desk.uploads.upload_headers import read_announced

# A page of tickets a person could still look through; a device with more sees its newest.
_MOST_TICKETS_TOLD = 500


def answers(*codes: int, **good: Any) -> dict[Any, Any]:
    """The documented answers: the good ones as ``s200=Shape``, and the codes of problems."""
    problems = {(code, CONTENT_TYPE): OpenApiResponse(wire.ProblemTold) for code in codes}
    return {int(name.removeprefix("s")): shape for name, shape in good.items()} | problems


class DeviceView(APIView):
    """A view for devices: by their credential alone, every failure a problem document."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (DeviceAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsEnrolled,)
    parser_classes: Sequence[type[BaseParser]] = (BoundedJson,)
    metadata_class = None  # OPTIONS would describe the view in a form of the framework's own

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        """Problem documents instead of the framework's errors."""
        return answer_problem


class OpenView(DeviceView):
    """A view that needs no credential."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class HealthView(OpenView):
    """Whether the desk answers."""

    @extend_schema(operation_id="health", auth=[], responses=answers(405, 406, s200=wire.Health))
    def get(self, _request: Request) -> Response:
        """Answer."""
        return Response({"status": "ok", "version": version("sendlogs")})


class EnrolView(OpenView):
    """Trades an enrolment token for a credential."""

    @extend_schema(
        operation_id="enrol",
        auth=[],
        request=wire.EnrolWords,
        responses=answers(400, 403, 405, 406, 413, 415, 429, s201=wire.Enrolled),
    )
    def post(self, request: Request) -> Response:
        """Enrol the device that calls; one that shows the credential it holds stays the device that it is."""
        words = validated(wire.EnrolWords, request)
        address, known = str(request.META.get("REMOTE_ADDR", "")), device_shown(request)
        device, credential = enrol(words["token"], words["computer_id"], address, words["device_key"], known)
        key = signing_key.ours()
        answer = {
            "device_id": str(device.pk),
            "credential": credential,
            "tenant": key.tenant,
            "desk_key": key.line,
        }
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class TicketsView(DeviceView):
    """The tickets of the device that calls."""

    @extend_schema(operation_id="tickets", responses=answers(401, 405, 406, s200=wire.TicketTold(many=True)))
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        tickets = own_tickets(device_of(request), _MOST_TICKETS_TOLD)
        return Response([wire.ticket_told(ticket) for ticket in tickets])

    @extend_schema(
        operation_id="open_ticket",
        request=wire.NewTicket,
        responses=answers(400, 401, 405, 406, 413, 415, s201=wire.TicketTold, s200=wire.TicketTold),
    )
    def post(self, request: Request) -> Response:
        """Open one, or answer 200 with the one that this request id opened before."""
        ticket, is_new = open_ticket(device_of(request), validated(wire.NewTicket, request))
        return Response(wire.ticket_told(ticket), status=created(is_new=is_new))


class TicketView(DeviceView):
    """One ticket of the device that calls."""

    @extend_schema(operation_id="ticket", responses=answers(401, 404, 405, 406, s200=wire.TicketTold))
    def get(self, request: Request, number: str) -> Response:
        """Look it up."""
        return Response(wire.ticket_told(own_ticket(device_of(request), number)))


UPLOAD_HEADERS = [
    OpenApiParameter("Repr-Digest", str, OpenApiParameter.HEADER, required=True, description="RFC 9530: sha-256=:…:"),
    OpenApiParameter("Sendlogs-Consent", str, OpenApiParameter.HEADER, required=True, description="JSON in base64"),
]


class BundleView(DeviceView):
    """One bundle on a ticket of the device that calls."""

    parser_classes = (UnreadBody,)

    @extend_schema(operation_id="bundle", responses=answers(400, 401, 404, 405, 406, s200=wire.BundleTold))
    def get(self, request: Request, number: str, bundle_id: str) -> Response:
        """Tell what is stored, the digest computed anew from the stored bytes."""
        ticket = own_ticket(device_of(request), number)
        bundle = Bundle.objects.filter(ticket=ticket, bundle_id=uuid_of(bundle_id)).first()
        if bundle is None:
            raise Problem(404, ProblemType.UNKNOWN_BUNDLE, "This ticket has no bundle of that id.")
        return Response(wire.bundle_told(bundle, stored_sha256(bundle)))

    @extend_schema(
        operation_id="attach_bundle",
        parameters=UPLOAD_HEADERS,
        request={UnreadBody.media_type: OpenApiTypes.BINARY},
        responses=answers(400, 401, 404, 405, 406, 409, 411, 413, 415, s201=wire.BundleTold, s200=wire.BundleTold),
    )
    def put(self, request: Request, number: str, bundle_id: str) -> Response:
        """Attach a bundle; the same bundle again answers 200 and is not a second one."""
        device = device_of(request)
        ticket = own_ticket(device, number)
        _ = request.data  # raises what the framework answers with 415
        announced = read_announced(request, uuid_of(bundle_id))
        known = earlier(announced, ticket, device)
        if known is not None:
            return Response(wire.bundle_told(known, stored_sha256(known)))
        refuse_ended(ticket)
        body: IncomingBody = request.scope[SCOPE_KEY]  # type: ignore[attr-defined]  # ASGIRequest behind DRF's Request
        try:
            bundle, is_new = take_in(body.pieces(), announced, ticket, device)
        except BodyBroken as broken:
            raise Problem(400, ProblemType.INVALID, str(broken)) from None
        return Response(wire.bundle_told(bundle, bundle.sha256), status=created(is_new=is_new))


class DescriptionView(OpenView, SpectacularJSONAPIView):
    """The OpenAPI document."""

    renderer_classes = SpectacularJSONAPIView.renderer_classes


class NothingHere(OpenView):
    """Every other path under ``/api/``."""

    schema = None

    def initial(self, *_request_and_path: Any, **_named: Any) -> None:
        """Say so, whatever the method."""
        raise Http404


def validated(shape: type[Serializer[wire.Fields]], request: Request) -> Mapping[str, Any]:
    """The body of a request in this shape. Raise what the framework answers with 400, 413 or 415."""
    words = shape(data=request.data)
    words.is_valid(raise_exception=True)
    validated: Mapping[str, Any] = words.validated_data
    return validated


def uuid_of(written: str) -> uuid.UUID:
    """A bundle id of an address. Raise ``invalid``."""
    try:
        return uuid.UUID(written)
    except ValueError:
        raise Problem(400, ProblemType.INVALID, "A bundle id is a UUID.") from None


def created(*, is_new: bool) -> int:
    """The status of an answer to what may have been there before."""
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
