"""The API of champions' programs, ``/api/v1/champion``: ask for bundles, see what becomes of it, take it back.

A token (``desk.champion_tokens``) stands for its account: every call sees and may do what the pages would show and let
that account do at this moment, by the same functions, and is in the audit under its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from helpdesk.models import Ticket
from rest_framework import serializers, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from desk import wire
from desk.api import DeviceView, answers, uuid_of, validated
from desk.authentication import ChampionAuthentication, IsChampion, token_of
from desk.collecting import asking, collection_requests
from desk.collecting.request_statement import LONGEST_SINCE_SECONDS, REASON_CHARACTERS, SHORTEST_SINCE_SECONDS
from desk.models import CollectionRequest, RequestState
from desk.problems import Problem, ProblemType
from desk.roles import tickets_seen_by
from desk.throttle import Limit
from desk.tickets import is_number

MOST_TOLD = 200
# A program that looks at its request every second, and no flood.
_CALLS = Limit("champion-calls", most=120, window_seconds=60)
_NUMBER = r"^[0-9]{1,18}$"


class Asked(serializers.Serializer[wire.Fields]):
    """What a champion asks for; the person at the computer is shown who asks, the profile and the reason."""

    ticket = serializers.RegexField(_NUMBER, help_text="The number of a ticket that a computer opened.")
    profile = serializers.CharField(max_length=64, help_text="One that the computer allows.")
    reason = wire.Words(max_length=REASON_CHARACTERS)
    since_seconds = serializers.IntegerField(
        min_value=SHORTEST_SINCE_SECONDS,
        max_value=LONGEST_SINCE_SECONDS,
        allow_null=True,
        default=None,
        help_text="Only logs as new as that; without it, as the profile says.",
    )


class OfTicket(serializers.Serializer[wire.Fields]):
    """Which requests are listed."""

    ticket = serializers.RegexField(_NUMBER, required=False, help_text="Only those of this ticket.")


class BundleOfRequest(serializers.Serializer[wire.Fields]):
    """What came of a request; ``url`` is its page."""

    bundle_id = serializers.UUIDField()
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    size_bytes = serializers.IntegerField(min_value=0)
    url = serializers.URLField()


class RequestSeen(serializers.Serializer[wire.Fields]):
    """A request as champions see it; ``words`` are those of the person, or the device's reason."""

    request_id = serializers.UUIDField()
    ticket = serializers.CharField()
    url = serializers.URLField(help_text="The ticket's page.")
    device_id = serializers.UUIDField()
    computer_id = serializers.CharField()
    requester = serializers.CharField()
    profile = serializers.CharField()
    reason = serializers.CharField()
    since_seconds = serializers.IntegerField(allow_null=True)
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=RequestState.values)
    words = serializers.CharField(allow_blank=True)
    bundle = BundleOfRequest(allow_null=True)


class ChampionView(DeviceView):
    """A view for programs of champions alone, so many times a minute."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (ChampionAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (IsChampion,)

    def initial(self, request: Request, *parts: Any, **named: Any) -> None:
        """Look who calls, then how often. Raise ``throttled``."""
        super().initial(request, *parts, **named)
        if not _CALLS.count(str(token_of(request).pk)):
            wait = {"Retry-After": str(_CALLS.window_seconds)}
            raise Problem(429, ProblemType.THROTTLED, f"At most {_CALLS.most} calls a minute.", headers=wait)


class ChampionRequestsView(ChampionView):
    """The requests that the account may see."""

    @extend_schema(
        operation_id="champion_requests",
        parameters=[OfTicket],
        responses=answers(400, 401, 404, 405, 406, 429, s200=RequestSeen(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List them, newest first, at most 200."""
        of_ticket = OfTicket(data=request.query_params)
        of_ticket.is_valid(raise_exception=True)
        collection_requests.expire_old()
        requests = _seen_by(request)
        if "ticket" in of_ticket.validated_data:
            requests = requests.filter(ticket=_ticket(request, of_ticket.validated_data["ticket"]))
        return Response([_told(each) for each in requests.order_by("-made_at", "pk")[:MOST_TOLD]])

    @extend_schema(
        operation_id="ask_for_bundle",
        request=Asked,
        responses=answers(400, 401, 404, 405, 406, 409, 413, 415, 429, s201=RequestSeen),
    )
    def post(self, request: Request) -> Response:
        """Ask for a bundle, as on the ticket's page. 409 says in a sentence why nothing can be asked for."""
        words, token = dict(validated(Asked, request)), token_of(request)
        ticket = _ticket(request, words.pop("ticket"))
        try:
            made = asking.ask(ticket, token.account, means=_means(request), **words)
        except collection_requests.CannotAsk as cannot:
            raise Problem(409, ProblemType.CONFLICT, str(cannot)) from None
        return Response(_told(made), status=status.HTTP_201_CREATED)


class ChampionRequestView(ChampionView):
    """One request that the account may see."""

    @extend_schema(operation_id="champion_request", responses=answers(400, 401, 404, 405, 406, 429, s200=RequestSeen))
    def get(self, request: Request, request_id: str) -> Response:
        """Tell how far it is."""
        asked = _own(request, request_id)
        collection_requests.expire_old(asked.device)
        asked.refresh_from_db()
        return Response(_told(asked))


class ChampionCancelView(ChampionView):
    """Takes a request back."""

    @extend_schema(
        operation_id="cancel_request",
        request=None,
        responses=answers(400, 401, 404, 405, 406, 413, 429, s200=RequestSeen),
    )
    def post(self, request: Request, request_id: str) -> Response:
        """Cancel it, unless it is at an end; the answer says which state it has then."""
        asked = _own(request, request_id)
        collection_requests.cancel(asked, by=token_of(request).account.get_username(), means=_means(request))
        return Response(_told(asked))


def _means(request: Request) -> str:
    return f"by token '{token_of(request).name}'"


def _ticket(request: Request, number: str) -> Ticket:
    """The ticket of that number. Raise ``unknown-ticket`` for one that the account may not see."""
    tickets = tickets_seen_by(token_of(request).account)
    ticket = tickets.filter(pk=int(number)).first() if is_number(number) else None
    if ticket is None:
        raise Problem(404, ProblemType.UNKNOWN_TICKET, "Your queues have no ticket of that number.")
    return ticket


def _seen_by(request: Request) -> QuerySet[CollectionRequest]:
    tickets = tickets_seen_by(token_of(request).account)
    return CollectionRequest.objects.filter(ticket__in=tickets).select_related("requester", "device", "bundle")


def _own(request: Request, request_id: str) -> CollectionRequest:
    asked = _seen_by(request).filter(pk=uuid_of(request_id)).first()
    if asked is None:
        raise Problem(404, ProblemType.UNKNOWN_REQUEST, "Your queues have no request of that id.")
    return asked


def _told(asked: CollectionRequest) -> wire.Fields:
    return {
        "request_id": str(asked.pk),
        "ticket": str(asked.ticket_id),
        "url": f"{settings.DESK_URL}/tickets/{asked.ticket_id}/",
        "device_id": str(asked.device_id),
        "computer_id": asked.device.computer_id,
        "requester": asked.requester.get_username(),
        "profile": asked.profile,
        "reason": asked.reason,
        "since_seconds": asked.since_seconds,
        "made_at": asked.made_at.isoformat(),
        "expires_at": asked.expires_at.isoformat(),
        "state": asked.state,
        "words": asked.words,
        "bundle": wire.bundle_told(asked.bundle, asked.bundle.sha256) if asked.bundle is not None else None,
    }
