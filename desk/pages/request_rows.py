"""What the ticket's page shows of each request for a bundle: as the page is made, and live."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.db.models import Max
from django.urls import reverse
from helpdesk.models import Ticket

from desk.models import CollectionRequest, RequestEvent
from desk.pages.shown_words import harmless
from desk.request_models import ENDS

MOST_ROWS = 20  # the newest of a ticket; all of them are on the device's page
Row = dict[str, str]

EMPTY_ROW: Row = dict.fromkeys(
    ("id", "state", "state_text", "profile", "reason", "requester", "made_at", "words", "bundle", "cancel"), ""
)
"""What the row of a request that does not exist yet is cloned from."""


def rows_of(ticket: Ticket) -> list[Row]:
    """The newest first. Text, harmless to look at but not escaped; ``bundle`` and ``cancel`` are addresses."""
    asked = CollectionRequest.objects.filter(ticket=ticket).select_related("requester", "bundle")
    return [_row(request) for request in asked.order_by("-made_at")[:MOST_ROWS]]


def _row(request: CollectionRequest) -> Row:
    ended = request.state in ENDS
    return {
        "id": str(request.pk),
        "state": request.state,
        "state_text": request.get_state_display(),
        "profile": harmless(request.profile),
        "reason": harmless(request.reason),
        "requester": harmless(request.requester.get_username()),
        "made_at": f"{request.made_at:%Y-%m-%d %H:%M} UTC",
        "words": harmless(request.words),
        "bundle": reverse("bundle", args=[request.bundle.bundle_id]) if request.bundle else "",
        "cancel": "" if ended else reverse("request-cancel", args=[request.ticket_id, request.pk]),
    }


def newest_position(ticket: Ticket) -> int:
    """The id of the newest event of its requests, 0 for none; read it before the rows, which are then no older."""
    newest: int | None = RequestEvent.objects.filter(ticket=ticket).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def mark_of(rows: Sequence[Row]) -> str:
    """A name of what was shown: another one means that there is news. It is the id of the event that shows it."""
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]
