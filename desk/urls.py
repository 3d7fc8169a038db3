"""Addresses: the devices' API, the pages about bundles, then django-helpdesk's own pages at the root.

``/tickets/<number>/`` is django-helpdesk's ticket page itself, so the link a user is given leads straight to it.
"""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.generic import RedirectView

from desk import bundle_pages
from desk.problems import answer_error

urlpatterns = [
    path("", include("desk.api_urls")),
    path("bundles/<uuid:bundle_id>/", bundle_pages.show_bundle, name="bundle"),
    path("bundles/<uuid:bundle_id>/report/", bundle_pages.show_report, name="bundle-report"),
    path("bundles/<uuid:bundle_id>/files/<int:index>/", bundle_pages.show_file, name="bundle-file"),
    path("bundles/<uuid:bundle_id>/files/<int:index>/text", bundle_pages.show_text, name="bundle-text"),
    path("bundles/<uuid:bundle_id>/download", bundle_pages.download, name="bundle-download"),
    path("favicon.ico", login_not_required(RedirectView.as_view(url=f"{settings.STATIC_URL}helpdesk/img/icon64.png"))),
    path("login/", LoginView.as_view(template_name="helpdesk/registration/login.html"), name="login"),
    path("admin/", admin.site.urls),
    path("", include("helpdesk.urls", namespace="helpdesk")),
]


def _refuse(request: HttpRequest, exception: Exception | None = None, *, status: int, sentence: str) -> HttpResponse:
    del exception  # its text may tell more than a stranger should know
    return answer_error(request, status, sentence)


handler400 = partial(_refuse, status=400, sentence="The request cannot be understood.")
handler403 = partial(_refuse, status=403, sentence="This is not for you.")
handler404 = partial(_refuse, status=404, sentence="There is nothing at this address.")
handler500 = partial(_refuse, status=500, sentence="The desk failed; its administrator finds the reason in its log.")
