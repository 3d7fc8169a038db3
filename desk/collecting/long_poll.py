"""Holds the calls of devices that wait for a request, in front of Django, at no thread and no connection each.

Django would give each a thread until it is answered. Here a call costs what the server keeps of its connection, and a
few coroutines. When something concerns its device (``wake_ups``), it goes on to Django and is answered by the
view, a few at a time: Django makes a thread and a connection to the database for each, and of a thousand devices that
began to wait together every other call was starved. When its time is over and nothing is new, as for nearly all, it is
answered here. A caller without a good credential is not held: the view refuses it.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import parse_qs

from desk.authentication import devices_of
from desk.collecting import wake_ups
from desk.collecting.gathered import Gathered
from desk.collecting.requests_api import HIGHEST_POSITION, LONGEST_WAIT_SECONDS, nothing_new
from desk.credentials import same_digest, split_secret
from desk.problems import CONTENT_TYPE, ProblemType, problem_document
from desk.uploads.streamed_body import Application, Message, Receive, Scope, Send

PATH = "/api/v1/requests"
# One that waits, and one whose end did not reach us yet. The oldest of more is answered.
MOST_PER_DEVICE = 2
_CALL_AGAIN_SECONDS = 1
_LONGEST_NUMBER = len(str(HIGHEST_POSITION))
_MOST_ANSWERED_AT_ONCE = 8  # by Django, of calls of this address; more are not faster, since one thread runs at a time

# Calls that began together, after a process was killed for one, would end and begin together ever after.
_LEAST_WAIT_SHARE = 0.8

_credentials = Gathered(lambda public_ids: wake_ups.look(devices_of, public_ids))
_nothing_new = Gathered(lambda known: wake_ups.look(nothing_new, known))


class LongPolls:
    """The ASGI application in front of all others."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._held: dict[uuid.UUID, list[asyncio.Task[int]]] = {}
        self._answering = asyncio.Semaphore(_MOST_ANSWERED_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a call that may wait; hand everything else on at once."""
        asked = _asked(scope)
        if asked is None:
            await self._application(scope, receive, send)
            return
        waiting = [await receive()]
        may_wait = waiting[0]["type"] == "http.request" and not waiting[0].get("more_body", False)
        device_id = await _device_of(scope) if may_wait else None
        try:
            if device_id is not None:
                newest = await self._newest_after_waiting(device_id, *asked, receive)
                if newest is None:
                    return
                told = await _nothing_new.of((device_id, asked[0])) if newest == asked[0] else None
                if told is not None:
                    await _answer(send, HTTPStatus.OK, b"application/json", told)
                    return
        except wake_ups.Ending:
            problem = problem_document(HTTPStatus.SERVICE_UNAVAILABLE, ProblemType.BLANK, "The desk stops. Call again.")
            again = [(b"retry-after", str(_CALL_AGAIN_SECONDS).encode()), (b"connection", b"close")]
            await _answer(send, HTTPStatus.SERVICE_UNAVAILABLE, CONTENT_TYPE.encode(), problem, again)
            return

        async def receive_read() -> Message:
            return waiting.pop() if waiting else await receive()

        async with self._answering:
            await self._application(scope, receive_read, send)

    async def _newest_after_waiting(
        self, device_id: uuid.UUID, position: int, seconds: int, receive: Receive
    ) -> int | None:
        """Wait; the newest position then, -1 if another call took this one's place, or ``None`` if the caller is gone.

        Raise ``Ending``.
        """
        spread_seconds = seconds * random.uniform(_LEAST_WAIT_SHARE, 1)  # noqa: S311 - no secret
        wait = asyncio.create_task(wake_ups.wait(device_id=device_id, after=position, seconds=spread_seconds))
        gone = asyncio.create_task(_disconnected(receive))
        held = self._held.setdefault(device_id, [])
        held.append(wait)
        if len(held) > MOST_PER_DEVICE:
            held[0].cancel()
        try:
            await asyncio.wait({wait, gone}, return_when=asyncio.FIRST_COMPLETED)
            newest = wait.result() if wait.done() and not wait.cancelled() else -1
            return None if gone.done() else newest
        finally:
            held.remove(wait)
            if not held:
                self._held.pop(device_id, None)
            for task in (wait, gone):
                task.cancel()


async def _disconnected(receive: Receive) -> None:
    await receive()  # after the body there is nothing else to receive


def _asked(scope: Scope) -> tuple[int, int] | None:
    """The position and the seconds of a call that may wait."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] != PATH:
        return None
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    position, seconds = (_number(query.get(name, ["0"])[-1]) for name in ("position", "wait_seconds"))
    if not (0 <= position <= HIGHEST_POSITION and 0 < seconds <= LONGEST_WAIT_SECONDS):
        return None
    return position, seconds


def _number(written: str) -> int:
    """-1 for what is none, or is written in a way that only the view understands."""
    return int(written) if len(written) <= _LONGEST_NUMBER and written.isascii() and written.isdigit() else -1


async def _device_of(scope: Scope) -> uuid.UUID | None:
    """Whose credential the call shows; the view reads it again, by the same rules."""
    shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, written = shown.partition(" ")
    public_id, digest = split_secret(written.strip())
    if scheme.lower() != "bearer" or not (public_id.isascii() and public_id.isalnum()):
        return None  # no database is asked for what it cannot hold: the others of the same look would go without
    found = await _credentials.of(public_id)
    return found[0] if found is not None and same_digest(digest, found[1]) else None


async def _answer(
    send: Send, status: int, content_type: bytes, document: object, more: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
