"""The body of a bundle upload as a stream, and a limit on every other body.

Django's ASGI handler writes a whole body to a temporary file before any view runs: an unknown caller could fill
the disk, and every bundle would be written twice. So this sits in front of Django. An upload's body stays
unread in the connection; the view gets an :class:`IncomingBody` with the request and reads it when the credential,
the ticket and the headers have passed. Of every other request no more than a small limit is read.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from desk.problems import CONTENT_TYPE, ProblemType, problem_document

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "desk.incoming_body"
_UPLOAD_PATHS = {
    "PUT": re.compile(r"/api/v1/tickets/[^/]+/bundles/[^/]+"),
    "PATCH": re.compile(r"/api/v1/tickets/[^/]+/uploads/[^/]+"),
}
# A caller that is refused early may still be sending; closing on it would throw away our answer with its unsent
# bytes (TCP reset). So the rest is read and dropped for a moment, as web servers do ("lingering close").
_LINGER_SECONDS = 5.0


class BodyBroken(Exception):
    """The body ended early, fell silent, or is longer than it said."""


class BodyTooLarge(Exception):
    """More was sent than is read of such a request."""


class IncomingBody:
    """The unread body of one request, pulled piece by piece from the view's thread."""

    def __init__(self, receive: Receive, silence_seconds: float) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._silence_seconds = silence_seconds
        self.finished = False

    def pieces(self) -> Iterator[bytes]:
        """The body as it arrives; call from a thread. Raise ``BodyBroken`` if it ends early or falls silent."""
        while not self.finished:
            yield asyncio.run_coroutine_threadsafe(self.next_piece(), self._loop).result()

    async def drop_rest(self) -> None:
        """Read and drop what is still to come, for a moment."""
        try:
            async with asyncio.timeout(_LINGER_SECONDS):
                while not self.finished:
                    await self.next_piece()
        except (TimeoutError, BodyBroken):
            self.finished = True

    async def next_piece(self) -> bytes:
        """The next piece; it may be empty. Raise ``BodyBroken`` if it ends early or falls silent."""
        try:
            async with asyncio.timeout(self._silence_seconds):
                message = await self._receive()
        except TimeoutError:
            self.finished = True
            raise BodyBroken("The upload fell silent.") from None
        if message["type"] != "http.request":
            self.finished = True
            raise BodyBroken("The upload ended early.")
        self.finished = not message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


class StreamedBodies:
    """The ASGI application in front of Django."""

    def __init__(self, application: Application, *, other_limit_bytes: int, silence_seconds: float) -> None:
        self._application = application
        self._other_limit_bytes = other_limit_bytes
        self._silence_seconds = silence_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand an upload on with its body unread, anything else with its body counted."""
        upload = _UPLOAD_PATHS.get(scope["method"])
        if upload is not None and upload.fullmatch(scope["path"]):
            await self._upload(scope, receive, send)
        else:
            await self._other(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = IncomingBody(receive, self._silence_seconds)
        empty: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive_nothing() -> Message:
            if not empty:
                # Django listens for a disconnect until it has answered; the view learns of one from the body.
                await asyncio.Event().wait()
            return empty.pop()

        async def send_and_linger(message: Message) -> None:
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and not body.finished:
                await send({**message, "more_body": True})
                await body.drop_rest()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self._application({**scope, SCOPE_KEY: body}, receive_nothing, send_and_linger)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = IncomingBody(receive, self._silence_seconds)
        try:
            pieces = await self._read_at_most(body, scope)
        except BodyBroken:
            return
        except BodyTooLarge:
            await _refuse_too_large(send, self._other_limit_bytes)
            await body.drop_rest()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        waiting: list[Message] = [{"type": "http.request", "body": pieces, "more_body": False}]

        async def receive_read() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._application(scope, receive_read, send)

    async def _read_at_most(self, body: IncomingBody, scope: Scope) -> bytes:
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._other_limit_bytes:
            raise BodyTooLarge
        read = bytearray()
        while not body.finished:
            read += await body.next_piece()
            if len(read) > self._other_limit_bytes:
                raise BodyTooLarge
        return bytes(read)


async def _refuse_too_large(send: Send, limit_bytes: int) -> None:
    """Begin a 413 answer, leaving its end to the caller."""
    sentence = f"No more than {limit_bytes} bytes are read of such a request."
    document = json.dumps(problem_document(413, ProblemType.TOO_LARGE, sentence)).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": document, "more_body": True})
