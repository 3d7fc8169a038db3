"""The stage between collecting and packing: the only maker of ``Redacted``. It fails closed.

An artifact is redacted into a private file of the work folder. Whatever goes wrong on the way, the file is removed
and the artifact withheld, with a reason that tells nothing of its content.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from agent.errors import StorageError
from agent.events import Collected, Progress
from agent.flow import Redacted, RedactedItem
from agent.readers import CannotRead, ReadText, read_as_text
from agent.redact.budget import CannotRedact
from agent.redact.recorder import LineNumbers
from agent.redact.redactor import Redactor
from agent.storage import storage_errors
from collectors import Artifact, Fact, ReadAs, RequestItem, Skipped
from config.private_files import open_private

# Asked for by support as they are; versions and GUIDs look like addresses and keys to a pattern.
_FACTS_AS_THEY_ARE = frozenset({RequestItem.COMPUTER_ID, RequestItem.VERSION, RequestItem.OPERATING_SYSTEM})


def redact(
    items: Iterable[Artifact | Fact | Skipped], redactor: Redactor, work_folder: Path, progress: Progress
) -> Iterator[RedactedItem]:
    """Each item redacted, in order, one at a time; what cannot be is a ``Skipped`` with the reason.

    Files are made in ``work_folder``, which must exist, and belong to the caller from then on. Raise
    ``StorageError`` when that folder's disk takes no more.
    """
    taken: set[str] = set()
    for number, item in enumerate(items):
        if isinstance(item, Fact):
            yield _fact(item, redactor)
        elif isinstance(item, Skipped):
            yield Skipped(path=redactor.path(item.path), reason=redactor.text(item.reason)[0])
        else:
            done = _artifact(item, redactor, work_folder / f"{number:06d}.redacted", taken)
            if isinstance(done, Redacted):
                progress(Collected(path=done.path, size_bytes=done.size_bytes, replacements=sum(done.counts.values())))
            else:
                progress(done)
            yield done


def _fact(fact: Fact, redactor: Redactor) -> Fact:
    source = redactor.text(fact.source)[0]
    value = fact.value if fact.item in _FACTS_AS_THEY_ARE else redactor.text(fact.value)[0]
    return replace(fact, value=value, source=source)


def _artifact(artifact: Artifact, redactor: Redactor, file: Path, taken: set[str]) -> Redacted | Skipped:
    path = _free(redactor.path(artifact.path), taken)
    try:
        recorder = LineNumbers()
        hashed, counts, left_out = _into_file(artifact, redactor, file, recorder)
        origin = replace(artifact.origin, source=redactor.text(artifact.origin.source)[0])
        truncated = left_out and redactor.text(left_out)[0]
    except StorageError:  # a disk that takes no more would withhold one file after the other: better to end and say so
        file.unlink(missing_ok=True)
        raise
    # The boundary that fails closed: an unforeseen error must withhold, never pass the raw content on.
    except Exception as error:
        file.unlink(missing_ok=True)
        return Skipped(path=path, reason=f"could not be redacted: {_harmless(error)}")
    taken.add(path)
    return Redacted(
        path=path,
        file=file,
        size_bytes=hashed.size_bytes,
        sha256=hashed.digest.hexdigest(),
        media_type=artifact.media_type,
        origin=replace(origin, owner=origin.owner and redactor.text(f"owner={origin.owner}")[0].removeprefix("owner=")),
        counts=dict(counts),
        truncated=truncated,
        lines=recorder.by_rule(counts),
    )


def _into_file(
    artifact: Artifact, redactor: Redactor, file: Path, recorder: LineNumbers
) -> tuple[_Hashed, Counter[str], str | None]:
    """What was written, how often each rule replaced something, and what of the source is not there."""
    with storage_errors(file):
        target = open_private(file)
    with target, artifact.open() as source, _as_text(source, artifact.read_as) as text:
        hashed = _Hashed(target, file)
        counts = redactor.stream(
            text.stream,
            cast("BinaryIO", hashed),
            path=artifact.path,
            media_type=artifact.media_type,
            recorder=recorder,
        )
        hashed.flush()
    return hashed, counts, artifact.truncated or text.left_out


def _as_text(source: BinaryIO, read_as: ReadAs | None) -> AbstractContextManager[ReadText]:
    return read_as_text(source, read_as) if read_as else nullcontext(ReadText(stream=source, left_out=None))


def _harmless(error: Exception) -> str:
    """A reason without content: our own words, the operating system's, or only the kind of the error."""
    if isinstance(error, CannotRedact | CannotRead):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"an unforeseen {type(error).__name__}"


def _free(path: str, taken: set[str]) -> str:
    """``path``, or with a number if another artifact has it already."""
    stem, dot, ending = path.rpartition(".")
    number = 1
    free = path
    while free in taken:
        number += 1
        free = f"{stem}~{number}.{ending}" if dot and "/" not in ending else f"{path}~{number}"
    return free


class _Hashed:
    """A file that knows size and SHA-256 of what was written."""

    def __init__(self, inner: BinaryIO, file: Path) -> None:
        self._inner = inner
        self._file = file
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size_bytes += len(data)
        with storage_errors(self._file):
            return self._inner.write(data)

    def tell(self) -> int:
        """How much was written: tarfile asks."""
        return self.size_bytes

    def flush(self) -> None:
        with storage_errors(self._file):
            self._inner.flush()
