"""An archive as several files, for a place that takes several but none so large: 7-Zip's volumes.

``ID.7z.001``, ``ID.7z.002`` … are plain cuts of the archive's bytes, as ``7z a -v`` makes them: 7-Zip opens the first
where all lie in one folder, and one after the other they are the archive again. A volume is an ``Archive`` itself, with
the size and the SHA-256 of its own bytes, so that whatever sends archives sends volumes. Nothing is copied for it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from agent.errors import StorageError
from agent.flow import Archive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_VOLUMES = 20  # each is an attachment that a person downloads and a message that all on the ticket get
_BLOCK_BYTES = 2**20
_FIRST, _MOST_NUMBER = ".7z.001", 999  # as far as three digits go


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Archive):
    """Volume ``number`` of ``count``, counted from 1, of the archive ``whole``."""

    whole: Archive
    number: int
    count: int
    offset: int  # where it begins in the whole

    def open(self) -> io.BufferedReader:
        """The volume's own bytes. Raise as the whole's ``open`` does."""
        return io.BufferedReader(_Cut(self.whole.open(), self.offset, self.size_bytes), _BLOCK_BYTES)


def volume_count(size_bytes: int, volume_bytes: int | None) -> int:
    """How many files an archive of ``size_bytes`` goes in, of which each may have ``volume_bytes``; ``None``: any."""
    return 1 if volume_bytes is None else max(1, -(-size_bytes // volume_bytes))


def volumes_of(archive: Archive) -> tuple[Archive, ...]:
    """The files to send: the archive itself where it fits one, else its volumes, in order.

    Reads the archive once. Raise ``StorageError`` when it is not what its hash names any more, ``OSError``.
    """
    count, volume_bytes = volume_count(archive.size_bytes, archive.volume_bytes), archive.volume_bytes
    if volume_bytes is None or count == 1:
        return (archive,)
    cuts, whole = [], hashlib.sha256()
    with archive.open() as file:
        for number in range(1, count + 1):
            offset = (number - 1) * volume_bytes
            size_bytes = min(volume_bytes, archive.size_bytes - offset)
            sha256 = _sha256(file, size_bytes, whole.update)
            cuts.append(_volume(archive, number, count, (offset, size_bytes, sha256)))
        if file.read(1) or whole.hexdigest() != archive.sha256:
            raise StorageError(f"The bundle {archive.bundle_id} has changed since it was shown; it is not sent.")
    return tuple(cuts)


@contextmanager
def joined(file: Path) -> Iterator[Path]:
    """The archive whose first volume is ``file``, for as long as the context lasts; any other file is itself.

    A volume that is missing ends the archive there. Raise ``OSError``, also when the disk has no room for it once more.
    """
    if not file.name.endswith(_FIRST):
        yield file
        return
    stem = file.name.removesuffix(_FIRST)
    with tempfile.TemporaryDirectory(prefix="sendlogs-") as folder:  # 0700
        whole = Path(folder) / f"{stem}.7z"
        with whole.open("wb") as out:
            for number in range(1, _MOST_NUMBER + 1):
                volume = file.with_name(f"{stem}.7z.{number:03d}")
                if not volume.exists():
                    break
                with volume.open("rb") as source:
                    shutil.copyfileobj(source, out, _BLOCK_BYTES)
        yield whole


def _sha256(file: BinaryIO, size_bytes: int, also: Callable[[bytes], None]) -> str:
    """Of the next ``size_bytes``; ``also`` gets them as well."""
    own = hashlib.sha256()
    while size_bytes and (piece := file.read(min(_BLOCK_BYTES, size_bytes))):
        own.update(piece)
        also(piece)
        size_bytes -= len(piece)
    return own.hexdigest()


def _volume(archive: Archive, number: int, count: int, cut: tuple[int, int, str]) -> Volume:
    offset, size_bytes, sha256 = cut
    return Volume(
        bundle_id=archive.bundle_id,
        file=archive.file,
        size_bytes=size_bytes,
        sha256=sha256,
        made_at=archive.made_at,
        members=(),
        skipped=(),
        facts={},
        counts={},
        whole=archive,
        number=number,
        count=count,
        offset=offset,
    )


class _Cut(io.RawIOBase):
    """Some of a file, as a file: from ``offset`` on, ``size_bytes`` long. Closes it when it is closed."""

    def __init__(self, file: io.BufferedReader, offset: int, size_bytes: int) -> None:
        self._file, self._offset, self._size_bytes = file, offset, size_bytes
        self._file.seek(offset)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size_bytes}
        self._file.seek(self._offset + max(starts[whence] + offset, 0))
        return self.tell()

    def tell(self) -> int:
        return self._file.tell() - self._offset

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        return self._file.readinto(room[: max(self._size_bytes - self.tell(), 0)])

    def close(self) -> None:
        self._file.close()
        super().close()
