"""The page of bundles without a ticket: see them, hang one on a ticket of its device, delete one.

Such a bundle is of no queue, hence a matter for managers and administrators.
"""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from desk import audit, content_security, quarantine
from desk.models import QuarantinedBundle
from desk.problems import Problem
from desk.roles import Role, only

for_managers = only(Role.MANAGER, Role.ADMINISTRATOR)


@for_managers
@require_safe
def show_quarantine(request: HttpRequest) -> HttpResponse:
    """Everything that is kept, the oldest first, each with the tickets it may be hung on."""
    quarantine.sweep()
    kept = QuarantinedBundle.objects.select_related("device")
    rows = [{"kept": each, "places": quarantine.places_for(each)} for each in kept]
    return content_security.page(request, "desk/quarantine.html", {"rows": rows})


@for_managers
@require_POST
def hang(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """Hang it on the ticket that was chosen, one of its device's."""
    kept = get_object_or_404(QuarantinedBundle, bundle_id=bundle_id)
    chosen = request.POST.get("ticket", "")
    ticket = next((each for each in quarantine.places_for(kept) if str(each.pk) == chosen), None)
    if ticket is None:
        messages.error(request, "That is no open ticket of this device.")
        return redirect("quarantine")
    try:
        bundle = quarantine.hang(kept, ticket)
    except Problem as problem:
        messages.error(request, problem.text)
        return redirect("quarantine")
    audit.record(request.user.get_username(), "bundle-hung", f"bundle {bundle_id}", f"ticket {ticket.pk}")
    return redirect("bundle", bundle_id=bundle.bundle_id)


@for_managers
@require_POST
def delete(request: HttpRequest, bundle_id: uuid.UUID) -> HttpResponse:
    """Throw it away."""
    quarantine.delete(get_object_or_404(QuarantinedBundle, bundle_id=bundle_id))
    audit.record(request.user.get_username(), "bundle-deleted", f"bundle {bundle_id}", "without a ticket")
    messages.info(request, f"Bundle {bundle_id} is deleted.")
    return redirect("quarantine")
