"""What may come out of a compressed file or an archive: bounds that keep a small hostile file from becoming large.

Depth, members, bytes in all, how many times larger than its compressed form the content may be, and how much of an
archive may be its list of members, which the libraries read into memory before anybody can count it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

DEPTH_LIMIT = 3
MEMBERS_LIMIT = 10_000
EXPANDED_LIMIT_BYTES = 2**30
RATIO_LIMIT = 250  # logs compress 10 to 60 times; deflate can at most do 1032
# A list of 10,000 members with names of a hundred characters takes 2 MiB; one of this size, made to hurt, costs some
# 600 MB of memory while it is read.
INDEX_LIMIT_BYTES = 4 * 2**20
SPOOLED_BYTES = 2**20  # what is longer lies in a temporary file, which only its owner can read
_RATIO_FREE_BYTES = 32 * 2**20  # small expansions are no danger whatever their ratio
_COPY_BYTES = 2**18


Kept = tuple[str, str]
"""What of an archive stays here: its redacted path, from archive to archive, and why."""


class CannotRedact(Exception):
    """The content cannot be redacted, so it stays here; the message says why, and nothing of the content."""


Redact = Callable[[BinaryIO, BinaryIO, str, "Budget"], Counter[str]]
"""Redact a stream into another: source, target, path (for the kind of content), what may still be expanded."""


@dataclass(slots=True)
class Budget:
    """What may still be unpacked; shared by everything inside one outermost file."""

    compressed_bytes: int
    depth: int = 0
    expanded_bytes: int = 0
    members: int = 0
    withheld: list[Kept] = field(default_factory=list)
    place: list[str] = field(default_factory=list)  # the members, one in the other, that are being read

    def withhold(self, reason: str, since: int) -> None:
        """The member that is being read stays here; what was said of its inside, from ``since`` on, is no news."""
        self.withheld[since:] = [("/".join(self.place), reason)]

    def expand(self, count: int) -> None:
        """Count unpacked bytes. Raise ``CannotRedact`` when there are too many."""
        self.expanded_bytes += count
        allowed = max(_RATIO_FREE_BYTES, self.compressed_bytes * RATIO_LIMIT)
        if self.expanded_bytes > min(EXPANDED_LIMIT_BYTES, allowed):
            raise CannotRedact("it unpacks to more than is allowed")

    def member(self) -> None:
        """Count a member of an archive. Raise ``CannotRedact`` when there are too many."""
        self.members += 1
        if self.members > MEMBERS_LIMIT:
            raise CannotRedact(f"it has more than {MEMBERS_LIMIT} members")

    @property
    def is_spent(self) -> bool:
        """Whether the bounds of the whole are passed, so that going on with the next member makes no sense."""
        return self.expanded_bytes > EXPANDED_LIMIT_BYTES or self.members > MEMBERS_LIMIT


class Counted:
    """A stream that counts what is read from it against the budget."""

    def __init__(self, inner: BinaryIO, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, size: int = -1) -> bytes:
        """As a stream does; never more than a quarter of a mebibyte when no size is given."""
        data = self._inner.read(size if size >= 0 else _COPY_BYTES)
        self._budget.expand(len(data))
        return data


class Rejoined(io.RawIOBase):
    """The head that was looked at, and then the rest of the stream."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest
        self._budget: Budget | None = None

    def count_into(self, budget: Budget) -> None:
        """From now on count what is read as the compressed size that bounds how much may be unpacked."""
        self._budget = budget

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As a stream does; what is left of the head comes alone."""
        if self._head:
            data = self._head[:size] if size >= 0 else self._head
            self._head = self._head[len(data) :]
        else:
            data = self._rest.read(size)
        if self._budget is not None:
            self._budget.compressed_bytes += len(data)
        return data

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's buffer is wider than what comes
        """As a stream does."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Metered(io.RawIOBase):
    """A seekable stream of which no more than ``allowance_bytes`` may be read; ``None`` is no bound.

    A library that looks for an archive's list of members reads as much as the archive tells it to.
    """

    def __init__(self, inner: BinaryIO) -> None:
        self._inner = inner
        self.allowance_bytes: int | None = INDEX_LIMIT_BYTES

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As a stream does; what is passed over is not read."""
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        """As a stream does."""
        return self._inner.tell()

    def read(self, size: int = -1) -> bytes:
        """As a stream does. Raise ``CannotRedact`` when more is there than may be read."""
        if self.allowance_bytes is None:
            return self._inner.read(size)
        asked = self.allowance_bytes + 1 if size < 0 else min(size, self.allowance_bytes + 1)
        data = self._inner.read(asked)
        self.allowance_bytes -= len(data)
        if self.allowance_bytes < 0:
            raise CannotRedact("its list of members is too long")
        return data


def copy(source: BinaryIO, target: BinaryIO) -> None:
    """Copy what is left of ``source``, piece by piece."""
    while block := source.read(_COPY_BYTES):
        target.write(block)
