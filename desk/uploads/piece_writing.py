"""Writes a piece of an upload behind what has come before, and reads it back from the disk while more arrives.

As much of it as came before a line was cut stays; a piece that is not what was announced leaves nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from desk.problems import Problem, ProblemType
from desk.uploads.read_back import ReadBack
from desk.uploads.streamed_body import BodyBroken

_READ_BACK_BYTES = 2**20  # written before they are read again, so that little is left to read at the end
_FLUSH_BYTES = 8 * 2**20  # written before the system begins with the disk, so that little is left to wait for

Checksum = tuple[str, bytes]
"""An algorithm of ``hashlib`` and its digest."""


def no_room() -> Problem:
    """What to raise when the disk takes no more."""
    return Problem(507, ProblemType.NO_ROOM, "The desk has no room for this bundle now.")


def write_piece(
    part: Path, offset: int, pieces: Iterable[bytes], *, room_bytes: int, checksum: Checksum | None
) -> None:
    """Write ``pieces``, no more than ``room_bytes``, at the end of ``part``, which is ``offset``; flush it to the disk.

    Raise ``Problem``: too large, another checksum than announced, cut off, no room.
    """
    with ReadBack(part) as back:
        try:
            with part.open("r+b") as file:
                file.seek(offset)
                try:
                    _write(file, pieces, room_bytes, checksum, back)
                except Problem:
                    file.truncate(offset)
                    raise
                finally:
                    file.flush()
                    os.fsync(file.fileno())
        except BodyBroken as broken:
            back.follow()
            raise Problem(400, ProblemType.INVALID, str(broken)) from None
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            back.follow()
            raise no_room() from None
        back.follow()  # not behind a piece that was thrown away: it may be small, and all before it large


def _write(file: BinaryIO, pieces: Iterable[bytes], room_bytes: int, checksum: Checksum | None, back: ReadBack) -> None:
    digest = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
    unread_bytes = unflushed_bytes = 0
    for piece in pieces:
        room_bytes -= len(piece)
        if room_bytes < 0:
            raise Problem(413, ProblemType.TOO_LARGE, "More arrives than the upload's length.")
        file.write(piece)
        if digest is not None:
            digest.update(piece)
        unread_bytes += len(piece)
        if unread_bytes >= _READ_BACK_BYTES:
            file.flush()
            back.follow()
            unflushed_bytes += unread_bytes
            unread_bytes = 0
        if unflushed_bytes >= _FLUSH_BYTES:
            _begin_to_flush(file, unflushed_bytes)
            unflushed_bytes = 0
    if checksum and digest and digest.digest() != checksum[1]:
        raise Problem(460, ProblemType.CHECKSUM_MISMATCH, "The piece has another checksum than announced.")


def _begin_to_flush(file: BinaryIO, size_bytes: int) -> None:
    """Ask the system to write what was written last, and do not wait.

    Linux begins with that when it is told that a range will not be needed (mm/fadvise.c), and what is not on the disk
    yet it keeps. Elsewhere all is left to the flush at the end.
    """
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), file.tell() - size_bytes, size_bytes, os.POSIX_FADV_DONTNEED)
