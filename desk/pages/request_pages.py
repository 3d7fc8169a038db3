"""Champions ask for a bundle from the ticket's page or the device's, take it back, and watch what becomes of it.

The events' address answers with what is new since the caller's mark and ends; ``live_events`` in front of Django
asks it again whenever something happens, and makes one endless answer of it. So each look passes every check anew.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from helpdesk.models import Ticket

from desk import content_security
from desk.collecting import asking, collection_requests, live_events
from desk.models import CollectionRequest, Device
from desk.pages.request_rows import mark_of, newest_position, rows_of
from desk.pages.shown_words import harmless
from desk.roles import AT_WORK, account_of, only, tickets_of

_RANGES = (
    ("", "as the profile says"),
    (str(3600), "the last hour"),
    (str(6 * 3600), "the last 6 hours"),
    (str(86400), "the last day"),
    (str(3 * 86400), "the last 3 days"),
    (str(7 * 86400), "the last 7 days"),
    (str(31 * 86400), "the last 31 days"),
)
REASON_CHARACTERS = 1000
_HIGHEST_NUMBER = 10**18 - 1  # of what a database can hold as an id
_WHICH_TICKET = "Give the number of a ticket that this computer opened, of your queues."
_WRONG_NUMBER = ("required", "invalid", "min_value", "max_value")


class RequestForm(forms.Form):
    """Which profile, why, how far back. Profiles are those that the device said it allows."""

    profile = forms.ChoiceField(
        error_messages={
            "required": "Choose a profile.",
            "invalid_choice": "Choose a profile that this computer allows.",
        }
    )
    since_seconds = forms.TypedChoiceField(
        choices=_RANGES,
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Choose a time range of the list."},
    )
    reason = forms.CharField(
        max_length=REASON_CHARACTERS,
        error_messages={
            "required": "Say why; the person reads it.",
            "max_length": "Say why in at most 1,000 characters.",
        },
    )

    def __init__(self, device: Device, data: Any = None) -> None:
        super().__init__(data)
        profiles = device.remote_profiles if isinstance(device.remote_profiles, list) else []
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each, each) for each in profiles if isinstance(each, str) and each == harmless(each)]


class DeviceRequestForm(RequestForm):
    """The same on the device's page, where it has several tickets."""

    ticket = forms.IntegerField(
        min_value=1, max_value=_HIGHEST_NUMBER, error_messages=dict.fromkeys(_WRONG_NUMBER, _WHICH_TICKET)
    )
    field_order = ("ticket",)


@require_POST
@only(*AT_WORK)
def make(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """Ask. What is wrong with the form is said above it, with all that was typed still in it."""
    ticket = get_object_or_404(tickets_of(request), pk=ticket_id)
    device, problem = asking.device_of(ticket), asking.why_not(ticket)
    if device is None or problem:
        messages.error(request, problem)
        return redirect("helpdesk:view", ticket_id)
    form = RequestForm(device, request.POST)
    problem = _asked(request, form, ticket)
    return _again(request, {"ticket": ticket, "form": form, "problem": problem}) if problem else _at_ticket(ticket)


@require_POST
@only(*AT_WORK)
def make_of_device(request: HttpRequest, device_id: uuid.UUID) -> HttpResponse:
    """Ask on the ticket that the form names: one that this device opened and the caller may see."""
    device = get_object_or_404(Device, pk=device_id)
    form = DeviceRequestForm(device, request.POST)
    ticket = None
    if form.is_valid():
        own = tickets_of(request).filter(support_request__device=device)
        ticket = own.filter(pk=form.cleaned_data.pop("ticket")).first()
    problem = _WHICH_TICKET if form.is_valid() and ticket is None else _asked(request, form, ticket)
    if ticket is None or problem:
        return _again(request, {"device": device, "form": form, "problem": problem})
    return _at_ticket(ticket)


def _asked(request: HttpRequest, form: RequestForm, ticket: Ticket | None) -> str:
    """Ask what the form says; return a sentence where that cannot be, else nothing."""
    if ticket is None or not form.is_valid():
        return str(next(iter(form.errors.values()))[0])
    try:
        asking.ask(ticket, account_of(request), **form.cleaned_data)
    except collection_requests.CannotAsk as cannot:
        return str(cannot)
    return ""


def _again(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return content_security.page(request, "desk/request_again.html", context, status=400)


def _at_ticket(ticket: Ticket) -> HttpResponse:
    return redirect(f"{reverse('helpdesk:view', args=[ticket.pk])}#desk-requests-title")


@require_POST
@only(*AT_WORK)
def cancel(request: HttpRequest, ticket_id: int, request_id: uuid.UUID) -> HttpResponse:
    """Take it back: the device stops when it next tells, or asks, anything."""
    ticket = get_object_or_404(tickets_of(request), pk=ticket_id)
    asked = get_object_or_404(CollectionRequest, pk=request_id, ticket=ticket)
    collection_requests.cancel(asked, by=request.user.get_username())
    return _at_ticket(ticket)


@require_safe
@only(*AT_WORK)
def events(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """What is shown now, as one server-sent event, unless it is what the caller says to have seen."""
    ticket = get_object_or_404(tickets_of(request), pk=ticket_id)
    if (device := asking.device_of(ticket)) is not None:
        collection_requests.expire_old(device)
    position = newest_position(ticket)
    rows = rows_of(ticket)
    mark = mark_of(rows)
    seen = request.headers.get("Last-Event-ID") or request.GET.get("seen", "")
    event = "" if seen == mark else f"id: {mark}\nevent: requests\ndata: {json.dumps(rows)}\n\n"
    headers = {
        live_events.POSITION: str(position),
        live_events.ACCOUNT: str(request.user.pk),
        live_events.MARK: mark,
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",  # nginx would keep events back until it has some kilobytes
    }
    return HttpResponse(event, content_type="text/event-stream; charset=utf-8", headers=headers)
