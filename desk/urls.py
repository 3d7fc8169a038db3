"""Addresses: the devices' API, the pages about bundles, then django-helpdesk's own pages at the root.

``/tickets/<number>/`` is django-helpdesk's ticket page itself, so the link a user is given leads straight to it.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView
from helpdesk.views import staff

from desk import bundle_pages, quarantine_pages
from desk.asked_first import asked_first
from desk.problems import answer_error


def _nothing_here(_request: HttpRequest) -> HttpResponse:
    raise Http404


_view_ticket = asked_first(staff.view_ticket, "Take this ticket?", only_with="take")
_view_ticket = asked_first(_view_ticket, "Accept the solution and close this ticket?", only_with="close")
_view_ticket = asked_first(_view_ticket, "Subscribe to this ticket?", only_with="subscribe")
# django-helpdesk's own, in front of its own addresses below: these change something by GET.
_ASKING = [
    path("tickets/<int:ticket_id>/", _view_ticket),
    path("tickets/<int:ticket_id>/hold/", asked_first(staff.hold_ticket, "Put this ticket on hold?")),
    path("tickets/<int:ticket_id>/unhold/", asked_first(staff.unhold_ticket, "Take this ticket off hold?")),
    path(
        "tickets/<int:ticket_id>/followup_delete/<int:followup_id>/",
        asked_first(staff.followup_delete, "Delete this comment?"),
    ),
]
# Its pages for the public, which there is none of here. The first closes a ticket by GET, the others fail.
_NOT_HERE = [path(address, _nothing_here) for address in ("view/", "tickets/my-tickets/", "change_language/")]

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
    path("login/", LoginView.as_view(template_name="helpdesk/registration/login.html"), name="login"),
    path("admin/", admin.site.urls),
    *_ASKING,
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
