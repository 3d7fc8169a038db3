"""Shows the words of tickets as what they are: text, not Markdown.

A device writes a ticket's description. django-helpdesk renders it as Markdown, and looks each ``#12`` in it up with a
query of its own; a few kilobytes are enough to hold the whole server for minutes. See decision 21.
"""

from __future__ import annotations

import re
from itertools import islice

from django.urls import reverse
from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from helpdesk.models import FollowUp, Ticket
from helpdesk.templatetags import ticket_to_link

MOST_LINKS = 20  # per text: more than anybody writes into a comment
# Not within a word, an address or a character reference such as &#39;. More digits are no number of a ticket.
_TICKET_NUMBER = re.compile(r"(?<![^\s>(,])#([1-9][0-9]{0,8})\b", re.ASCII)


def install() -> None:
    """Replace what django-helpdesk's pages call. Its knowledge base, which champions alone write, keeps Markdown."""
    Ticket.get_markdown = lambda ticket: as_text(ticket.description)
    Ticket.get_resolution_markdown = property(lambda ticket: as_text(ticket.resolution))
    FollowUp.get_markdown = lambda follow_up: as_text(follow_up.comment)
    ticket_to_link.register.filter("num_to_link", link_tickets)


def as_text(words: str | None) -> SafeString:
    """``words``, escaped, in paragraphs and lines as they were written."""
    return mark_safe(linebreaks(words or "", autoescape=True))  # noqa: S308 - escaped by the call itself


def link_tickets(words: str) -> SafeString:
    """``words``, escaped, with links at the first ``MOST_LINKS`` numbers where they are tickets': one query at most."""
    escaped = conditional_escape(words)
    numbers = {int(match[1]) for match in islice(_TICKET_NUMBER.finditer(escaped), MOST_LINKS)}
    tickets = Ticket.objects.in_bulk(numbers) if numbers else {}

    def linked(match: re.Match[str]) -> str:
        ticket = tickets.get(int(match[1]))
        if ticket is None:
            return match[0]
        link = '<a href="{}" class="ticket_link_status ticket_link_status_{}">#{}</a>'
        return format_html(link, reverse("helpdesk:view", args=[ticket.pk]), ticket.get_status_display(), ticket.pk)

    return mark_safe(_TICKET_NUMBER.sub(linked, escaped, count=MOST_LINKS))  # noqa: S308 - escaped, each link too
