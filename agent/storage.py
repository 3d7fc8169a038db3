"""Failures of the local disk, said as a sentence for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import StorageError

_ADVICE = {
    errno.ENOSPC: "Free some space and try again.",
    errno.EDQUOT: "Your quota on that disk is used up; free some space and try again.",
    errno.EROFS: "That disk is read-only; choose another folder.",
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` inside the block into a ``StorageError`` that names ``path`` and what to do."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "See that the folder exists and belongs to your account.")
        raise StorageError(f"{path} cannot be used: {error.strerror or error}.", advice=advice) from error
