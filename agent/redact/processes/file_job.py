"""One file redacted into its new place, or kept back: what a whole folder is made of, here or in a worker."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from agent.errors import AgentError, StorageError, UsageError
from agent.redact.budget import CannotRedact, Kept
from agent.redact.recorder import Recorder
from agent.redact.redactor import Redactor
from config.private_files import open_private

_MEDIA_TYPE = "application/octet-stream"  # what is in a file is found out from its bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """Redact ``file`` into the new file ``into``; ``shown`` is its redacted path."""

    file: Path
    into: Path
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """What became of it: why it was withheld, or ``None``; the replacements by rule, and what of an archive stays."""

    withheld: str | None = None
    counts: Counter[str]
    inside: tuple[Kept, ...] = ()


def kept_back(reason: str) -> FileDone:
    """There is no redacted file; ``reason`` tells nothing of the content."""
    return FileDone(withheld=reason, counts=Counter())


def redact_file(job: FileJob, redactor: Redactor) -> FileDone:
    """Do ``job``. Whatever goes wrong, nothing half-written stays at its place.

    The folder of ``job.into`` must exist. Raise ``UsageError`` when something stands there already,
    ``StorageError`` when the disk refuses.
    """

    def written(source: BinaryIO, inside: list[Kept]) -> Counter[str]:
        with open_private(job.into) as out:
            try:
                return redactor.stream(source, out, path=job.file.name, media_type=_MEDIA_TYPE, withheld=inside)
            except BaseException:
                out.close()  # Windows removes no file that is open
                job.into.unlink(missing_ok=True)
                raise

    try:
        return _done(job.file, written)
    except FileExistsError as error:
        raise UsageError(f"{job.into} exists already.", advice="Choose an empty folder.") from error
    except OSError as error:
        raise StorageError(f"{job.into}: {error.strerror}") from error


def look_into(file: Path, place: str, redactor: Redactor, recorder: Recorder) -> FileDone:
    """Let ``recorder`` see how ``file`` is redacted, which it knows as ``place``; nothing is written.

    Raise ``StorageError`` when the disk of temporary files refuses.
    """

    def seen(source: BinaryIO, inside: list[Kept]) -> Counter[str]:
        nowhere = cast("BinaryIO", _Nowhere())
        return redactor.stream(source, nowhere, path=place, media_type=_MEDIA_TYPE, recorder=recorder, withheld=inside)

    try:
        return _done(file, seen)
    except OSError as error:
        raise StorageError(f"{file}: {error.strerror}") from error


def _done(file: Path, redact: Callable[[BinaryIO, list[Kept]], Counter[str]]) -> FileDone:
    try:
        if (unfit := _unfit(file)) is not None:
            return kept_back(unfit)
        source = file.open("rb")
    except OSError as error:
        return kept_back(error.strerror or "cannot be read")
    inside: list[Kept] = []
    try:
        with source:
            return _told(redact(source, inside), inside)
    except CannotRedact as error:
        return kept_back(str(error))
    except (AgentError, OSError):
        raise
    # The boundary that fails closed: what nobody foresaw withholds this file, and the others go on.
    except Exception as error:
        return kept_back(f"could not be redacted: an unforeseen {type(error).__name__}")


def _told(counts: Counter[str], inside: list[Kept]) -> FileDone:
    return FileDone(counts=counts, inside=tuple(inside))


def _unfit(file: Path) -> str | None:
    """Why there is nothing to read, if so. Raise ``OSError`` when it cannot be seen."""
    mode = file.lstat().st_mode
    if stat.S_ISDIR(mode):  # handed in because it could not be looked into; the error says why
        os.scandir(file).close()
        return "a folder that could not be read"
    return None if stat.S_ISREG(mode) else "a link or a special file"


class _Nowhere:
    """A file that keeps nothing but its length, for which the writers of archives ask."""

    def __init__(self) -> None:
        self._size_bytes = 0

    def write(self, data: bytes) -> int:
        self._size_bytes += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size_bytes

    def flush(self) -> None:
        """Nothing is held back."""
