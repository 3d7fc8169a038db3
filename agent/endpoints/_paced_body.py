"""A body that goes out no faster than the administrator allows, so that an upload leaves the line to others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

_PIECES_PER_SECOND = 8  # small enough that the line never falls silent for long, at whatever rate
_SMALLEST_PIECE_BYTES = 512


class Body(Protocol):
    """What the transport sends: of known length, read once."""

    def __len__(self) -> int:
        """The length in bytes, sent as Content-Length."""

    def __iter__(self) -> Iterator[bytes]:
        """The pieces in order."""

    def read(self, size: int = -1) -> bytes:
        """The next piece, ``b""`` at the end."""


class PacedBody:
    """``body``, with pauses that keep it to ``bytes_per_second`` over the time since the first piece."""

    def __init__(
        self,
        body: Body,
        bytes_per_second: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._body = body
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self._sleep = sleep
        self._piece_bytes = max(_SMALLEST_PIECE_BYTES, bytes_per_second // _PIECES_PER_SECOND)
        self._began: float | None = None
        self._sent_bytes = 0

    def __len__(self) -> int:
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(self._piece_bytes), b"")

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes, and no more than an eighth of a second's worth."""
        now = self._clock()
        self._began = now if self._began is None else self._began
        early_seconds = self._sent_bytes / self._bytes_per_second - (now - self._began)
        if early_seconds > 0:
            self._sleep(early_seconds)
        piece = self._body.read(self._piece_bytes if size < 0 else min(size, self._piece_bytes))
        self._sent_bytes += len(piece)
        return piece
