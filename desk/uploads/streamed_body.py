"""The body of a bundle upload as a stream, and a limit on every other body.

Django's ASGI handler writes a whole body to a temporary file before any view runs: an unknown caller could fill
the disk, and every bundle would be written twice. So this sits in front of Django. An upload's body stays
unread in the connection; the view gets an :class:`IncomingBody` with the request (or a quicker one of the desk's own
server, ``direct_body``) and reads it when the credential, the ticket and the headers have passed. Of every other
request no more than a small limit is read.
"""

from __future__ import annotations

import asyncio
import json
import queue
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from desk.problems import CONTENT_TYPE, ProblemType, problem_document

if TYPE_CHECKING:
    from desk.uploads.direct_body import DirectBody

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SCOPE_KEY = "desk.incoming_body"
DIRECT_KEY = "desk.uploads.direct_body"
_UPLOAD_PATHS = {
    "PUT": re.compile(r"/api/v1/(?:tickets/[^/]+/bundles|quarantine)/[^/]+"),
    "PATCH": re.compile(r"/api/v1/tickets/[^/]+/uploads/[^/]+"),
}
# A caller that is refused early may still be sending; closing on it would throw away our answer with its unsent
# bytes (TCP reset). So the rest is read and dropped for a moment, as web servers do ("lingering close").
LINGER_SECONDS = 5.0
_AHEAD_BYTES = 4 * 2**20  # read while the view writes and hashes; each change of threads costs as much as 100 KB do


def is_upload(scope: Mapping[str, Any]) -> bool:
    """Whether this is a request whose body is a bundle, or a piece of one."""
    path = _UPLOAD_PATHS.get(scope["method"].upper())
    return path is not None and path.fullmatch(scope["path"]) is not None


class BodyBroken(Exception):
    """The body ended early, fell silent, or is longer than it said."""


class BodyTooLarge(Exception):
    """More was sent than is read of such a request."""


class IncomingBody:
    """The unread body of one request: read by the loop, a little ahead of the view's thread that takes the pieces."""

    def __init__(self, receive: Receive, silence_seconds: float) -> None:
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._silence_seconds = silence_seconds
        self.finished = False
        self._ahead: queue.SimpleQueue[bytes | BodyBroken] = queue.SimpleQueue()
        self._reader: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
        self._wants_room = False
        self._read_bytes = self._taken_bytes = 0  # the first is the loop's to change, the second the view's thread's

    def pieces(self) -> Iterator[bytes]:
        """The body as it arrives; call from a thread, once. Raise ``BodyBroken`` if it ends early or falls silent."""
        self._loop.call_soon_threadsafe(self._begin)
        while piece := self._ahead.get():
            if isinstance(piece, BodyBroken):
                raise piece
            yield piece
            self._taken_bytes += len(piece)
            if self._wants_room:
                self._loop.call_soon_threadsafe(self._room.set)

    def _begin(self) -> None:
        self._reader = self._loop.create_task(self._read_ahead())

    async def _read_ahead(self) -> None:
        try:
            while not self.finished:
                if piece := await self.next_piece():
                    self._read_bytes += len(piece)
                    self._ahead.put(piece)
                    await self._until_there_is_room()
            self._ahead.put(b"")
        except BodyBroken as broken:
            self._ahead.put(broken)
        except asyncio.CancelledError:
            self._ahead.put(BodyBroken("The upload is no longer wanted."))
            raise

    async def _until_there_is_room(self) -> None:
        self._room.clear()
        self._wants_room = True  # first: the thread takes a piece and looks, or has taken it when we look
        while self._read_bytes - self._taken_bytes > _AHEAD_BYTES:
            await self._room.wait()
            self._room.clear()
        self._wants_room = False

    async def drop_rest(self) -> None:
        """Read and drop what is still to come, for a moment; nobody takes pieces any more."""
        await self.stop_reading()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while not self.finished:
                    await self.next_piece()
        except (TimeoutError, BodyBroken):
            self.finished = True

    async def stop_reading(self) -> None:
        """End the reading ahead; what was read and not taken is dropped."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

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
        if is_upload(scope):
            await self._upload(scope, receive, send)
        else:
            await self._other(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct: DirectBody | None = scope.get(DIRECT_KEY)
        if direct is not None:
            direct.silence_seconds = self._silence_seconds
        body = direct or IncomingBody(receive, self._silence_seconds)
        empty: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive_nothing() -> Message:
            if not empty:
                # Django listens for a disconnect until it has answered; the view learns of one from the body.
                await asyncio.Event().wait()
            return empty.pop()

        async def send_and_linger(message: Message) -> None:
            if direct is not None and message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and not body.finished:
                await send({**message, "more_body": True})
                await body.drop_rest()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        serving = asyncio.ensure_future(self._application({**scope, SCOPE_KEY: body}, receive_nothing, send_and_linger))
        try:
            # When the desk ends, the view's thread is waited for, which waits for pieces: it has to be told first.
            await asyncio.shield(serving)
        finally:
            await body.stop_reading()
            if not serving.done():
                serving.cancel()

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
