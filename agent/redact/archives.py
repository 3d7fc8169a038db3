"""Archives whose members can be read one after the other: zip and tar, redacted member by member.

Only regular files are carried over. Folders, links and devices hold nothing to read, and a link could point
anywhere; what stands in an archive beside its members (comments, data before or behind) is not taken.
"""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from agent.member_names import MemberNames
from agent.redact.budget import INDEX_LIMIT_BYTES, SPOOLED_BYTES, Budget, CannotRedact, Counted, Metered, Redact, copy

_WITHHELD = "could not be redacted: "


@dataclass(slots=True)
class Members:
    """The members of one archive on their way: counted, redacted, under names that are redacted and safe to unpack."""

    budget: Budget
    redact_stream: Redact
    rename: Callable[[str], str]
    counts: Counter[str] = field(default_factory=Counter)
    _names: MemberNames = field(default_factory=lambda: MemberNames(reserved=()))

    def counted(self, inner: BinaryIO) -> BinaryIO:
        """``inner``, of which what is read counts against the budget."""
        return cast("BinaryIO", Counted(inner, self.budget))

    def redact(self, inner: BinaryIO, redacted: BinaryIO, name: str) -> str:
        """Redact one member into ``redacted``, an empty file, which is rewound; return its name from now on.

        What ``inner`` holds must be counted by the caller, before or while it is read. A member that cannot be
        redacted is left out: the file then says why, the name that, and the budget both.
        """
        # Windows writes its own separator into archives; as a letter of a name it would hide a person's folder.
        safe_name, known = self._names.claim(self.rename(name.replace("\\", "/"))), len(self.budget.withheld)
        self.budget.place.append(safe_name)
        try:
            self.counts += self.redact_stream(inner, redacted, name, self.budget)
        except CannotRedact as error:
            if self.budget.is_spent:
                raise
            self.budget.withhold(str(error), known)
            redacted.seek(0)
            redacted.truncate()
            redacted.write(f"{_WITHHELD}{error}\n".encode())
            safe_name = self._names.claim(f"{safe_name}.withheld")
        finally:
            self.budget.place.pop()
        redacted.seek(0)
        return safe_name


def repack_zip(source: BinaryIO, target: BinaryIO, members: Members) -> None:
    """Redact the members of the zip ``source`` into a zip at ``target``, deflated."""
    metered = Metered(source)
    with zipfile.ZipFile(metered) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        metered.allowance_bytes = None
        for info in archive.infolist():
            members.budget.member()
            if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16):  # POSIX mode bits, in archives made there
                continue
            with archive.open(info) as inner, tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
                redacted = cast("BinaryIO", spool)
                name = members.redact(members.counted(cast("BinaryIO", inner)), redacted, info.filename)
                entry = zipfile.ZipInfo(name, info.date_time)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with packed.open(entry, "w") as out:
                    copy(redacted, cast("BinaryIO", out))


def repack_tar(source: BinaryIO, target: BinaryIO, members: Members) -> None:
    """Redact the members of the tar ``source`` into a tar at ``target``."""
    metered = Metered(source)
    with tarfile.open(fileobj=metered, mode="r:") as archive, tarfile.open(fileobj=target, mode="w") as packed:
        while (info := _next_header(archive, metered)) is not None:
            members.budget.member()
            inner = archive.extractfile(info) if info.isfile() else None
            if inner is None:
                continue
            with inner, tempfile.SpooledTemporaryFile(SPOOLED_BYTES) as spool:
                redacted = cast("BinaryIO", spool)
                name = members.redact(members.counted(cast("BinaryIO", inner)), redacted, info.name)
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode = redacted.seek(0, 2), info.mtime, 0o600
                redacted.seek(0)
                packed.addfile(entry, redacted)


def _next_header(archive: tarfile.TarFile, metered: Metered) -> tarfile.TarInfo | None:
    """The next member. Names, attributes and the map of a sparse file stand before it, and are read whole."""
    metered.allowance_bytes = INDEX_LIMIT_BYTES
    info = archive.next()
    metered.allowance_bytes = None
    return info
