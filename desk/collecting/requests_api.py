"""The API of devices about themselves and about what champions ask of them (decision 80).

These views answer at once; ``long_poll`` in front of them holds a call back until there is something to answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from desk import signing_key, wire
from desk.api import DeviceView, answers, uuid_of, validated
from desk.authentication import device_of
from desk.collecting import collection_requests, wake_ups
from desk.collecting.request_statement import PROFILE
from desk.models import CollectionRequest, Device, RequestState
from desk.problems import Problem, ProblemType
from desk.request_models import ENDS
from desk.rotation import ask_for_another
from desk.seen import seen

LONGEST_WAIT_SECONDS = 55  # proxies commonly end a silent call after 60
HIGHEST_POSITION = 2**63 - 1  # of a database's id
# Long enough for a device that still works on it, and no list of all that ever was.
_CANCELLED_TOLD_FOR = timedelta(days=2)
_MOST_CANCELLED_TOLD = 50
_MOST_PROFILES = 200


class AboutDevice(serializers.Serializer[wire.Fields]):
    """What a device says of itself, as far as its policy shows it; what it leaves out is empty then."""

    host = wire.Words(max_length=200, allow_blank=True, default="")
    operating_system = wire.Words(max_length=200, allow_blank=True, default="")
    agent_version = wire.Words(max_length=64, allow_blank=True, default="")
    remote_policy = serializers.ChoiceField(
        choices=["ask", "notify", "allow", "off"], allow_blank=True, default="", help_text="Before a request is met."
    )
    remote_profiles = serializers.ListField(
        child=serializers.RegexField(PROFILE.pattern.join(("^", r"\Z"))), max_length=_MOST_PROFILES, default=list
    )


class NewCredential(serializers.Serializer[wire.Fields]):
    """A credential, told this once; the old one is good until this is first used."""

    credential = serializers.CharField()


class RequestsAsked(serializers.Serializer[wire.Fields]):
    """From where on, and how long the answer may be held back while nothing is newer."""

    position = serializers.IntegerField(min_value=0, max_value=HIGHEST_POSITION, default=0)
    wait_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_WAIT_SECONDS, default=0)


class RequestTold(serializers.Serializer[wire.Fields]):
    """A champion's request; only what the envelope says counts, once its signature was checked."""

    request_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=RequestState.values)
    envelope = serializers.CharField(help_text="A DSSE envelope, JSON in a text.")


class RequestsTold(serializers.Serializer[wire.Fields]):
    """Those not at an end, those cancelled after the position, and what each key of the desk said of the next."""

    position = serializers.IntegerField(min_value=0)
    requests = RequestTold(many=True)
    successions = serializers.ListField(child=serializers.CharField())


_TOLD_STATES = [state.value for state in RequestState if state in collection_requests.TOLD_BY_DEVICES]


class StateWords(serializers.Serializer[wire.Fields]):
    """How far a request is. ``bundle_id`` counts where it is done, ``audit_head`` is of the device's own audit."""

    state = serializers.ChoiceField(choices=_TOLD_STATES)
    words = wire.Words(max_length=1000, allow_blank=True, default="")
    bundle_id = serializers.UUIDField(allow_null=True, default=None)
    audit_head = serializers.RegexField(r"^([0-9a-f]{64})?$", allow_blank=True, default="")


class StateAnswer(serializers.Serializer[wire.Fields]):
    """The state that it has at the desk, which alone counts: a device that reads an end stops."""

    state = serializers.ChoiceField(choices=RequestState.values)


class MeView(DeviceView):
    """The device that calls."""

    @extend_schema(operation_id="me", responses=answers(401, 405, 406, s200=wire.Me))
    def get(self, request: Request) -> Response:
        """Tell it who it is."""
        return Response(wire.device_told(device_of(request)))

    @extend_schema(
        operation_id="tell_of_me",
        request=AboutDevice,
        responses=answers(400, 401, 405, 406, 413, 415, s200=wire.Me),
    )
    def put(self, request: Request) -> Response:
        """Keep what it says of itself, for champions to see; nothing is decided by it."""
        device = device_of(request)
        Device.objects.filter(pk=device.pk).update(**validated(AboutDevice, request))
        return Response(wire.device_told(device))


