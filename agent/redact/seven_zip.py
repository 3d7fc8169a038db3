"""Archives in the form ``.7z``, redacted member by member and packed again in that form.

A ``.7z`` may be solid: its members are one stream, and py7zr pushes them out in that order. Each is caught in a
spool, redacted when it is whole, and packed; so one member is held at a time, on the disk when it is large. Methods
whose decoders give more than they are asked for (Brotli, Zstandard, Deflate64) are not opened.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from py7zr import FILTER_LZMA2, FileInfo, Py7zIO, SevenZipFile, WriterFactory
from py7zr.archiveinfo import HeaderStreamsInfo, SignatureHeader
from py7zr.properties import COMPRESSION_METHOD as METHOD
from py7zr.properties import PROPERTY

from agent.redact.archives import Members
from agent.redact.budget import INDEX_LIMIT_BYTES, SPOOLED_BYTES, CannotRedact, Metered, copy
from config.private_files import open_private

# Of the packed stream, read at a time: so little that what comes out of it is no burden, however well it is packed.
_PIECE_BYTES = 2**12
# 7-Zip at its strongest usual setting takes 64 MiB for its dictionary, newer versions up to this.
_DICTIONARY_LIMIT_BYTES = 2**28
_DICTIONARY_AT = {METHOD.LZMA: 1, METHOD.PPMD: 1}  # where in a coder's properties its size stands, four bytes
_METHODS = frozenset(
    {METHOD.COPY, METHOD.LZMA, METHOD.LZMA2, METHOD.PPMD, METHOD.MISC_BZIP2, METHOD.MISC_DEFLATE, METHOD.DELTA}
    | {METHOD.BCJ, METHOD.PPC, METHOD.ARM, METHOD.ARMT, METHOD.SPARC}
    | {METHOD.P7Z_BCJ, METHOD.BCJ_PPC, METHOD.BCJ_ARM, METHOD.BCJ_ARMT, METHOD.BCJ_SPARC}
)
_FILTERS = [{"id": FILTER_LZMA2, "preset": 1}]


def repack_seven_zip(source: BinaryIO, target: BinaryIO, members: Members) -> None:
    """Redact the members of the ``.7z`` ``source``, which can be sought, into one at ``target``. May raise anything.

    Encrypted archives, and names that step out of their folder or stand there twice, are refused.
    """
    # py7zr checks each name against a folder even if it writes nothing there.
    with tempfile.TemporaryDirectory(prefix="sendlogs-") as folder, tempfile.TemporaryDirectory() as nowhere:
        packed_file = Path(folder) / "packed.7z"
        pieces = _Pieces(source)
        _check_index(pieces)
        with SevenZipFile(cast("BinaryIO", pieces)) as archive, open_private(packed_file) as stream:
            pieces.allowance_bytes = None
            listed = _checked_members(archive, members)
            with SevenZipFile(stream, "w", filters=_FILTERS) as packed, _Caught(members, packed, folder) as caught:
                packed.set_encoded_header_mode(mode=False)  # py7zr would take 190 MB to compress a short list
                archive.extractall(nowhere, factory=_Factory(Path(nowhere), listed, caught))
        with packed_file.open("rb") as whole:
            copy(whole, target)


class _Pieces(Metered):
    """Gives the index as it is asked for, and then the packed stream in small pieces."""

    def read(self, size: int = -1) -> bytes:
        return super().read(size if self.allowance_bytes is not None else min(size, _PIECE_BYTES))


def _check_index(pieces: _Pieces) -> None:
    """The list of members is compressed itself: how long it says it becomes must be looked at before."""
    start: Any = SignatureHeader.retrieve(cast("BinaryIO", pieces))
    pieces.seek(start.nextheaderofs, io.SEEK_CUR)
    index = pieces.read(start.nextheadersize)
    if index.startswith(PROPERTY.ENCODED_HEADER):
        streams: Any = HeaderStreamsInfo.retrieve(io.BytesIO(index[1:]))
        folders = streams.unpackinfo.folders
        _check_coders(folders)
        if sum(size for folder in folders for size in folder.unpacksizes) > INDEX_LIMIT_BYTES:
            raise CannotRedact("its list of members is too long")
    pieces.seek(0)
    pieces.allowance_bytes = INDEX_LIMIT_BYTES


def _checked_members(archive: SevenZipFile, members: Members) -> Mapping[str, FileInfo]:
    streams = archive.header.main_streams
    _check_coders(streams.unpackinfo.folders if streams is not None else [])
    listed = archive.list()
    for _ in listed:
        members.budget.member()
    by_name = {info.filename: info for info in listed}
    if len(by_name) < len(listed):
        raise CannotRedact("two of its members have the same name")
    return by_name


def _check_coders(folders: list[Any]) -> None:
    for coder in (coder for folder in folders for coder in folder.coders):
        method, properties = coder["method"], coder["properties"] or b""
        if method == METHOD.CRYPT_AES256_SHA256:
            raise CannotRedact("the 7z data is encrypted")
        if method not in _METHODS:
            raise CannotRedact("the 7z data is packed by a method without a reader here")
        if _dictionary_bytes(method, properties) > _DICTIONARY_LIMIT_BYTES:
            raise CannotRedact("the 7z data asks for more memory than is allowed")


def _dictionary_bytes(method: bytes, properties: bytes) -> int:
    """Memory that a coder's properties ask for (7zFormat.txt and Lzma2Dec.c of the LZMA SDK)."""
    if method == METHOD.LZMA2 and properties:
        return (2 | properties[0] & 1) << (properties[0] // 2 + 11)
    at = _DICTIONARY_AT.get(method)
    return int.from_bytes(properties[at : at + 4], "little") if at is not None else 0


class _Caught:
    """Takes one member after the other: catches it in a spool, and when it is whole redacts and packs it."""

    def __init__(self, members: Members, packed: SevenZipFile, folder: str) -> None:
        self._members = members
        self._packed = packed
        self._file = Path(folder) / "member"
        self._spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOLED_BYTES))  # noqa: SIM115 - see __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def begin(self) -> None:
        """Forget the member before."""
        self._spool.seek(0)
        self._spool.truncate()

    def write(self, data: bytes | bytearray) -> None:
        """The next bytes of the member."""
        self._members.budget.expand(len(data))
        self._spool.write(data)

    def pack(self, name: str, info: FileInfo | None) -> None:
        """Redact the member into a file of its own, and pack that with the time it had."""
        self._spool.seek(0)
        with open_private(self._file) as redacted:
            safe_name = self._members.redact(self._spool, redacted, name)
        if info is not None and info.creationtime is not None:  # so is the last change called there
            seconds = info.creationtime.timestamp()
            os.utime(self._file, (seconds, seconds))
        self._packed.write(self._file, safe_name)
        self._file.unlink()


class _Factory(WriterFactory):
    def __init__(self, folder: Path, listed: Mapping[str, FileInfo], caught: _Caught) -> None:
        self._folder = folder
        self._listed = listed
        self._caught = caught

    def create(self, filename: str) -> Py7zIO:
        name = Path(filename).relative_to(self._folder).as_posix()
        return _Member(name, self._listed.get(name), self._caught)


class _Member(Py7zIO):
    """One member in the shape that py7zr writes to. A link holds nothing to read, but must be read past."""

    def __init__(self, name: str, info: FileInfo | None, caught: _Caught) -> None:
        self._name = name
        self._info = info
        self._caught = caught
        self._size_bytes = 0
        caught.begin()

    def write(self, s: bytes | bytearray) -> int:
        self._caught.write(s)
        self._size_bytes += len(s)
        return len(s)

    def close(self) -> None:
        if self._info is None or not self._info.is_symlink:
            self._caught.pack(self._name, self._info)

    def read(self, size: int | None = None) -> bytes:  # noqa: ARG002 - py7zr's interface
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002 - py7zr's interface
        return 0

    def flush(self) -> None:
        """Nothing is held back."""

    def size(self) -> int:
        return self._size_bytes
