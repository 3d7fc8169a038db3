"""Refuses what people's pages are asked with a NUL in it: no keyboard writes one, and PostgreSQL keeps none.

There a look for such a text is an error, and would be answered as a fault of the desk. What devices say is checked
where it is read, and told in the form of the API.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

_API = "/api/"


class NulRefused(MiddlewareMixin):
    """Answers 400, before anything else reads the words of a request."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """``None`` lets it pass."""
        if request.path.startswith(_API) or not any("\0" in text for text in _texts(request)):
            return None
        return HttpResponseBadRequest("No word may hold a NUL character.", content_type="text/plain")


def _texts(request: HttpRequest) -> Iterator[str]:
    """The address, the cookies (an escape in one becomes a character), and the words of address and form."""
    yield request.path
    yield from request.COOKIES.values()
    for words in (request.GET, request.POST):
        for name, values in words.lists():
            yield name
            yield from map(str, values)
