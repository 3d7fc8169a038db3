"""What waits to be passed on to another tracker, and what became of it.

The desk speaks to no tracker: a relay, a program of its own beside it, asks for work here, opens the ticket there,
attaches the bundles, and tells their numbers. It holds the tracker's token; the desk never sees that, and keeps of the
relay's credential only a hash. Nothing is lost when the relay dies in between: what it has not told is told as work
again, and it looks at the tracker before it repeats anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from helpdesk.models import Ticket

from desk import audit
from desk.credentials import make_secret
from desk.models import Bundle, PassedOn, Relay
from desk.one_writer import alone
from desk.problems import Problem, ProblemType

ABOUT = ("product", "computer_id", "operating_system", "account", "version", "cloud")  # of a support request
MOST_WORK_TOLD = 50  # tickets: a relay asks again when it is done with them


def make_relay(name: str) -> str:
    """A relay's credential as it is written, made or renewed; it is shown this once, only its hash is kept."""
    secret = make_secret()
    values = {"public_id": secret.public_id, "credential_digest": secret.digest, "revoked_at": None}
    with transaction.atomic():
        Relay.objects.update_or_create(name=name, defaults=values)
        audit.record(audit.DESK, "relay-credential-made", f"relay {name}")
    return secret.written


def revoke(relay: Relay, *, by: str) -> bool:
    """Let it in no more; whether it was let in before."""
    with transaction.atomic():
        if not Relay.objects.filter(pk=relay.pk, revoked_at=None).update(revoked_at=timezone.now()):
            return False
        audit.record(by, "relay-revoked", f"relay {relay.name}")
    return True


def work() -> list[Ticket]:
    """The tickets of devices that are not open in the tracker yet or have bundles that are not there.

    Those of which nothing was told for longest come first, so that refused ones keep no others from their turn.
    """
    not_open = Q(passed_on=None) | Q(passed_on__number="")
    not_there = Q(bundles__in=Bundle.objects.filter(passed_on_link=""))
    waiting = Ticket.objects.filter(not_open | not_there, support_request__isnull=False, merged_to=None)
    turn = F("passed_on__changed_at").asc(nulls_first=True)
    tickets = list(waiting.select_related("support_request").distinct().order_by(turn, "pk")[:MOST_WORK_TOLD])
    for ticket in tickets:
        PassedOn.objects.get_or_create(ticket=ticket)  # its key must be kept before it is told
    return tickets


def ticket_of(number: str) -> Ticket:
    """The ticket of a device with this number. Raise ``unknown-ticket``."""
    digits = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER_DIGITS
    ticket = Ticket.objects.filter(pk=int(number), support_request__isnull=False).first() if digits else None
    if ticket is None:
        raise Problem(404, ProblemType.UNKNOWN_TICKET, "There is no ticket of that number to pass on.")
    return ticket


_LONGEST_NUMBER_DIGITS = 18  # of what a database can hold as an id


def tell_ticket(ticket: Ticket, told: Mapping[str, Any]) -> PassedOn:
    """Keep what the relay says of a ticket: where it is now, or what kept it from there.

    Raise ``conflict`` when it is another ticket already: then two relays are at work, and one must go.
    """
    with alone("relay"):
        passed_on, _ = PassedOn.objects.get_or_create(ticket=ticket)
        if passed_on.number and told["number"] and passed_on.number != told["number"]:
            raise Problem(409, ProblemType.CONFLICT, f"The ticket is {passed_on.number} there already.")
        others = PassedOn.objects.exclude(ticket=ticket).exclude(number="")
        if told["number"] and others.filter(endpoint=told["endpoint"], number=told["number"]).exists():
            raise Problem(409, ProblemType.CONFLICT, f"{told['number']} there stands for another ticket already.")
        if told["number"]:
            passed_on.endpoint, passed_on.number, passed_on.link = told["endpoint"], told["number"], told["link"]
        passed_on.problem = told["problem"]
        passed_on.save()
    return passed_on


def tell_bundle(bundle: Bundle, told: Mapping[str, Any]) -> None:
    """Keep what the relay says of a bundle: its link, or what kept it from being attached."""
    if told["link"]:
        bundle.passed_on_link = told["link"]
    bundle.passed_on_problem = told["problem"]
    bundle.save(update_fields=["passed_on_link", "passed_on_problem"])
    PassedOn.objects.get_or_create(ticket=bundle.ticket)[0].save()  # the others have their turn first
