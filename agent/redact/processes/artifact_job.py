"""One artifact on its way through redaction: its private file, its parts in order, and what goes wrong."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from agent.errors import StorageError
from agent.redact.blocks import Block
from agent.redact.budget import Kept
from agent.redact.processes.parts import Part, PartDone, PartFailed, harmless, redact_part
from agent.redact.recorder import LineNumbers
from agent.redact.redactor import Redactor
from agent.storage import storage_errors
from collectors import Artifact, Cause, cause_of
from config.private_files import open_private


@dataclass(slots=True)
class ArtifactJob:
    """One artifact on its way. ``withheld`` is why there will be no file."""

    artifact: Artifact
    out: HashedFile
    recorder: LineNumbers = field(default_factory=LineNumbers)
    counts: Counter[str] = field(default_factory=Counter)
    parts: deque[tuple[Part, Future[PartDone | PartFailed | None]]] = field(default_factory=deque)
    inside: list[Kept] = field(default_factory=list)  # what of an archive stays here
    line_feeds: int = 0
    leaves_open: Block | None = None
    left_out: str | None = None
    withheld: str | None = None
    cause: Cause = "other"  # of what kind that is

    def withhold(self, reason: str, cause: Cause = "other") -> None:
        """Leave nothing of it."""
        if not self.withheld:
            self.withheld, self.cause = reason, cause
        self.out.close()
        self.out.file.unlink(missing_ok=True)

    def add(self, part: Part, answer: PartDone | PartFailed | None, redactor: Redactor) -> None:
        """Write the next part, done again if it is not what follows the one before, or if nobody has done it."""
        if self.withheld:
            return
        if answer is None or (isinstance(answer, PartDone) and self.leaves_open is not None):
            answer = redact_part(replace(part, opened=self.leaves_open), redactor)
        if isinstance(answer, PartFailed):
            self.withhold(answer.reason)
            return
        self.out.write(answer.data)
        self.counts.update(answer.counts)
        self.inside += answer.inside
        self.recorder.join(answer.lines, self.line_feeds)
        self.line_feeds += answer.line_feeds
        self.leaves_open = answer.leaves_open


@contextmanager
def withholding(job: ArtifactJob) -> Iterator[None]:
    """Inside this block, whatever goes wrong withholds the artifact; a ``StorageError`` is raised as well."""
    try:
        yield
    except StorageError:  # a disk that takes no more would withhold one file after the other: better to end and say so
        job.withhold("the disk takes no more")
        raise
    # The boundary that fails closed: an unforeseen error must withhold, never pass the raw content on.
    except Exception as error:
        job.withhold(harmless(error), cause_of(error))


class HashedFile:
    """A new private file that knows size and SHA-256 of what was written."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._inner: BinaryIO | None = None
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def open(self) -> None:
        """Make it."""
        with storage_errors(self.file):
            self._inner = open_private(self.file)

    def write(self, data: bytes) -> int:
        """Add ``data``."""
        assert self._inner is not None
        self.digest.update(data)
        self.size_bytes += len(data)
        with storage_errors(self.file):
            return self._inner.write(data)

    def tell(self) -> int:
        """How much was written: tarfile asks."""
        return self.size_bytes

    def flush(self) -> None:
        """Let the operating system have all of it."""
        assert self._inner is not None
        with storage_errors(self.file):
            self._inner.flush()

    def close(self) -> None:
        """Nothing more is written."""
        if self._inner is not None:
            inner, self._inner = self._inner, None
            with storage_errors(self.file):
                inner.close()
