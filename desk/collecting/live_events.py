"""Makes an endless answer of server-sent events out of short ones, in front of Django.

A waiting page holds no thread and no connection to the database: between two looks there is only this coroutine, which
``wake_ups`` wakes. Each look is a request of its own to Django, with the caller's cookies, so that a log-in or a
right that ended ends the events too, at the next beat at the latest. Form of the events:
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from desk.uploads.streamed_body import Application, Message, Receive, Scope, Send

# What the view tells this; the caller is not told.
POSITION = "Sendlogs-Position"
ACCOUNT = "Sendlogs-Account"
MARK = "Sendlogs-Mark"

MOST_PER_ACCOUNT = 12  # open pages, in this process; a browser shows events to the pages in sight alone
BEAT_SECONDS = 15.0  # proxies give up on an answer that is silent for a minute (nginx's proxy_read_timeout)
_PATH = re.compile(r"/tickets/(\d{1,18})/requests/events")
_OURS = frozenset(name.lower().encode() for name in (POSITION, ACCOUNT, MARK))
_BEAT = b": still here\n\n"
_END = b"event: end\ndata:\n\n"

Wait = Callable[..., Awaitable[int]]


@dataclass
class _Answer:
    """What Django answered to one look."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], [(name, value) for name, value in message["headers"]]
        else:
            self.body += message.get("body", b"")

    def told(self, name: str) -> str:
        wanted = name.lower().encode()
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), "")

    @property
    def shown_headers(self) -> list[tuple[bytes, bytes]]:
        return [(name, value) for name, value in self.headers if name.lower() not in _OURS | {b"content-length"}]


class LiveEvents:
    """The ASGI application in front of Django; ``wait`` is that of ``wake_ups``, ``ending`` its last word."""

    def __init__(
        self, application: Application, wait: Wait, ending: type[Exception], *, beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self._application = application
        self._wait = wait
        self._ending = ending
        self._beat_seconds = beat_seconds
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the answers at the events' address going; hand everything else on."""
        found = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            await self._application(scope, receive, send)
            return
        first = await self._look(scope, None)
        account = first.told(ACCOUNT)
        if first.status != HTTPStatus.OK or not account:
            await _answer(send, first.status, first.shown_headers, bytes(first.body))
        elif self._open[account] >= MOST_PER_ACCOUNT:
            await _answer(
                send, 429, [(b"retry-after", b"30"), (b"content-type", b"text/plain")], b"Too many open pages."
            )
        else:
            with self._counted(account):
                await self._until_gone(scope, receive, send, first, int(found[1]))

    @contextmanager
    def _counted(self, account: str) -> Iterator[None]:
        self._open[account] += 1
        try:
            yield
        finally:
            self._open[account] -= 1
            if not self._open[account]:
                del self._open[account]

    async def _until_gone(self, scope: Scope, receive: Receive, send: Send, first: _Answer, ticket_id: int) -> None:
        going_on = asyncio.ensure_future(self._go_on(scope, send, first, ticket_id))
        gone = asyncio.ensure_future(_is_gone(receive))
        try:
            await asyncio.wait({going_on, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            going_on.cancel()
            gone.cancel()
            results = await asyncio.gather(going_on, gone, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _go_on(self, scope: Scope, send: Send, answer: _Answer, ticket_id: int) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": answer.shown_headers})
        while answer.status == HTTPStatus.OK:
            await _more(send, bytes(answer.body) or _BEAT)
            position = int(answer.told(POSITION))
            try:
                await self._wait(ticket_id=ticket_id, after=position, seconds=self._beat_seconds)
            except self._ending:  # the server stops; the page, which was told of no end, calls the next one
                await send({"type": "http.response.body", "body": b""})
                return
            answer = await self._look(scope, answer.told(MARK))
        await send({"type": "http.response.body", "body": _END})

    async def _look(self, scope: Scope, seen: str | None) -> _Answer:
        """Ask Django once; ``seen`` takes the place of what the caller saw when it came."""
        if seen is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"last-event-id"]
            scope = {**scope, "headers": [*others, (b"last-event-id", seen.encode())]}
        empty: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive_nothing() -> Message:
            if not empty:  # Django listens for a disconnect until it has answered
                await asyncio.Event().wait()
            return empty.pop()

        answer = _Answer()
        await self._application(dict(scope), receive_nothing, answer.take)
        return answer


async def _is_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _more(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
