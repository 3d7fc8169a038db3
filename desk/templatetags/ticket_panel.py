"""The panel that django-helpdesk's ticket page shows about the computer and its bundles."""

from __future__ import annotations

from typing import Any

from django import template
from helpdesk.models import Ticket

from desk.models import SupportRequest
from desk.support_rules import SEVERITY_MEANINGS, Severity

register = template.Library()


@register.inclusion_tag("desk/ticket_panel.html")
def ticket_panel(ticket: Ticket) -> dict[str, Any]:
    """What the panel shows; tickets that a champion made by hand have no computer and no bundles."""
    meaning = SEVERITY_MEANINGS[Severity(ticket.priority)] if ticket.priority in set(Severity) else ""
    return {
        "ticket": ticket,
        "about": SupportRequest.objects.filter(ticket=ticket).first(),
        "severity_meaning": meaning,
        "bundles": ticket.bundles.all(),
    }
