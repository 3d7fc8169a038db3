"""How far the delivery of this moment is, for other processes to see: a small file that its deliverer writes over.

Nothing rests on it: it is not flushed, may be missing or old, and one whose writer is gone tells nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from config.private_files import FILE_MODE

_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """``sent_bytes`` of ``total_bytes`` of this bundle have gone out."""

    bundle_id: str
    sent_bytes: int
    total_bytes: int


class ProgressFile:
    """The file of one outbox. Only the holder of the lock on deliveries writes it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written_at: float | None = None

    def write(self, delivering: Delivering) -> None:
        """Note it, at most once in a second; a disk that refuses is no reason to end a delivery."""
        now = time.monotonic()
        if self._written_at is not None and now - self._written_at < _EVERY_SECONDS:
            return
        self._written_at = now
        values = {name: getattr(delivering, name) for name in Delivering.__slots__}
        partial = self._file.with_suffix(".new")
        with contextlib.suppress(OSError):
            partial.touch(mode=FILE_MODE)
            partial.write_text(json.dumps({**values, "process": os.getpid()}), "ascii")
            partial.replace(self._file)

    def clear(self) -> None:
        """Nothing is being delivered any more."""
        self._written_at = None
        with contextlib.suppress(OSError):
            self._file.unlink()

    def read(self) -> Delivering | None:
        """What a living process is delivering, as far as is known."""
        import psutil

        try:
            values = json.loads(self._file.read_bytes())
            delivering = Delivering(**{name: values[name] for name in Delivering.__slots__})
            return delivering if psutil.pid_exists(values["process"]) else None
        except (OSError, ValueError, TypeError, KeyError, OverflowError):
            return None
