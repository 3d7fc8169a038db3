"""One file redacted into its new place, or kept back: what a whole folder is made of, here or in a worker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StorageError, UsageError
from agent.redact.budget import CannotRedact
from agent.redact.redactor import Redactor
from config.private_files import open_private

MEDIA_TYPE = "application/octet-stream"  # what is in a file is found out from its bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """Redact ``file`` into the new file ``into``; ``shown`` is its redacted path."""

    file: Path
    into: Path
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDone:
    """What became of it: why it was withheld, or ``None``; and the replacements by rule."""

    withheld: str | None = None
    counts: Counter[str]


def kept_back(reason: str) -> FileDone:
    """There is no redacted file; ``reason`` tells nothing of the content."""
    return FileDone(withheld=reason, counts=Counter())


def redact_file(job: FileJob, redactor: Redactor) -> FileDone:
    """Do ``job``. Whatever goes wrong, nothing half-written stays at its place.

    The folder of ``job.into`` must exist. Raise ``UsageError`` when something stands there already,
    ``StorageError`` when the disk refuses.
    """
    if job.file.is_symlink() or not job.file.is_file():
        return kept_back("a link or a special file")
    try:
        source = job.file.open("rb")
    except OSError as error:
        return kept_back(error.strerror or "cannot be read")
    try:
        with source, open_private(job.into) as out:
            try:
                counts = redactor.stream(source, out, path=job.shown, media_type=MEDIA_TYPE)
            except BaseException:
                out.close()  # Windows removes no file that is open
                job.into.unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise UsageError(f"{job.into} exists already.", advice="Choose an empty folder.") from error
    except CannotRedact as error:
        return kept_back(str(error))
    except OSError as error:
        raise StorageError(f"{job.into}: {error.strerror}") from error
    except StorageError:
        raise
    # The boundary that fails closed: what nobody foresaw withholds this file, and the others go on.
    except Exception as error:
        return kept_back(f"could not be redacted: an unforeseen {type(error).__name__}")
    return FileDone(counts=counts)
