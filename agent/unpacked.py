"""The files of an archive that turned out too large, taken out again to be chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from agent.archive_reader import Sink, read_members
from agent.flow import Redacted
from config.private_files import open_private


def unpacked(archive: Path, packed: Sequence[Redacted], folder: Path) -> list[Redacted]:
    """The items ``packed`` into ``archive``, each with its bytes in an owner-only file of ``folder`` again.

    Raise ``InvalidBundle`` if the archive is damaged, ``OSError`` as the disk does.
    """
    files = {item.path: folder / f"{number:06d}.unpacked" for number, item in enumerate(packed)}
    for file in files.values():  # also of empty members, which may never reach their sink
        open_private(file).close()
    read_members(archive, lambda name: _File(files[name].open("ab")) if name in files else _Nothing())
    return [replace(item, file=files[item.path]) for item in packed]


class _File:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, data: bytes) -> None:
        self._out.write(data)

    def close(self) -> None:
        self._out.close()


class _Nothing(Sink):
    """For report and manifest, which are written anew."""

    def write(self, data: bytes) -> None:
        """Forget them."""

    def close(self) -> None:
        """There is nothing to close."""
