"""The stage between collecting and packing: the only maker of ``Redacted``. It fails closed.

An artifact is redacted into a private file of the work folder. Whatever goes wrong on the way, the file is removed
and the artifact withheld, with a reason that tells nothing of its content.

Where a ``crew`` is at work, it gets small artifacts whole and long ones in parts of whole lines. Parts are read, and
their results written, in one order, so that the result is the same without it; a bounded number is on its way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from agent.events import Collected, Progress
from agent.flow import Redacted, RedactedItem
from agent.readers import ReadText, read_as_text
from agent.redact.budget import Kept
from agent.redact.processes.artifact_job import ArtifactJob, HashedFile, withholding
from agent.redact.processes.crew import Crew
from agent.redact.processes.parts import PART_BYTES, Part, Source
from agent.redact.recorder import LineNumbers
from agent.redact.redactor import Redactor
from collectors import Artifact, Fact, ReadAs, RequestItem, Skipped

# Asked for by support as they are; versions and GUIDs look like addresses and keys to a pattern.
_FACTS_AS_THEY_ARE = frozenset({RequestItem.COMPUTER_ID, RequestItem.VERSION, RequestItem.OPERATING_SYSTEM})
_ON_THE_WAY_BYTES = 3 * PART_BYTES
_MOST_NAMED = 200  # members of one archive
_LONGEST_WHOLE_BYTES = 16 * PART_BYTES  # of what cannot be divided; what is longer is redacted here


def redact(
    items: Iterable[Artifact | Fact | Skipped],
    redactor: Redactor,
    work_folder: Path,
    progress: Progress,
    crew: Crew | None = None,
) -> Generator[RedactedItem]:
    """Each item redacted, in order; what cannot be is a ``Skipped`` with the reason.

    Files are made in ``work_folder``, which must exist, and belong to the caller from then on. An artifact is read
    before the next item is pulled. A ``crew`` takes work over and changes nothing of the result; it is closed with
    this iterator. Raise ``StorageError`` when that folder's disk takes no more.
    """
    stage = _Stage(redactor, crew, progress)
    try:
        for number, item in enumerate(items):
            stage.take(item, work_folder / f"{number:06d}.redacted")
            yield from stage.ready()
        stage.settle(down_to_bytes=0)
        yield from stage.ready()
    finally:
        if crew is not None:
            crew.close()


class _Stage:
    """The items that were taken and not given on yet, in order."""

    def __init__(self, redactor: Redactor, crew: Crew | None, progress: Progress) -> None:
        self._redactor = redactor
        self._crew = crew
        self._progress = progress
        self._items: deque[ArtifactJob | Fact | Skipped] = deque()
        self._on_the_way_bytes = 0
        self._taken: set[str] = set()

    def take(self, item: Artifact | Fact | Skipped, file: Path) -> None:
        """Redact ``item``, or read it and have it redacted; an artifact goes into ``file``."""
        redactor = self._redactor
        if isinstance(item, Fact):
            self._items.append(_fact(item, redactor))
        elif isinstance(item, Skipped):
            self._items.append(replace(item, path=redactor.path(item.path), reason=redactor.text(item.reason)[0]))
        else:
            job = ArtifactJob(item, HashedFile(file))
            self._items.append(job)
            with withholding(job):
                self._read(job)

    def _read(self, job: ArtifactJob) -> None:
        artifact = job.artifact
        job.out.open()
        with artifact.open() as opened, _as_text(opened, artifact.read_as) as text:
            source = Source(text.stream)
            head = source.peek(PART_BYTES)
            size_bytes = max(len(head), artifact.origin.size_bytes or 0)
            if self._crew is None or not self._crew.is_at_work(size_bytes, artifact.expected_bytes):
                self._redact_here(job, source)
            elif self._redactor.goes_by_lines(head, artifact.path, artifact.media_type):
                self._hand_in_lines(job, source)
            elif len(head := source.peek(_LONGEST_WHOLE_BYTES + 1)) <= _LONGEST_WHOLE_BYTES:
                self._hand_in(job, head, whole=True)
            else:
                self._redact_here(job, source)
            job.left_out = artifact.truncated or text.left_out

    def _redact_here(self, job: ArtifactJob, source: Source) -> None:
        job.counts = self._redactor.stream(
            source.as_stream(),
            cast("BinaryIO", job.out),
            path=job.artifact.path,
            media_type=job.artifact.media_type,
            recorder=job.recorder,
            withheld=job.inside,
        )

    def _hand_in_lines(self, job: ArtifactJob, source: Source) -> None:
        while data := source.peek(PART_BYTES):
            end = data.rfind(b"\n") + 1 if len(data) >= PART_BYTES else len(data)
            if not end:
                self._go_on_here(job, source)  # a line longer than a part cannot be divided
                return
            if job.withheld:
                return
            self._hand_in(job, source.take(end), whole=False)

    def _go_on_here(self, job: ArtifactJob, source: Source) -> None:
        while job.parts:
            self._settle_one()
        if job.withheld:
            return
        recorder = LineNumbers()
        counts, _ = self._redactor.lines(
            source.as_stream(),
            cast("BinaryIO", job.out),
            path=job.artifact.path,
            opened=job.leaves_open,
            recorder=recorder,
        )
        job.counts.update(counts)
        job.recorder.join(recorder.found(), job.line_feeds)

    def _hand_in(self, job: ArtifactJob, data: bytes, *, whole: bool) -> None:
        assert self._crew is not None
        self.settle(down_to_bytes=_ON_THE_WAY_BYTES - _weight_bytes(data))
        part = Part(data=data, path=job.artifact.path, media_type=job.artifact.media_type, whole=whole)
        job.parts.append((part, self._crew.submit(part)))
        self._on_the_way_bytes += _weight_bytes(data)

    def settle(self, *, down_to_bytes: int) -> None:
        """Wait for the oldest parts, and write them, until at most so much is on its way."""
        while self._on_the_way_bytes > max(down_to_bytes, 0):
            self._settle_one()

    def _settle_one(self) -> None:
        job = next(item for item in self._items if isinstance(item, ArtifactJob) and item.parts)
        part, future = job.parts.popleft()
        self._on_the_way_bytes -= _weight_bytes(part.data)
        with withholding(job):
            job.add(part, future.result(), self._redactor)

    def ready(self) -> Iterator[RedactedItem]:
        """The items at the front of which nothing is on its way any more."""
        while self._items:
            first = self._items[0]
            if not isinstance(first, ArtifactJob):
                yield first
            else:
                while first.parts and first.parts[0][1].done():
                    self._settle_one()
                if first.parts:
                    return
                yield self._finished(first)
            self._items.popleft()

    def _finished(self, job: ArtifactJob) -> Redacted | Skipped:
        path = _free(self._redactor.path(job.artifact.path), self._taken)
        with withholding(job):
            if not job.withheld:
                job.out.close()
                done = _redacted(job, path, self._redactor)
        if job.withheld:
            skipped = Skipped(path=path, reason=f"could not be redacted: {job.withheld}", cause=job.cause)
            self._progress(skipped)
            return skipped
        self._taken.add(path)
        replacements = sum(done.counts.values())
        self._progress(Collected(path=path, size_bytes=done.size_bytes, replacements=replacements))
        for member in done.withheld:
            self._progress(member)
        return done


def _weight_bytes(data: bytes) -> int:
    """What a part counts for: small ones are on their way with an open file each."""
    return max(len(data), PART_BYTES // 16)


def _fact(fact: Fact, redactor: Redactor) -> Fact:
    source = redactor.text(fact.source)[0]
    value = fact.value if fact.item in _FACTS_AS_THEY_ARE else redactor.text(fact.value)[0]
    return replace(fact, value=value, source=source)


def _redacted(job: ArtifactJob, path: str, redactor: Redactor) -> Redacted:
    origin = replace(job.artifact.origin, source=redactor.text(job.artifact.origin.source)[0])
    return Redacted(
        path=path,
        file=job.out.file,
        size_bytes=job.out.size_bytes,
        sha256=job.out.digest.hexdigest(),
        media_type=job.artifact.media_type,
        origin=replace(origin, owner=origin.owner and redactor.text(f"owner={origin.owner}")[0].removeprefix("owner=")),
        counts=dict(job.counts),
        truncated=job.left_out and redactor.text(job.left_out)[0],
        lines=job.recorder.by_rule(job.counts),
        withheld=tuple(_inside(path, job.inside)),
    )


def _inside(path: str, kept: Sequence[Kept]) -> Iterator[Skipped]:
    """What of an archive at ``path`` stays here; so many that one archive cannot fill the manifest."""
    for member, reason in kept[:_MOST_NAMED]:
        yield Skipped(path=f"{path}/{member}", reason=f"could not be redacted: {reason}")
    if (more := len(kept) - _MOST_NAMED) > 0:
        yield Skipped(path=path, reason=f"{more:,} more of its members could not be redacted")


def _as_text(source: BinaryIO, read_as: ReadAs | None) -> AbstractContextManager[ReadText]:
    return read_as_text(source, read_as) if read_as else nullcontext(ReadText(stream=source, left_out=None))


def _free(path: str, taken: set[str]) -> str:
    """``path``, or with a number if another artifact has it already."""
    stem, dot, ending = path.rpartition(".")
    number = 1
    free = path
    while free in taken:
        number += 1
        free = f"{stem}~{number}.{ending}" if dot and "/" not in ending else f"{path}~{number}"
    return free
