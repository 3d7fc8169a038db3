"""Read a finished ``.7z`` as if a stranger had made it: every member as a stream, in bounds, nothing written.

What ``gate`` and ``verify`` see is what stands on the disk, not what packing believed it wrote. A broken or
hostile archive ends in ``InvalidBundle`` with a sentence. Bounds: what may come out in all, and how many members.
A thread unpacks the next piece while this one looks at the last.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from py7zr import Py7zIO, SevenZipFile, WriterFactory
from py7zr.exceptions import CrcError, DecompressionBombError, PasswordRequired

from agent.errors import InvalidBundle
from agent.member_names import is_safe
from agent.read_ahead import HandOver, done_in_step

# All of a bundle unpacked. Collectors give up far below: 64 MiB each, unless a profile raises that.
LIMIT_BYTES = 4 * 2**30
MAX_MEMBERS = 20_000
# So much is unpacked at a time, as it lies in the file; py7zr would take 1 MiB, which may be a hundred of logs.
_PACKED_BYTES = 2**16
# A sink gets pieces of a bounded size, of which so many may wait for it.
_PIECE_BYTES = 2**20
_PIECES_AHEAD = 6
_METHOD = "LZMA2"
_SIGNATURE = b"7z\xbc\xaf\x27\x1c"
_SIGNATURE_HEADER = struct.Struct("<6sBBIQQI")  # signature, version, CRC, offset, size and CRC of the index


class Sink(Protocol):
    """Takes the bytes of one member, in order; ``close`` comes when the member is whole."""

    def write(self, data: bytes) -> None:
        """The next bytes."""

    def close(self) -> None:
        """There are no more."""


def read_members(file: Path, sink_for: Callable[[str], Sink], *, limit_bytes: int = LIMIT_BYTES) -> Mapping[str, int]:
    """Stream every member into the sink that ``sink_for`` gives for its name; return name → size in bytes.

    Raise ``InvalidBundle`` if the file is no ``.7z``, is damaged, encrypted or packed by another method than
    ours, has bytes after its end, holds anything but plainly named regular files, or more than the bounds
    allow. Raise ``OSError`` if it cannot be opened. The sinks are the business of the caller's thread alone.
    """
    # py7zr checks each name against a folder even if it writes nothing there: an empty one of our own, so that
    # links in the working folder cannot make a good bundle look bad.
    with tempfile.TemporaryDirectory(prefix="sendlogs-") as folder, _opened(file, limit_bytes) as archive:
        sizes = _checked_index(archive)
        _let_unpack_in_small_steps(archive)
        done_in_step(
            lambda hand_over: archive.extractall(folder, factory=_Sinks(Path(folder), sink_for, hand_over)),
            most_ahead=_PIECES_AHEAD,
        )
    return sizes


def list_members(file: Path) -> Mapping[str, int]:
    """Name → size in bytes, of what the archive lists; nothing is unpacked. Raise as ``read_members`` does."""
    with _opened(file, LIMIT_BYTES) as archive:
        return _checked_index(archive)


@contextmanager
def _opened(file: Path, limit_bytes: int) -> Iterator[SevenZipFile]:
    with file.open("rb") as stream, _damage_told():
        _check_end(stream.read(_SIGNATURE_HEADER.size), file.stat().st_size)
        stream.seek(0)
        with SevenZipFile(stream, "r", max_extract_size=limit_bytes) as archive:
            yield archive


def _check_end(start: bytes, size_bytes: int) -> None:
    """What lies behind the index is in no member: nobody would scan it."""
    if len(start) < _SIGNATURE_HEADER.size or not start.startswith(_SIGNATURE):
        raise InvalidBundle("It is not a .7z archive.")
    *_, offset, index_bytes, _ = _SIGNATURE_HEADER.unpack(start)
    end = _SIGNATURE_HEADER.size + offset + index_bytes
    if size_bytes < end:
        raise InvalidBundle("It ends too early: a part of it is missing.")
    if size_bytes > end:
        raise InvalidBundle(f"It has {size_bytes - end:,} bytes after its end, which belong to no file.")


def _checked_index(archive: SevenZipFile) -> dict[str, int]:
    if archive.needs_password():
        raise InvalidBundle("It is encrypted; a bundle never is.")
    methods = {name.rstrip("*") for name in archive.archiveinfo().method_names} - {_METHOD}
    if methods:
        raise InvalidBundle(f"It is packed by {', '.join(sorted(methods))}; a bundle uses {_METHOD} alone.")
    members = archive.list()
    if len(members) > MAX_MEMBERS:
        raise InvalidBundle(f"It lists {len(members):,} members; a bundle has at most {MAX_MEMBERS:,}.")
    for number, member in enumerate(members, 1):
        if not member.is_file or member.is_symlink:
            raise InvalidBundle(f"Member {number} is no regular file.")
        if not is_safe(member.filename):
            raise InvalidBundle(f"The name of member {number} is not safe to unpack.")
    sizes = {member.filename: member.uncompressed for member in members}
    if len(sizes) != len(members):
        raise InvalidBundle("Two of its members have the same name.")
    return sizes


def _let_unpack_in_small_steps(archive: SevenZipFile) -> None:
    """What comes of a step lies in memory several times. py7zr has an option for this, and does not heed it here.

    Each decompressor is made as py7zr would make it later, at its first member, which alone tells the packed size.
    """
    for member in archive.files:
        if member.compressed:  # none of an empty one, nor of those that follow in the same stream
            member.folder.get_decompressor(member.compressed).block_size = _PACKED_BYTES


class _Sinks(WriterFactory):
    def __init__(self, folder: Path, sink_for: Callable[[str], Sink], hand_over: HandOver) -> None:
        self._folder = folder
        self._sink_for = sink_for
        self._hand_over = hand_over

    def create(self, filename: str) -> Py7zIO:
        name = Path(filename).relative_to(self._folder).as_posix()
        return _Member(partial(self._sink_for, name), self._hand_over)


class _Member(Py7zIO):
    """A sink in the shape that py7zr writes to, from a thread of its own."""

    def __init__(self, new_sink: Callable[[], Sink], hand_over: HandOver) -> None:
        self._new_sink = new_sink
        self._hand_over = hand_over
        self._size_bytes = 0
        hand_over(self._open)

    def _open(self) -> None:
        self._sink = self._new_sink()

    def _take(self, data: bytes) -> None:
        self._sink.write(data)

    def _end(self) -> None:
        self._sink.close()

    def write(self, s: bytes | bytearray) -> int:
        whole = memoryview(s)
        for start in range(0, len(whole), _PIECE_BYTES):
            self._hand_over(partial(self._take, bytes(whole[start : start + _PIECE_BYTES])))
        self._size_bytes += len(whole)
        return len(whole)

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002 - py7zr's interface
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - py7zr's interface
        return 0

    def flush(self) -> None:
        """Nothing is held back."""

    def size(self) -> int:
        return self._size_bytes

    def close(self) -> None:
        self._hand_over(self._end)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except InvalidBundle:
        raise
    except DecompressionBombError:
        raise InvalidBundle("It unpacks to more than a bundle may hold.") from None
    except PasswordRequired:
        raise InvalidBundle("It is encrypted; a bundle never is.") from None
    except CrcError as trouble:
        raise InvalidBundle("A member does not have the checksum that the archive lists for it.") from trouble
    except Exception as trouble:
        # The fail-closed edge: on damaged input py7zr raises whatever its parser stumbles over (KeyError,
        # struct.error, LZMAError, EOFError, …), and none of these may read as "nothing was found".
        raise InvalidBundle(f"It is damaged and cannot be unpacked ({type(trouble).__name__}).") from trouble
