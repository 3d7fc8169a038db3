"""The pages of devices, for whoever works tickets: find one, see what it is and what came of it; shut one out.

What a device says of itself is shown and trusted for nothing. Tickets, bundles and requests are those of the caller's
own queues alone.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from desk import content_security, ed25519, revocation
from desk.collecting import asking
from desk.models import Bundle, CollectionRequest, Device, SupportRequest
from desk.pages import request_pages
from desk.roles import AT_WORK, Role, only, role_of, tickets_of

_DEVICES_PER_PAGE = 50
_MOST_ROWS = 50  # of each table of one device; older ones are on their tickets
_LONGEST_SEARCH = 64  # as a computer ID, and as a group


@require_safe
@only(*AT_WORK)
def show_devices(request: HttpRequest) -> HttpResponse:
    """The list, newest seen first; ``id`` is the beginning of a computer ID, ``group`` a whole group."""
    computer_id = request.GET.get("id", "").strip()[:_LONGEST_SEARCH]
    group = request.GET.get("group", "")[:_LONGEST_SEARCH]
    devices = Device.objects.order_by(F("last_seen_at").desc(nulls_last=True), "-enrolled_at", "pk")
    if computer_id:
        devices = devices.filter(computer_id__istartswith=computer_id)
    if group:
        devices = devices.filter(group=group)
    page = Paginator(devices, _DEVICES_PER_PAGE).get_page(request.GET.get("page"))
    tickets = tickets_of(request)
    shown = [device.pk for device in page]
    bundles = _counts(Bundle.objects.filter(device__in=shown, ticket__in=tickets))
    requests = _counts(CollectionRequest.objects.filter(device__in=shown, ticket__in=tickets))
    context = {
        "page": page,
        "rows": [
            {"device": each, "bundles": bundles.get(each.pk, 0), "requests": requests.get(each.pk, 0)} for each in page
        ],
        "computer_id": computer_id,
        "group": group,
        "query": urlencode({"id": computer_id, "group": group}) + "&",  # of the other pages
        "groups": Device.objects.exclude(group="").order_by("group").values_list("group", flat=True).distinct(),
    }
    return content_security.page(request, "desk/devices.html", context)


@require_safe
@only(*AT_WORK)
def show_device(request: HttpRequest, device_id: uuid.UUID) -> HttpResponse:
    """One device: what it says of itself, its key, its tickets, bundles and requests, and the form for another."""
    device = get_object_or_404(Device, pk=device_id)
    tickets = tickets_of(request)
    opened = SupportRequest.objects.filter(device=device, ticket__in=tickets).select_related("ticket")
    asked = CollectionRequest.objects.filter(device=device, ticket__in=tickets).select_related("requester", "bundle")
    context = {
        "device": device,
        "fingerprint": _fingerprint(device.public_key),
        "opened": opened.order_by("-ticket_id")[:_MOST_ROWS],
        "bundles": Bundle.objects.filter(device=device, ticket__in=tickets).order_by("-received_at")[:_MOST_ROWS],
        "requests": asked[:_MOST_ROWS],
        "later": _later(device),
        "form": request_pages.DeviceRequestForm(device),
        "why_not": asking.why_not_of(device),
        "may_revoke": device.revoked_at is None and role_of(request.user) is Role.ADMINISTRATOR,
    }
    return content_security.page(request, "desk/device.html", context)


@require_POST
@only(Role.ADMINISTRATOR)
def revoke(request: HttpRequest, device_id: uuid.UUID) -> HttpResponse:
    """Let it in no more; its tickets and bundles stay."""
    revocation.revoke(get_object_or_404(Device, pk=device_id), by=request.user.get_username())
    return redirect("device", device_id=device_id)


def _later(device: Device) -> Device | None:
    """The newest that enrolled under the same computer ID after it: perhaps the same, which nobody can know."""
    same = Device.objects.filter(computer_id=device.computer_id, enrolled_at__gt=device.enrolled_at)
    return same.order_by("-enrolled_at").first()


def _fingerprint(line: str) -> str:
    """As ``sendlogs id --key`` prints it; nothing where there is no key."""
    return ed25519.fingerprint(ed25519.key_of(line)) if line else ""


def _counts(rows: QuerySet[Any]) -> dict[uuid.UUID, int]:
    return dict(rows.order_by().values_list("device").annotate(count=Count("pk")))
