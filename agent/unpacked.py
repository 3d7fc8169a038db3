"""Members of an archive in owner-only files: of a bundle that is renewed, or one too large, to be chosen from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from agent.archive_reader import Sink, read_members
from agent.flow import Redacted
from config.private_files import open_private


def unpacked(archive: Path, packed: Sequence[Redacted], folder: Path) -> list[Redacted]:
    """The items ``packed`` into ``archive``, each with its bytes in an owner-only file of ``folder`` again.

    Raise ``InvalidBundle`` if the archive is damaged, ``OSError`` as the disk does.
    """
    taken = MemberFiles(folder)
    sinks = {item.path: taken.sink_for(item.path) for item in packed}  # an empty member may never ask for its own
    read_members(archive, lambda name: sinks.get(name) or _Nothing())
    return [replace(item, file=taken.files[item.path]) for item in packed]


class MemberFiles:
    """Puts each member into a file of ``folder``, under a number, and hashes it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files: dict[str, Path] = {}
        self.digests: dict[str, str] = {}

    def sink_for(self, member: str) -> Sink:
        """What takes its bytes; the file is there from now on."""
        self.files[member] = self._folder / f"{len(self.files):06d}.member"
        return _MemberFile(self, member)


class _MemberFile:
    def __init__(self, taken: MemberFiles, member: str) -> None:
        self._taken = taken
        self._member = member
        self._digest = hashlib.sha256()
        self._file = taken.files[member]
        open_private(self._file).close()

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        with self._file.open("ab") as file:
            file.write(data)

    def close(self) -> None:
        self._taken.digests[self._member] = self._digest.hexdigest()


class _Nothing(Sink):
    """For report and manifest, which are written anew."""

    def write(self, data: bytes) -> None:
        """Forget them."""

    def close(self) -> None:
        """There is nothing to close."""
