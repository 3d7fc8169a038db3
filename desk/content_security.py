"""The Content-Security-Policy of every page that has not set a stricter one of its own.

django-helpdesk's pages carry inline scripts and styles and cannot do without; they show no bundle content. All
else comes from this server alone, so that no page needs, or tells anything to, another host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

HELPDESK_PAGES = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Pages of ours run no script at all, whatever a bundle or a device manages to write into them.
OUR_PAGES = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What comes out of a bundle: an origin of its own, nothing loaded, nothing run, framed only by our page.
BUNDLE_TEXT = "sandbox; default-src 'none'; frame-ancestors 'self'"
BUNDLE_REPORT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

HEADER = "Content-Security-Policy"


def page(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """One of our pages."""
    response = render(request, template, dict(context), status=status)
    response.headers[HEADER] = OUR_PAGES
    return response


class ContentSecurityPolicy(MiddlewareMixin):
    """Sets the policy of helpdesk's pages on every answer that has none."""

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave a policy that is there alone."""
        response.headers.setdefault(HEADER, HELPDESK_PAGES)
        return response
