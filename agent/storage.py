"""Failures of the local disk, said as a sentence for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import StorageError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "the disk does not take a file of this size",
    errno.EROFS: "the disk is read-only",
}
_ADVICE = {
    errno.ENOSPC: "Free some space and try again.",
    errno.EDQUOT: "Your quota on that disk is used up; free some space and try again.",
    errno.EROFS: "That disk is read-only; choose another folder.",
}


def reason(error: OSError) -> str:
    """What is wrong with the disk, as the end of a sentence; of what has no words of ours, the system's."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error) or "it does not answer as it should")


def as_storage_error(error: OSError, path: Path | str) -> StorageError:
    """``error`` as a sentence that names ``path`` and what to do."""
    advice = _ADVICE.get(error.errno or 0, "See that the folder exists and belongs to your account.")
    return StorageError(f"{path} cannot be used: {reason(error)}.", advice=advice)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` inside the block into a ``StorageError`` that names ``path`` and what to do."""
    try:
        yield
    except OSError as error:
        raise as_storage_error(error, path) from error
