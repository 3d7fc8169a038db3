"""The body of an upload, from the connection straight into the memory that it is written to the disk from.

uvicorn's parser copies each byte of a body four times and looks at every few kilobytes, which took as much of the
processor's time as hashing. Of an upload whose length was told it reads the head alone. Then asyncio reads into
blocks of ours (``asyncio.BufferedProtocol``), a little ahead of the view's thread, which takes them.

The parser never sees the end of such a body, so its connection ends with the answer, which says so.
"""

from __future__ import annotations

import asyncio
import queue
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from desk.uploads.streamed_body import DIRECT_KEY, LINGER_SECONDS, BodyBroken, is_upload

_BLOCK_BYTES = 2**20
_MOST_BLOCKS = 4  # of a body at once: filled, being written, and between
_DROPPED_BYTES = 2**16  # room for what is read of a body that nobody takes

_Filled = tuple[bytearray, int]


class DirectBody(asyncio.BufferedProtocol):
    """One request's body, of which ``begun`` was read with the head and ``left_bytes`` are to come."""

    def __init__(self, parser: H11Protocol, begun: bytes, left_bytes: int) -> None:
        self.silence_seconds = 60.0  # after which it is given up, unless who hands it on says another time
        self._parser = parser
        self._left_bytes = left_bytes
        self._filled: queue.SimpleQueue[_Filled | BodyBroken] = queue.SimpleQueue()
        self._free: deque[bytearray] = deque()
        self._block, self._block_bytes = bytearray(), 0
        self._given = 1  # blocks there are
        self._is_paused = self._is_dropped = False
        self._ended = asyncio.Event()
        if begun:
            self._filled.put((bytearray(begun), len(begun)))

    @property
    def finished(self) -> bool:
        """Whether nothing more comes."""
        return self._ended.is_set()

    def pieces(self) -> Iterator[memoryview]:
        """The body as it arrives; call from a thread, once. Each is good until the next is asked for.

        Raise ``BodyBroken`` if it ends early or falls silent.
        """
        loop = self._parser.loop
        loop.call_soon_threadsafe(self._go_on)
        while True:
            try:
                piece = self._filled.get(timeout=self.silence_seconds)
            except queue.Empty:
                raise BodyBroken("The upload fell silent.") from None
            if isinstance(piece, BodyBroken):
                raise piece
            block, size_bytes = piece
            if not size_bytes:
                return
            yield memoryview(block)[:size_bytes]
            loop.call_soon_threadsafe(self._give_back, block)

    def hold(self) -> None:
        """Read nothing before somebody takes it: who sends may be nobody we know."""
        self._pause()

    async def drop_rest(self) -> None:
        """Read and drop what is still to come, for a moment; nobody takes pieces any more."""
        self._is_dropped = True
        self._forget()
        self._block, self._block_bytes = bytearray(_DROPPED_BYTES), 0
        self._go_on()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                await self._ended.wait()
        except TimeoutError:
            self._ended.set()

    async def stop_reading(self) -> None:
        """Nobody takes pieces any more: whoever waits for one is told, and the memory is given back."""
        self._forget()
        self._filled.put(BodyBroken("The upload is no longer wanted."))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - a block has the size it has
        """Room for what arrives next, never more than is left of the body."""
        if not self._block:
            self._block = bytearray(_BLOCK_BYTES)
        room_bytes = min(len(self._block) - self._block_bytes, max(1, self._left_bytes))
        return memoryview(self._block)[self._block_bytes : self._block_bytes + room_bytes]

    def buffer_updated(self, nbytes: int) -> None:
        """Hand it on: a whole block, or less to who waits for it."""
        if not self._left_bytes:  # what follows a body before its answer is none of ours
            return
        self._left_bytes -= nbytes
        self._block_bytes += nbytes
        if self._is_dropped:
            self._block_bytes = 0
        elif self._block_bytes == _BLOCK_BYTES or not self._left_bytes or self._filled.empty():
            self._filled.put((self._block, self._block_bytes))
            self._next_block()
        if not self._left_bytes:
            self._filled.put((self._block, 0))
            self._free.clear()
            self._ended.set()
            self._pause()

    def eof_received(self) -> None:
        """The caller sends no more: the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell who takes the body, and the parser."""
        if self._left_bytes:
            if self._block_bytes:
                self._filled.put((self._block, self._block_bytes))
            self._filled.put(BodyBroken("The upload ended early."))
        self._ended.set()
        # The parser's request holds this, and this the parser: that waits for a sweep, with all the memory it has.
        self._free.clear()
        self._block = bytearray()
        self._parser.connection_lost(exc)

    def pause_writing(self) -> None:
        """The answer waits for the caller to read."""
        self._parser.pause_writing()

    def resume_writing(self) -> None:
        """The caller has read."""
        self._parser.resume_writing()

    def _forget(self) -> None:
        self._free.clear()
        with suppress(queue.Empty):
            while True:
                self._filled.get_nowait()

    def _next_block(self) -> None:
        if not self._free:
            # Where asyncio copies what it has read already (on Windows), it wants room also while we are paused.
            self._free.append(bytearray(_BLOCK_BYTES))
            self._given += 1
        self._block, self._block_bytes = self._free.popleft(), 0
        if not self._free and self._given >= _MOST_BLOCKS:
            self._pause()

    def _give_back(self, block: bytearray) -> None:
        if self._ended.is_set():
            return
        if len(block) == _BLOCK_BYTES:
            self._free.append(block)
        if self._block_bytes and self._filled.empty():  # else what came before a silence would be lost
            self._filled.put((self._block, self._block_bytes))
            self._next_block()
        if self._free or self._given < _MOST_BLOCKS:
            self._go_on()

    def _pause(self) -> None:
        self._is_paused = True
        self._parser.transport.pause_reading()

    def _go_on(self) -> None:
        if self._is_paused and not self._parser.transport.is_closing():
            self._is_paused = False
            self._parser.transport.resume_reading()


class UploadProtocol(H11Protocol):
    """uvicorn's own, which lets go of a connection when the head of an upload has been read."""

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; after the head of an upload nothing is left to parse."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._let_go()

    def _let_go(self) -> None:
        headers = dict(self.headers)
        length, begun = headers.get(b"content-length", b""), bytes(self.cycle.body)
        left_bytes = int(length) - len(begun) if length.isdigit() else 0
        # Of both ways to tell a length the other one counts (RFC 9112, 6.3).
        is_plain = left_bytes > 0 and b"transfer-encoding" not in headers and not self.cycle.waiting_for_100_continue
        if not is_plain or not is_upload(self.scope):
            return
        self.cycle.body = bytearray()
        direct = DirectBody(self, begun, left_bytes)
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]  # a TypedDict, which takes no key of ours
        scope[DIRECT_KEY] = direct
        self.transport.set_protocol(direct)
        self.flow.resume_reading()
        direct.hold()
