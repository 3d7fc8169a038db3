"""The page of who did what at the desk, for administrators and auditors; the chain is verified on demand."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from desk import audit, content_security
from desk.models import AuditEntry
from desk.roles import Role, only

_ENTRIES_PER_PAGE = 100


@require_safe
@only(Role.ADMINISTRATOR, Role.AUDITOR)
def show_audit(request: HttpRequest) -> HttpResponse:
    """The newest first."""
    return _page(request, None)


@require_POST
@only(Role.ADMINISTRATOR, Role.AUDITOR)
def verify(request: HttpRequest) -> HttpResponse:
    """The same, with what a look at the whole chain found: a button, since it reads every line."""
    return _page(request, audit.verify())


def _page(request: HttpRequest, verified: audit.Verified | None) -> HttpResponse:
    page = Paginator(AuditEntry.objects.order_by("-pk"), _ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    return content_security.page(request, "desk/audit.html", {"page": page, "verified": verified})
