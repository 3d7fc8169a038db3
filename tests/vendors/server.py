"""A web server on loopback that speaks as a vendor documents, over a real socket, and fails when it is told to.

No vendor's cloud runs here. What a vendor's documentation says its API answers is written down beside this file, one
module per vendor, as functions of a request; this file serves them and makes the network's troubles: a connection cut
before or after the request was acted on, a stall, 429 with Retry-After, 413.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

STALL_SECONDS = 30.0  # longer than any client of a test waits; ends at once when the server is closed


@dataclass(frozen=True)
class Request:
    """What came: ``path`` without the query, header names in lower case, the whole body."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    found: tuple[str, ...] = ()  # what the groups of the route matched

    @property
    def value(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What goes back; ``value`` is sent as JSON, unless there is a ``body``."""

    status: int = 200
    value: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Reply]


class VendorServer:
    """Serves ``routes``: (method, expression of the whole path) → answer. ``base`` is its address.

    ``troubles`` are taken one per request, first come first served: "cut before", "cut after" (the request was acted
    on), "stall", "truncate" (half of the answer), or a ``Reply`` in place of the answer. ``None`` lets one pass.
    """

    def __init__(self, routes: dict[tuple[str, str], Answer]) -> None:
        self.requests: list[Request] = []
        self.troubles: list[str | Reply | None] = []
        self._routes = [(method, re.compile(path), answer) for (method, path), answer in routes.items()]
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.vendor = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.005})
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[VendorServer]:
        """Serve until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            self.closing.set()
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    def next_trouble(self) -> str | Reply | None:
        """What befalls the next request."""
        with self._lock:
            return self.troubles.pop(0) if self.troubles else None

    def acted_on(self, request: Request, trouble: str | Reply | None) -> Reply:
        """The answer to a request, which is kept; a reply in its place means that nothing was done."""
        self.requests.append(request)
        return trouble if isinstance(trouble, Reply) else self._answer(request)

    def _answer(self, request: Request) -> Reply:
        for method, path, answer in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                with self._lock:  # a vendor's database does one thing at a time, too
                    return answer(Request(**{**vars(request), "found": found.groups()}))
        return Reply(404, {"error": "there is nothing at this address"})


class _Server(ThreadingHTTPServer):
    """Lets handlers find the vendor."""

    daemon_threads = True
    vendor: VendorServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a body after its head would wait 40 ms for the head's receipt
    server: _Server

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""

    def serve(self) -> None:
        vendor = self.server.vendor
        trouble = vendor.next_trouble()
        if trouble == "cut before":
            self.close_connection = True
            return
        address = urlsplit(self.path)
        length_bytes = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length_bytes)
        if len(body) < length_bytes:  # the client went away in the middle: there is nobody to answer, and no request
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, address.path, parse_qs(address.query), headers, body)
        reply = vendor.acted_on(request, trouble)
        if trouble == "stall":
            vendor.closing.wait(STALL_SECONDS)
        if trouble in ("cut after", "stall"):
            self.close_connection = True
            return
        self._tell(reply, truncated=trouble == "truncate")

    def _tell(self, reply: Reply, *, truncated: bool) -> None:
        data = reply.body
        if data is None:
            data = b"" if reply.value is None else json.dumps(reply.value).encode()
        self.send_response(reply.status)
        kinds = {"Content-Type": "application/json"} if reply.body is None else {}
        if self.close_connection:
            kinds["Connection"] = "close"  # RFC 9112 §9.6: else a client may send its next request into the void
        for name, value in {**kinds, **reply.headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if truncated else data)
        self.close_connection = self.close_connection or truncated

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve
