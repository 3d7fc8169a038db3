"""A device's tickets: opened once per request id, found only by the device that opened them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.models import Queue, Ticket

from desk.models import Device, SupportRequest
from desk.one_writer import alone
from desk.problems import Problem, ProblemType
from desk.support_rules import QUEUE_OF_NEW_TICKETS

_ABOUT_THE_COMPUTER = ("product", "computer_id", "operating_system", "account", "version", "cloud")
# Beyond this SQLite cannot hold an id; a longer number is no ticket.
_LONGEST_NUMBER_DIGITS = 18


def open_ticket(device: Device, words: Mapping[str, Any]) -> tuple[Ticket, bool]:
    """The ticket for these words (validated :class:`desk.wire.NewTicket`), and whether it is new."""
    with alone("tickets"):  # two calls with one request id come one after the other
        known = SupportRequest.objects.filter(device=device, request_id=words["request_id"]).first()
        if known is not None:
            return known.ticket, False
        ticket = Ticket.objects.create(
            title=words["subject"],
            description=words["description"],
            priority=words["severity"],
            queue=Queue.objects.get(slug=QUEUE_OF_NEW_TICKETS),
        )
        about = {name: words[name] for name in _ABOUT_THE_COMPUTER}
        SupportRequest.objects.create(ticket=ticket, device=device, request_id=words["request_id"], **about)
    return ticket, True


def own_ticket(device: Device, number: str) -> Ticket:
    """The device's ticket of that number. Absent, foreign and nonsense are told alike: ``unknown-ticket``."""
    if is_number(number):
        ticket = Ticket.objects.filter(pk=int(number), support_request__device=device).first()
        if ticket is not None:
            return ticket
    raise Problem(404, ProblemType.UNKNOWN_TICKET, "This device has no ticket of that number.")


def is_number(written: str) -> bool:
    """Whether that could be the number of a ticket."""
    return written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER_DIGITS


def own_tickets(device: Device, limit: int) -> list[Ticket]:
    """The device's tickets, newest first, at most ``limit``."""
    return list(Ticket.objects.filter(support_request__device=device).select_related("queue").order_by("-pk")[:limit])
