"""A champion's wish for a bundle, checked by one function for the ticket's page, the API and the command.

Whoever asks must be one who works the ticket, and may ask for what the computer said that it allows. What is asked is
then made and signed by ``desk.collecting.collection_requests``; the computer checks all of it again.
"""

from __future__ import annotations

from django.contrib.auth.models import User
from helpdesk.models import Ticket

from desk.collecting import collection_requests
from desk.collecting.collection_requests import CannotAsk
from desk.collecting.request_statement import shown
from desk.models import CollectionRequest, Device, SupportRequest
from desk.roles import AT_WORK, role_of, tickets_seen_by

_MOST_NAMED = 20  # profiles in one sentence


def ask(
    ticket: Ticket, requester: User, *, profile: str, reason: str, since_seconds: int | None = None, means: str = ""
) -> CollectionRequest:
    """Ask the computer of a ticket; return the request. Raise ``CannotAsk``.

    ``means`` tells the audit by what it was asked, where that is no page.
    """
    if role_of(requester) not in AT_WORK or not tickets_seen_by(requester).filter(pk=ticket.pk).exists():
        raise CannotAsk("The ticket is not of your queues.")
    device, problem = device_of(ticket), why_not(ticket)
    if device is None or problem:
        raise CannotAsk(problem)
    if profile not in device.remote_profiles:
        allowed = ", ".join(shown(name) for name in device.remote_profiles[:_MOST_NAMED])
        raise CannotAsk(f"Choose a profile that this computer allows, such as {allowed}.")
    return collection_requests.make(
        device=device,
        ticket=ticket,
        requester=requester,
        profile=profile,
        reason=reason,
        since_seconds=since_seconds,
        means=means,
    )


def device_of(ticket: Ticket) -> Device | None:
    """The one that opened it."""
    opened = SupportRequest.objects.filter(ticket=ticket).select_related("device").first()
    return opened.device if opened else None


def why_not(ticket: Ticket) -> str:
    """A sentence that says why nothing can be asked for from this ticket, or nothing."""
    device = device_of(ticket)
    if device is None:
        return "No computer opened this ticket."
    return _takes_none(device) or collection_requests.why_not(device, ticket)


def why_not_of(device: Device) -> str:
    """A sentence that says why nothing can be asked of a computer on any ticket, or nothing."""
    return _takes_none(device) or collection_requests.why_not_of(device)


def _takes_none(device: Device) -> str:
    takes = device.remote_profiles and device.remote_policy not in {"", "off"}
    return "" if takes else "This computer takes no requests."
