"""Django's handler of ASGI requests, with the middleware and the view of a request in one thread, one after the other.

Some middleware is synchronous only, and so are all views here. Django then goes from thread to loop and back for each
piece of middleware that could do both, some twenty times a request: where the loop is busy with thousands of calls
that wait, each of these is a wait of its own.
"""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http.response import HttpResponseBase


class OneThreadHandler(ASGIHandler):
    """The ASGI application that is Django."""

    def load_middleware(self, *_asynchronous: bool, **_also: bool) -> None:
        """Make a synchronous chain, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:  # type: ignore[override] # a name
        """Run that chain in the thread of this request."""
        return await sync_to_async(self.get_response)(request)
