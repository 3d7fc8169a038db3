"""A file that took long to write gets its name when it is whole: in one step, never over another, and lastingly."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from agent.errors import StorageError, UsageError
from agent.flow import Archive
from agent.storage import reason
from config.private_files import flush_folder, move, new_private_folder, open_private, read_private

_BLOCK_BYTES = 1 << 20
_BESIDE_PREFIX = ".sendlogs-"
_NOTE_NAME = ".beside"


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file as it stands on the disk, in hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def give_name(partial: Path, output: Path) -> None:
    """Give the finished file its name, never over another file, and make the name last. Raise ``UsageError``.

    A hard link fails if the name is taken, in one step; where the file system has no links (FAT), the look
    and the move are two steps, and only a writer in between them could lose.
    """
    try:
        os.link(partial, output)
    except FileExistsError:
        raise UsageError(f"{output} appeared meanwhile.", advice="Choose another name.") from None
    except OSError:
        if os.path.lexists(output):
            raise
        move(partial, output)
    try:
        flush_folder(output.parent)
    except BaseException:
        output.unlink(missing_ok=True)
        raise


@contextmanager
def disk_troubles_told(output: Path) -> Iterator[None]:
    """Turn an ``OSError`` inside the block into a ``StorageError`` about the bundle at ``output``."""
    try:
        yield
    except OSError as error:
        is_forbidden = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        advice = "Choose a place where you may write." if is_forbidden else "Free some space or choose another place."
        raise StorageError(f"No bundle could be written in {output.parent}: {reason(error)}.", advice=advice) from error


def require_place_for(output: Path) -> None:
    """Find out, before long work, whether ``publish`` may write beside ``output``. Raise ``StorageError``."""
    folder = output.parent / f"{_BESIDE_PREFIX}{uuid.uuid4()}"
    with disk_troubles_told(output):
        new_private_folder(folder)
        folder.rmdir()


def publish(archive: Archive, output: Path) -> Archive:
    """Put a finished archive under the name ``output``, which must be free, also on another file system.

    The copy grows in a folder beside ``output``, which a note beside the archive names, so that whoever sweeps up
    after a killed run finds it. Raise ``UsageError`` if the name is taken, ``StorageError`` if the disk refuses; then
    nothing is there.
    """
    folder = output.parent / f"{_BESIDE_PREFIX}{uuid.uuid4()}"
    with disk_troubles_told(archive.file), open_private(archive.file.parent / _NOTE_NAME) as note:
        note.write(os.fsencode(folder))
    with disk_troubles_told(output):
        new_private_folder(folder)
        try:
            near = folder / output.name
            with archive.open() as source, open_private(near) as copy:
                shutil.copyfileobj(source, copy, _BLOCK_BYTES)
                copy.flush()
                os.fsync(copy.fileno())
            give_name(near, output)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return replace(archive, file=output)


def remove_what_is_beside(work: Path) -> None:
    """Remove the folder that a killed ``publish`` of an archive in ``work`` was filling."""
    with suppress(OSError):
        folder = Path(os.fsdecode(read_private(work / _NOTE_NAME)))
        if folder.name.startswith(_BESIDE_PREFIX):
            shutil.rmtree(folder)
