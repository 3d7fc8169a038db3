"""A part of what is collected, redacted apart from the rest: a small file, or some whole lines of a long one.

Lines are redacted each for itself, but for a value that stands below the line that names it (``blocks``). So a part is
redacted as if nothing were open in front of it, and says what it leaves open behind; where that is anything, whoever
puts the parts together has the next one done again.
"""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO, cast

from agent.errors import StorageError
from agent.readers import CannotRead
from agent.redact.blocks import Block
from agent.redact.budget import CannotRedact, Kept
from agent.redact.recorder import FoundLines, LineNumbers, line_feeds_in
from agent.redact.redactor import Redactor
from agent.redact.stream import BLOCK_BYTES

PART_BYTES = BLOCK_BYTES  # takes some hundredths of a second; several are on their way, so that nobody waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """``data`` is a ``whole`` file, or lines of one, in front of which ``opened`` is open."""

    data: bytes
    path: str
    media_type: str
    whole: bool
    opened: Block | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDone:
    """The redacted bytes, and what there is to say of them; ``lines`` count from the part's first."""

    data: bytes
    counts: Counter[str]
    lines: FoundLines | None
    line_feeds: int
    leaves_open: Block | None
    inside: tuple[Kept, ...] = ()  # what of an archive stays here


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailed:
    """Why there are no redacted bytes, in words that tell nothing of the content."""

    reason: str


def redact_part(part: Part, redactor: Redactor) -> PartDone | PartFailed:
    """Do ``part``. Raise ``StorageError`` when the disk of temporary files takes no more."""
    recorder = LineNumbers()
    source, target = io.BytesIO(part.data), io.BytesIO()
    opened: Block | None = None
    inside: list[Kept] = []
    try:
        if part.whole:
            counts = redactor.stream(
                source, target, path=part.path, media_type=part.media_type, recorder=recorder, withheld=inside
            )
        else:
            counts, opened = redactor.lines(source, target, path=part.path, opened=part.opened, recorder=recorder)
    except StorageError:
        raise
    # The boundary that fails closed: an unforeseen error must withhold, never pass the raw content on.
    except Exception as error:
        return PartFailed(reason=harmless(error))
    return PartDone(
        data=target.getvalue(),
        counts=counts,
        lines=recorder.found(),
        line_feeds=line_feeds_in(part.data),
        leaves_open=opened,
        inside=tuple(inside),
    )


def harmless(error: Exception) -> str:
    """A reason without content: our own words, the operating system's, or only the kind of the error."""
    if isinstance(error, CannotRedact | CannotRead):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"an unforeseen {type(error).__name__}"


class Source:
    """A stream whose first bytes can be looked at before they are read."""

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self._held = b""
        self._at = 0

    def peek(self, size: int) -> bytes:
        """The next bytes, without taking them: ``size`` of them or more, fewer only at the end of the stream."""
        parts, length = [self._held[self._at :]], len(self._held) - self._at
        while length < size and (data := self._inner.read(size - length)):
            parts.append(data)
            length += len(data)
        self._held, self._at = b"".join(parts), 0
        return self._held

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes of those that were looked at."""
        taken = self._held[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def read(self, size: int = -1) -> bytes:
        """As of any stream."""
        if self._at == len(self._held):
            self._held, self._at = b"", 0
            return self._inner.read(size)
        if size < 0:
            return self.take(len(self._held)) + self._inner.read()
        return self.take(size)

    def as_stream(self) -> BinaryIO:
        """This, for those who only ``read``."""
        return cast("BinaryIO", self)