class CredentialView(DeviceView):
    """The credential of the device that calls."""

    @extend_schema(
        operation_id="new_credential", request=None, responses=answers(400, 401, 405, 406, 413, s201=NewCredential)
    )
    def post(self, request: Request) -> Response:
        """Make another; whoever lost the answer asks again with the old one."""
        answer = {"credential": ask_for_another(device_of(request))}
        return Response(answer, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


class RequestsView(DeviceView):
    """What champions ask of the device that calls."""

    @extend_schema(
        operation_id="requests",
        parameters=[RequestsAsked],
        responses=answers(400, 401, 405, 406, 503, s200=RequestsTold),
    )
    def get(self, request: Request) -> Response:
        """Hand them out; what was waiting is delivered by that. 503 says that the desk stops: call again soon."""
        asked = RequestsAsked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        device = device_of(request)
        collection_requests.expire_old(device)
        for each in collection_requests.open_of(device):
            if each.state == RequestState.WAITING:
                collection_requests.tell(each, RequestState.DELIVERED)
        # Before the list: what comes in between is in the list, and told once more, rather than never.
        position = wake_ups.newest_of_devices([device.pk]).get(device.pk, 0)
        return Response(
            {
                "position": position,
                "requests": [_told(each) for each in _to_tell(device, asked.validated_data["position"])],
                "successions": signing_key.ours().successions,
            }
        )


class StateView(DeviceView):
    """How far a request to the device that calls is."""

    @extend_schema(
        operation_id="tell_state",
        request=StateWords,
        responses=answers(400, 401, 404, 405, 406, 409, 413, 415, s200=StateAnswer),
    )
    def post(self, request: Request, request_id: str) -> Response:
        """Note it, unless it was further already, or at an end; the answer says which it is."""
        own = CollectionRequest.objects.filter(device=device_of(request))
        asked = own.filter(pk=uuid_of(request_id)).first()
        if asked is None:
            raise Problem(404, ProblemType.UNKNOWN_REQUEST, "This device has no request of that id.")
        words = validated(StateWords, request)
        collection_requests.expire_old(device_of(request))
        try:
            state = collection_requests.tell(asked, **words)
        except collection_requests.CannotTell as cannot:
            raise Problem(409, ProblemType.CONFLICT, str(cannot)) from None
        return Response({"state": state.value})


Known = tuple[uuid.UUID, int]  # a device, and the position up to which it knows all


def nothing_new(asked: Collection[Known]) -> dict[Known, wire.Fields]:
    """The answers to devices that know all up to their position, and of whom nothing is asked.

    The others are the view's to answer: also those whose access was revoked meanwhile.
    """
    ids = {device_id for device_id, _ in asked}
    still = set(Device.objects.filter(pk__in=ids, revoked_at=None).values_list("pk", flat=True))
    still -= collection_requests.asked_of(still)
    newest = wake_ups.newest_of_devices(still)
    quiet = [known for known in asked if known[0] in still and newest.get(known[0], 0) == known[1]]
    seen.note(device_id for device_id, _ in quiet)
    successions = list(signing_key.ours().successions)
    return {known: {"position": known[1], "requests": [], "successions": successions} for known in quiet}


def _to_tell(device: Device, position: int) -> list[CollectionRequest]:
    lately = timezone.now() - _CANCELLED_TOLD_FOR
    cancelled = Q(state=RequestState.CANCELLED, events__state=RequestState.CANCELLED, events__pk__gt=position)
    of_device = CollectionRequest.objects.filter(device=device)
    gone = of_device.filter(cancelled, expires_at__gt=lately).distinct().order_by("-made_at")[:_MOST_CANCELLED_TOLD]
    return [*of_device.exclude(state__in=ENDS).order_by("made_at"), *gone]


def _told(request: CollectionRequest) -> wire.Fields:
    return {"request_id": str(request.pk), "state": request.state, "envelope": request.envelope}
