"""django-helpdesk's pages that make one ticket wait for another, without the titles of tickets of other queues.

Its own offer every open ticket there is, by number and title, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from helpdesk.forms import TicketDependencyForm, TicketResolvesForm
from helpdesk.models import TicketDependency

from desk.roles import AT_WORK, only, tickets_of


@only(*AT_WORK)
def add_dependency(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """Have the ticket wait for another that the caller may see."""
    return _add(request, ticket_id, TicketDependencyForm, own="ticket", other="depends_on")


@only(*AT_WORK)
def add_resolved(request: HttpRequest, ticket_id: int) -> HttpResponse:
    """Have another that the caller may see wait for the ticket."""
    return _add(request, ticket_id, TicketResolvesForm, own="depends_on", other="ticket")


def of_own_tickets(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page about one such pair, for whoever may see both tickets."""

    @only(*AT_WORK)
    @wraps(view)
    def guarding(request: HttpRequest, ticket_id: int, dependency_id: int) -> HttpResponseBase:
        tickets = tickets_of(request)
        own = TicketDependency.objects.filter(ticket__in=tickets, depends_on__in=tickets)
        if not own.filter(pk=dependency_id).exists():
            raise Http404
        return view(request, ticket_id, dependency_id)

    return guarding


def _add(request: HttpRequest, ticket_id: int, form_class: Any, *, own: str, other: str) -> HttpResponse:
    ticket = get_object_or_404(tickets_of(request), pk=ticket_id)
    form = form_class(ticket, request.POST if request.method == "POST" else None)
    offered = form.fields[other]
    offered.queryset = offered.queryset.filter(pk__in=tickets_of(request))
    if form.is_valid():
        pair = form.save(commit=False)
        setattr(pair, own, ticket)
        pair.save()
        return redirect("helpdesk:view", ticket_id)
    page = "dependency" if own == "ticket" else "resolves"
    return render(request, f"helpdesk/ticket_{page}_add.html", {own: ticket, "form": form})
