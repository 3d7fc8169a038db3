"""Compressed files and archives: opened, each part redacted, and packed again in the same form.

Bounds keep a small hostile file from becoming a large one: depth, members, bytes in all, and how many times larger
than its compressed form the content may be. What is over a bound, encrypted, or of a form without a reader here
is withheld.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

DEPTH_LIMIT = 3
MEMBERS_LIMIT = 10_000
EXPANDED_LIMIT_BYTES = 2**30
RATIO_LIMIT = 250  # logs compress 10 to 60 times; deflate can at most do 1032
_RATIO_FREE_BYTES = 32 * 2**20  # small expansions are no danger whatever their ratio
_COPY_BYTES = 2**18
_SPOOLED_BYTES = 2**20
_STARTS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
_TAR_MAGIC = slice(257, 262)


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
    withheld: list[str] = field(default_factory=list)

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


def kind_of(head: bytes) -> str | None:
    """Which container begins with these bytes (the first 512), if any."""
    if head[_TAR_MAGIC] == b"ustar":
        return "tar"
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), None)


def redact_container(
    kind: str, source: BinaryIO, target: BinaryIO, *, budget: Budget, redact: Redact, rename: Callable[[str], str]
) -> Counter[str]:
    """Redact what is inside ``source`` and pack it again into ``target``. Raise ``CannotRedact``."""
    if budget.depth >= DEPTH_LIMIT:
        raise CannotRedact(f"archives are nested more than {DEPTH_LIMIT} deep")
    budget.depth += 1
    try:
        if kind in ("zip", "tar"):
            repack = _zip if kind == "zip" else _tar
            with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as seekable:
                _copy(source, cast("BinaryIO", seekable))
                seekable.seek(0)
                return repack(cast("BinaryIO", seekable), target, budget, redact, rename)
        return _compressed(kind, source, target, budget, redact)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError) as error:
        raise CannotRedact(f"the {kind} data is damaged or cut off") from error
    except (RuntimeError, NotImplementedError) as error:  # zipfile: encrypted, or packed by an unknown method
        raise CannotRedact(f"the {kind} data is encrypted or of an unknown form") from error
    finally:
        budget.depth -= 1


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    while block := source.read(_COPY_BYTES):
        target.write(block)


class _Counted:
    """A stream that counts what is read from it against the budget."""

    def __init__(self, inner: BinaryIO, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size if size >= 0 else _COPY_BYTES)
        self._budget.expand(len(data))
        return data


def _openers(kind: str) -> tuple[Callable[[BinaryIO], BinaryIO], Callable[[BinaryIO], BinaryIO]]:
    if kind == "gzip":
        # No name and no time of the original: the name may hold what the path must not.
        return (
            lambda raw: cast("BinaryIO", gzip.GzipFile(fileobj=raw)),
            lambda raw: cast("BinaryIO", gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0)),
        )
    if kind == "bzip2":
        return lambda raw: cast("BinaryIO", bz2.BZ2File(raw)), lambda raw: cast("BinaryIO", bz2.BZ2File(raw, "wb"))
    if kind == "xz":
        return lambda raw: cast("BinaryIO", lzma.LZMAFile(raw)), lambda raw: cast("BinaryIO", lzma.LZMAFile(raw, "wb"))
    try:
        zstd = importlib.import_module("backports.zstd")  # comes with py7zr; part of the language from 3.14 on
    except ImportError as error:
        raise CannotRedact("there is no reader of Zstandard on this machine") from error
    return lambda raw: cast("BinaryIO", zstd.ZstdFile(raw)), lambda raw: cast("BinaryIO", zstd.ZstdFile(raw, "wb"))


def _compressed(kind: str, source: BinaryIO, target: BinaryIO, budget: Budget, redact: Redact) -> Counter[str]:
    opened_for_reading, opened_for_writing = _openers(kind)
    try:
        with opened_for_reading(source) as inner, opened_for_writing(target) as packed:
            return redact(cast("BinaryIO", _Counted(inner, budget)), packed, "", budget)
    except Exception as error:
        if type(error).__name__ == "ZstdError":  # its class exists only where the library does
            raise CannotRedact("the zstd data is damaged or cut off") from error
        raise


def _member(inner: BinaryIO, target: BinaryIO, name: str, budget: Budget, redact: Redact) -> Counter[str] | None:
    """Redact one member; ``None`` when that is not possible: it is left out, and said to be."""
    before = budget.expanded_bytes
    try:
        return redact(cast("BinaryIO", _Counted(inner, budget)), target, name, budget)
    except CannotRedact:
        budget.expanded_bytes = max(before, budget.expanded_bytes)
        if budget.expanded_bytes > EXPANDED_LIMIT_BYTES or budget.members > MEMBERS_LIMIT:
            raise
        budget.withheld.append(name)
        return None


def _zip(
    source: BinaryIO, target: BinaryIO, budget: Budget, redact: Redact, rename: Callable[[str], str]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for info in archive.infolist():
            budget.member()
            if info.is_dir():
                continue
            with archive.open(info) as inner, tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as redacted:
                found = _member(cast("BinaryIO", inner), cast("BinaryIO", redacted), info.filename, budget, redact)
                name = rename(info.filename)
                if found is None:
                    packed.writestr(name + ".withheld", b"could not be redacted\n")
                    continue
                counts += found
                redacted.seek(0)
                with packed.open(zipfile.ZipInfo(name, info.date_time), "w") as out:
                    _copy(cast("BinaryIO", redacted), cast("BinaryIO", out))
    return counts


def _tar(
    source: BinaryIO, target: BinaryIO, budget: Budget, redact: Redact, rename: Callable[[str], str]
) -> Counter[str]:
    counts: Counter[str] = Counter()
    with tarfile.open(fileobj=source, mode="r:") as archive, tarfile.open(fileobj=target, mode="w") as packed:
        for info in archive:
            budget.member()
            inner = archive.extractfile(info) if info.isfile() else None
            if inner is None:
                continue  # folders, links and devices carry nothing to read
            with inner, tempfile.SpooledTemporaryFile(_SPOOLED_BYTES) as redacted:
                found = _member(cast("BinaryIO", inner), cast("BinaryIO", redacted), info.name, budget, redact)
                entry = tarfile.TarInfo(rename(info.name) + ("" if found is not None else ".withheld"))
                if found is None:
                    redacted.seek(0)
                    redacted.truncate()
                counts += found or Counter()
                entry.size, entry.mtime, entry.mode = redacted.tell(), info.mtime, 0o600
                redacted.seek(0)
                packed.addfile(entry, cast("BinaryIO", redacted))
    return counts
