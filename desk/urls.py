"""Addresses: the devices' API, the pages about bundles, then django-helpdesk's own pages at the root.

``/tickets/<number>/`` is django-helpdesk's ticket page itself, so the link a user is given leads straight to it.
"""

from __future__ import annotations

import uuid
from functools import partial

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, reverse
from django.views.generic import RedirectView
from helpdesk.views import staff

from desk.asked_first import asked_first
from desk.log_in import LogIn
from desk.pages import (
    audit_pages,
    bundle_pages,
    dependency_pages,
    device_pages,
    quarantine_pages,
    request_pages,
    second_factor_pages,
    token_pages,
)
from desk.problems import answer_error
from desk.roles import AT_WORK, Role, View, only


def _nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


def _asked(view: View, question: str, *, only_with: str | None = None) -> View:
    return only(*AT_WORK)(asked_first(view, question, only_with=only_with))


_view_ticket = asked_first(staff.view_ticket, "Take this ticket?", only_with="take")
_view_ticket = asked_first(_view_ticket, "Accept the solution and close this ticket?", only_with="close")
_view_ticket = _asked(_view_ticket, "Subscribe to this ticket?", only_with="subscribe")
# django-helpdesk's own, in front of its own addresses below: these change something by GET.
_ASKING = [
    path("tickets/<int:ticket_id>/", _view_ticket),
    path("tickets/<int:ticket_id>/hold/", _asked(staff.hold_ticket, "Put this ticket on hold?")),
    path("tickets/<int:ticket_id>/unhold/", _asked(staff.unhold_ticket, "Take this ticket off hold?")),
    path(
        "tickets/<int:ticket_id>/followup_delete/<int:followup_id>/",
        _asked(staff.followup_delete, "Delete this comment?"),
    ),
]
# Its own tell of tickets of other queues.
_OF_PAIRS = [
    path("tickets/<int:ticket_id>/dependency/add/", dependency_pages.add_dependency),
    path("tickets/<int:ticket_id>/resolves/add/", dependency_pages.add_resolved),
    path(
        "tickets/<int:ticket_id>/dependency/delete/<int:dependency_id>/",
        dependency_pages.of_own_tickets(staff.ticket_dependency_del),
    ),
    path(
        "tickets/<int:ticket_id>/resolves/delete/<int:dependency_id>/",
        dependency_pages.of_own_tickets(staff.ticket_resolves_del),
    ),
]
# Its pages for the public, which there is none of here. The first closes a ticket by GET, the others fail.
_NOT_HERE = [path(address, _nothing_here) for address in ("view/", "tickets/my-tickets/", "change_language/")]


def _device(*, device_id: uuid.UUID) -> tuple[str, str]:
    return "Device", reverse("device", args=[device_id])


_revoke = asked_first(device_pages.revoke, "Revoke this computer's access?", back=_device)
_OF_REQUESTS = [
    path("devices/<uuid:device_id>/requests/", request_pages.make_of_device, name="device-requests"),
    path("tickets/<int:ticket_id>/requests/", request_pages.make, name="requests"),
    path("tickets/<int:ticket_id>/requests/events", request_pages.events, name="request-events"),
    path("tickets/<int:ticket_id>/requests/<uuid:request_id>/cancel", request_pages.cancel, name="request-cancel"),
]
_OF_ACCOUNTS = [
    path("login/", LogIn.as_view(), name="login"),
    path("login/second-factor/", second_factor_pages.ask, name="second-factor-ask"),
    path("account/second-factor/", second_factor_pages.show, name="second-factor"),
    path("account/second-factor/begin", second_factor_pages.begin, name="second-factor-begin"),
    path("account/second-factor/confirm", second_factor_pages.confirm, name="second-factor-confirm"),
    path("account/second-factor/off", second_factor_pages.take_off, name="second-factor-off"),
    path("account/tokens/", token_pages.show_tokens, name="tokens"),
    path("account/tokens/<int:token_id>/delete", token_pages.delete, name="token-delete"),
]

urlpatterns = [
    path("", include("desk.api_urls")),
    path("bundles/<uuid:bundle_id>/", bundle_pages.show_bundle, name="bundle"),
    path("bundles/<uuid:bundle_id>/report/", bundle_pages.show_report, name="bundle-report"),
    path("bundles/<uuid:bundle_id>/files/<int:index>/", bundle_pages.show_file, name="bundle-file"),
    path("bundles/<uuid:bundle_id>/files/<int:index>/text", bundle_pages.show_text, name="bundle-text"),
    path("bundles/<uuid:bundle_id>/download", bundle_pages.download, name="bundle-download"),
    path("quarantine/", quarantine_pages.show_quarantine, name="quarantine"),
    path("quarantine/<uuid:bundle_id>/hang", quarantine_pages.hang, name="quarantine-hang"),
    path("quarantine/<uuid:bundle_id>/delete", quarantine_pages.delete, name="quarantine-delete"),
    path("favicon.ico", login_not_required(RedirectView.as_view(url=f"{settings.STATIC_URL}helpdesk/img/icon64.png"))),
    path("devices/", device_pages.show_devices, name="devices"),
    path("devices/<uuid:device_id>/", device_pages.show_device, name="device"),
    path("devices/<uuid:device_id>/revoke", only(Role.ADMINISTRATOR)(_revoke), name="device-revoke"),
    path("audit/", audit_pages.show_audit, name="audit"),
    path("audit/verify", audit_pages.verify, name="audit-verify"),
    *_OF_REQUESTS,
    *_OF_ACCOUNTS,
    path("admin/", admin.site.urls),
    *_ASKING,
    *_OF_PAIRS,
    *_NOT_HERE,
    path("", include("helpdesk.urls", namespace="helpdesk")),
]


def _refuse(request: HttpRequest, exception: Exception | None = None, *, status: int, sentence: str) -> HttpResponse:
    del exception  # its text may tell more than a stranger should know
    return answer_error(request, status, sentence)


handler400 = partial(_refuse, status=400, sentence="The request cannot be understood.")
handler403 = partial(_refuse, status=403, sentence="This is not for you.")
handler404 = partial(_refuse, status=404, sentence="There is nothing at this address.")
handler500 = partial(_refuse, status=500, sentence="The desk failed; its administrator finds the reason in its log.")
