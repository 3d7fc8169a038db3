"""The SHA-256 of files as they lie here: read from them, never taken over from what was announced or received.

Reading two gigabytes takes seconds in which nothing else happens. So a file that grows is read right behind its
writer, and who asks for its digest soon afterwards is told what was read, as long as the file is unchanged.
"""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_BLOCK_BYTES = 2**18
_FRESH_SECONDS = 60.0  # a device asks right after its last byte, or goes on with the next piece
_MOST_REMEMBERED = 64


@dataclass(slots=True)
class _Read:
    """What was read of a file: the digest of so many bytes, of the file as it was changed last at that time."""

    digest: Any = field(default_factory=hashlib.sha256)
    size_bytes: int = 0
    changed_at_ns: int = 0
    kept_at_seconds: float = 0.0


_lately: dict[tuple[int, int], _Read] = {}  # by device and inode, which a file keeps when it gets its place


class ReadBack:
    """Reads one file, which may grow meanwhile; a context manager, for one thread."""

    def __init__(self, path: Path) -> None:
        """Open it. Raise ``OSError``."""
        self._file = path.open("rb", buffering=0)
        status = os.fstat(self._file.fileno())
        self._identity = (status.st_dev, status.st_ino)
        # Taken out: whoever reads the same file at the same time begins anew.
        known = _lately.pop(self._identity, None)
        is_same = known is not None and (known.changed_at_ns, known.size_bytes) == (status.st_mtime_ns, status.st_size)
        is_fresh = known is not None and 0 <= time.monotonic() - known.kept_at_seconds < _FRESH_SECONDS
        self._read = known if known is not None and is_same and is_fresh else _Read()
        self._file.seek(self._read.size_bytes)
        self._block = bytearray(_BLOCK_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status = os.fstat(self._file.fileno())
        self._file.close()
        if status.st_size != self._read.size_bytes:  # written further, or cut: not worth remembering
            return
        self._read.changed_at_ns, self._read.kept_at_seconds = status.st_mtime_ns, time.monotonic()
        _lately[self._identity] = self._read
        while len(_lately) > _MOST_REMEMBERED:
            with suppress(KeyError, StopIteration, RuntimeError):  # another thread does the same
                del _lately[next(iter(_lately))]

    def follow(self) -> str:
        """Read on to the end; the digest, in hexadecimal digits, of all that lies there by now."""
        view = memoryview(self._block)
        while length := self._file.readinto(self._block):
            self._read.digest.update(view[:length])
            self._read.size_bytes += length
        digest: str = self._read.digest.hexdigest()
        return digest


def stored_sha256(file: Path) -> str:
    """The digest of the bytes that lie in ``file``, in hexadecimal digits. Raise ``OSError``."""
    with ReadBack(file) as back:
        return back.follow()
