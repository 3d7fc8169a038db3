"""Whether the files of the settings have changed: looked at once a minute, which is cheaper than to be told all day."""

from __future__ import annotations

import os
from collections.abc import Iterable


def signature(paths: Iterable[str]) -> list[list[int] | None]:
    """What changes when one of these files or folders does; it is the same after it was told as JSON."""
    return [_stat(path) for path in paths]


def _stat(path: str) -> list[int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - without a Path for each
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, found.st_ino]
