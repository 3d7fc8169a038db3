"""An archive on its way out, whole or a part at a time: read in pieces, counted, proved to be what was agreed to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from agent.endpoints import UploadProgress
from agent.errors import StorageError
from agent.flow import Archive

BLOCK_BYTES = 2**18  # some hundred progress calls for the largest usual bundle, and little memory


class UploadBody:
    """A file-like body of known length, for one attempt: a second attempt makes a second one.

    The last piece is handed out only when the hash over everything is the archive's, so that of a file that
    changed since it was shown no complete body ever leaves. A context manager.
    """

    def __init__(self, archive: Archive, progress: UploadProgress) -> None:
        """Open the archive. Raise ``OSError``, or ``StorageError`` for a sealed one that cannot be opened."""
        self._archive = archive
        self._progress = progress
        self._file = archive.open()
        self._digest = hashlib.sha256()
        self._sent_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        """What ``requests`` sends as Content-Length; without it the body would go out chunked."""
        return self._archive.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK_BYTES), b"")

    def read(self, size: int = -1) -> bytes:
        """The next piece, ``b""`` at the end; without ``size`` everything, as files do.

        Raise ``StorageError`` when the file is not the archive any more.
        """
        piece = self._file.read(size)
        self._digest.update(piece)
        self._sent_bytes += len(piece)
        missing_bytes = len(self) - self._sent_bytes
        ended = missing_bytes <= 0 or not piece
        if missing_bytes < 0 or (ended and (missing_bytes or self._digest.hexdigest() != self._archive.sha256)):
            raise StorageError(f"The bundle {self._archive.bundle_id} has changed since it was shown; it is not sent.")
        if piece:
            self._progress(self._sent_bytes, len(self))
        return piece


class PartBody:
    """Some of an archive as a body of known length, for one attempt: a second attempt makes a second one."""

    def __init__(
        self,
        archive: Archive,
        offset: int,
        size_bytes: int,
        progress: UploadProgress,
        seen: Callable[[int, bytes], None],
    ) -> None:
        """Open the archive at ``offset``; each piece is ``seen`` before it goes, with its offset. Raise ``OSError``."""
        self._archive = archive
        self._progress = progress
        self._seen = seen
        self._size_bytes = size_bytes
        self._end = offset + size_bytes
        self._file = archive.open()
        self._file.seek(offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        """What ``requests`` sends as Content-Length."""
        return self._size_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK_BYTES), b"")

    def read(self, size: int = -1) -> bytes:
        """The next piece, ``b""`` at the end. Raise ``StorageError`` when the file has become shorter."""
        offset = self._file.tell()
        left_bytes = self._end - offset
        piece = self._file.read(left_bytes if size < 0 else min(size, left_bytes))
        if left_bytes and size and not piece:
            raise StorageError(f"The bundle {self._archive.bundle_id} has changed since it was shown; it is not sent.")
        if piece:
            self._seen(offset, piece)
            self._progress(offset + len(piece), self._archive.size_bytes)
        return piece
