"""A file or a whole folder redacted into a new place, or only looked through: what ``sendlogs redact`` does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StorageError, UsageError
from agent.redact.budget import Kept
from agent.redact.processes.file_job import FileDone, FileJob, look_into, redact_file
from agent.redact.processes.workers import Workers, redact_files
from agent.redact.recorder import Recorder
from agent.redact.redactor import Redactor
from config.private_files import make_private_folder

_TAKEN = "Choose a new name: nothing is overwritten."


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeReport:
    """What became of a tree: files written, what was withheld (redacted path and reason), replacements by rule.

    Of what was withheld, ``inside`` members were in archives that were written without them; ``renamed`` files have
    another path below the target than below the source.
    """

    files: int
    withheld: tuple[Kept, ...]
    inside: int
    renamed: int
    counts: Counter[str]


def redact_tree(source: Path, target: Path, redactor: Redactor, workers: Workers | None = None) -> TreeReport:
    """Redact the file or folder ``source`` into ``target`` (a file, or a folder with the same layout).

    Output is owner-only; paths inside are redacted as well. Links are not followed but listed as withheld, as is
    everything that cannot be redacted. Nothing that exists is overwritten. Of the folders above ``target`` none is
    made: in a name that is mistyped there would be one that nobody wants. ``workers`` must make redactors equal to
    ``redactor``; with them, when there is enough for them to do, the result is the same. Raise ``UsageError`` when
    ``source`` does not exist, when ``target`` lies inside it or in no folder, or is or holds a file of that name,
    ``StorageError`` when it cannot be written.
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist.")
    if source.is_dir() and _inside(target, source):
        raise UsageError("The output lies inside the input.", advice="Choose a folder beside it.")
    if os.path.lexists(target) and not target.is_dir():
        raise UsageError(f"{target} exists already.", advice=_TAKEN)
    if not target.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}.", advice="Make it first, or choose another one.")
    jobs = list(_jobs(source, target, redactor))
    for job in jobs:
        if os.path.lexists(job.into):
            advice = "Choose an empty folder." if source.is_dir() else _TAKEN
            raise UsageError(f"{job.into} exists already.", advice=advice)
    wanted = [target] if source.is_dir() else []
    for folder in dict.fromkeys([*wanted, *(job.into.parent for job in jobs)]):
        _make_folder(folder)
    if workers and (count := workers.worth(jobs)) > 1:
        done = redact_files(jobs, workers, count)
    else:
        done = [redact_file(job, redactor) for job in jobs]
    return _report(jobs, done, source, target)


def look_through(source: Path, redactor: Redactor, recorder: Recorder) -> tuple[Kept, ...]:
    """Let ``recorder`` see how the file or folder ``source`` is redacted; nothing is written.

    Its places are paths as they are, below ``source``. Return what is withheld, as in a ``TreeReport``. Raise
    ``UsageError`` when ``source`` does not exist.
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist.")
    withheld: list[Kept] = []
    for file in files_in(source) if source.is_dir() else [source]:
        place = _place(file, source)
        done = look_into(file, place, redactor, recorder)
        withheld += _kept(redactor.path(place), done)
    return tuple(withheld)


def _report(jobs: list[FileJob], done: list[FileDone], source: Path, target: Path) -> TreeReport:
    withheld = [kept for job, one in zip(jobs, done, strict=True) for kept in _kept(job.shown, one)]
    counts: Counter[str] = Counter()
    for one in done:
        counts += one.counts
    inside = sum(len(one.inside) for one in done)
    files = len(jobs) - len(withheld) + inside
    renamed = sum(
        one.withheld is None and job.into != target and job.shown != _place(job.file, source)
        for job, one in zip(jobs, done, strict=True)
    )
    return TreeReport(files=files, withheld=tuple(withheld), inside=inside, renamed=renamed, counts=counts)


def _kept(shown: str, done: FileDone) -> list[Kept]:
    if done.withheld is not None:
        return [(shown, done.withheld)]
    return [(f"{shown}/{path}", reason) for path, reason in done.inside]


def _jobs(source: Path, target: Path, redactor: Redactor) -> Iterator[FileJob]:
    if not source.is_dir():
        shown = redactor.path(source.name)
        yield FileJob(file=source, into=target / shown if target.is_dir() else target, shown=shown)
        return
    for file in files_in(source):
        shown = redactor.path(_place(file, source))
        yield FileJob(file=file, into=target / shown, shown=shown)


def _place(file: Path, source: Path) -> str:
    """Where ``file`` is below ``source``; its name, where it is that itself."""
    return file.absolute().name if file == source else file.relative_to(source).as_posix()


def _inside(inner: Path, outer: Path) -> bool:
    return inner.resolve().is_relative_to(outer.resolve())


def files_in(folder: Path) -> Iterator[Path]:
    """All that is no folder, links not followed, by name; and each folder that cannot be looked into."""
    closed: list[OSError] = []
    for parent, folders, names in os.walk(folder, followlinks=False, onerror=closed.append):
        yield from _closed(closed, folder)
        linked = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118 - Path's raises, where it may not look
        folders[:] = sorted(set(folders) - set(linked))
        yield from (Path(parent) / name for name in sorted([*names, *linked]))
    yield from _closed(closed, folder)


def _closed(errors: list[OSError], folder: Path) -> Iterator[Path]:
    while errors:
        yield Path(errors.pop(0).filename or folder)  # without a name, where it broke off in the middle


def _make_folder(folder: Path) -> None:
    """Owner-only where it is made; a folder that is there already is the caller's business."""
    if not folder.is_dir():
        try:
            make_private_folder(folder)
        except OSError as error:
            raise StorageError(f"{folder}: {error.strerror or error}") from error
