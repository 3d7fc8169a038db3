"""Holds the calls of devices that wait for a request, in front of Django, at no thread and no connection each.

Django would give each a thread until it is answered. Here a call costs what the server keeps of its connection, and a
few coroutines; when something concerns its device (``desk.wake_ups``), or its time is over, it goes on to Django and is
answered by the view. A caller without a good credential is not held: the view refuses it.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from urllib.parse import parse_qs

from desk import wake_ups
from desk.authentication import DeviceAuthentication
from desk.credentials import split_secret
from desk.problems import CONTENT_TYPE, ProblemType, problem_document
from desk.requests_api import RequestsAsked
from desk.streamed_body import Application, Message, Receive, Scope, Send

PATH = "/api/v1/requests"
# One that waits, and one whose end did not reach us yet. The oldest of more is answered.
MOST_PER_DEVICE = 2
_CALL_AGAIN_SECONDS = 1


class LongPolls:
    """The ASGI application in front of all others."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._held: dict[uuid.UUID, list[asyncio.Task[int]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a call that may wait; hand everything else on at once."""
        asked = _asked(scope)
        if asked is None:
            await self._application(scope, receive, send)
            return
        waiting = [await receive()]
        may_wait = waiting[0]["type"] == "http.request" and not waiting[0].get("more_body", False)
        device_id = await wake_ups.look(_device_of, scope) if may_wait else None
        try:
            if device_id is not None and await self._is_gone_after_waiting(device_id, *asked, receive):
                return
        except wake_ups.Ending:
            await _answer_that_it_ends(send)
            return

        async def receive_read() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._application(scope, receive_read, send)

    async def _is_gone_after_waiting(self, device_id: uuid.UUID, position: int, seconds: int, receive: Receive) -> bool:
        """Wait; whether the caller went away meanwhile. Raise ``Ending``."""
        wait = asyncio.create_task(wake_ups.wait(device_id=device_id, after=position, seconds=seconds))
        gone = asyncio.create_task(_disconnected(receive))
        held = self._held.setdefault(device_id, [])
        held.append(wait)
        if len(held) > MOST_PER_DEVICE:
            held[0].cancel()
        try:
            await asyncio.wait({wait, gone}, return_when=asyncio.FIRST_COMPLETED)
            if wait.done() and not wait.cancelled():
                wait.result()
            return gone.done()
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
    asked = RequestsAsked(data={name: values[-1] for name, values in query.items()})
    if not asked.is_valid() or not asked.validated_data["wait_seconds"]:
        return None
    return asked.validated_data["position"], asked.validated_data["wait_seconds"]


def _device_of(scope: Scope) -> uuid.UUID | None:
    """Whose credential the call shows; the view reads it again, by the same rules."""
    shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    scheme, _, written = shown.partition(" ")
    device = DeviceAuthentication().find(*split_secret(written.strip())) if scheme.lower() == "bearer" else None
    return device.pk if device is not None else None


async def _answer_that_it_ends(send: Send) -> None:
    document = json.dumps(problem_document(503, ProblemType.BLANK, "The desk stops. Call again.")).encode()
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(document)).encode()),
        (b"retry-after", str(_CALL_AGAIN_SECONDS).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": document, "more_body": False})
