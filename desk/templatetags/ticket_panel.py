"""The panel that django-helpdesk's ticket page shows about the computer and its bundles."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from helpdesk.models import Ticket

from desk.collecting.asking import device_of, why_not
from desk.models import PassedOn, SupportRequest
from desk.pages.request_pages import RequestForm
from desk.pages.request_rows import EMPTY_ROW, mark_of, rows_of
from desk.support_rules import SEVERITY_MEANINGS, Severity

register = template.Library()


@register.inclusion_tag("desk/ticket_panel.html", takes_context=True)
def ticket_panel(context: Context, ticket: Ticket) -> dict[str, Any]:
    """What the panel shows; tickets that a champion made by hand have no computer and no bundles."""
    meaning = SEVERITY_MEANINGS[Severity(ticket.priority)] if ticket.priority in set(Severity) else ""
    passed_on = PassedOn.objects.filter(ticket=ticket).first()
    device = device_of(ticket)
    rows = rows_of(ticket)
    return {
        "csrf_token": context.get("csrf_token"),
        "ticket": ticket,
        "why_not": why_not(ticket),
        "form": RequestForm(device) if device is not None else None,
        "request_rows": rows,
        "seen": mark_of(rows),
        "empty_row": EMPTY_ROW,
        "passed_on": passed_on,
        # What a relay says is shown; followed is only what leads to a page, never a script.
        "passed_on_link": passed_on.link if passed_on and passed_on.link.startswith(("https://", "http://")) else "",
        "about": SupportRequest.objects.filter(ticket=ticket).first(),
        "severity_meaning": meaning,
        "bundles": ticket.bundles.all(),
    }
