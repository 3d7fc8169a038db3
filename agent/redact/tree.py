"""A file or a whole folder redacted into a new place: what ``sendlogs redact`` does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import StorageError, UsageError
from agent.redact.budget import CannotRedact
from agent.redact.redactor import Redactor
from config.private_files import make_private_folder, open_private


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeReport:
    """What became of a tree: files written, what was withheld (redacted path and reason), replacements by rule."""

    files: int
    withheld: tuple[tuple[str, str], ...]
    counts: Counter[str]


def redact_tree(source: Path, target: Path, redactor: Redactor) -> TreeReport:
    """Redact the file or folder ``source`` into ``target`` (a file, or a folder with the same layout).

    Output is owner-only; paths inside are redacted as well. Links are not followed but listed as withheld, as is
    everything that cannot be redacted. Nothing that exists is overwritten. Raise ``UsageError`` when ``source`` does
    not exist, when ``target`` lies inside it or holds a file of the same name, ``StorageError`` when it cannot be
    written.
    """
    if not source.exists():
        raise UsageError(f"{source} does not exist.")
    if source.is_dir() and _inside(target, source):
        raise UsageError("The output lies inside the input.", advice="Choose a folder beside it.")
    if target.exists() and (source.is_file() and not target.is_dir()):
        raise UsageError(f"{target} exists already.", advice="Choose a new name: nothing is overwritten.")
    run = _Run(redactor)
    if source.is_dir():
        for file in _files(source):
            relative = file.relative_to(source).as_posix()
            run.one(file, target / redactor.path(relative), redactor.path(relative))
    else:
        into = target / redactor.path(source.name) if target.is_dir() else target
        run.one(source, into, redactor.path(source.name))
    return TreeReport(files=run.files, withheld=tuple(run.withheld), counts=run.counts)


def _inside(inner: Path, outer: Path) -> bool:
    return inner.resolve().is_relative_to(outer.resolve())


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=False):
        linked = [name for name in folders if (Path(parent) / name).is_symlink()]
        folders[:] = sorted(set(folders) - set(linked))
        yield from (Path(parent) / name for name in sorted([*names, *linked]))


class _Run:
    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.files = 0
        self.withheld: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()

    def one(self, file: Path, into: Path, shown: str) -> None:
        if file.is_symlink() or not file.is_file():
            self.withheld.append((shown, "a link or a special file"))
            return
        _make_folder(into.parent)
        try:
            source = file.open("rb")
        except OSError as error:
            self.withheld.append((shown, error.strerror or "cannot be read"))
            return
        with source:
            try:
                with open_private(into) as out:
                    found = self._redactor.stream(source, out, path=shown, media_type="application/octet-stream")
            except FileExistsError as error:
                raise UsageError(f"{into} exists already.", advice="Choose an empty folder.") from error
            except CannotRedact as error:
                into.unlink(missing_ok=True)
                self.withheld.append((shown, str(error)))
                return
            except BaseException as error:
                into.unlink(missing_ok=True)
                if isinstance(error, OSError):
                    raise StorageError(f"{into}: {error.strerror}") from error
                raise
        self.files += 1
        self.counts += found


def _make_folder(folder: Path) -> None:
    """Owner-only where it is made; a folder that is there already is the caller's business."""
    if not folder.is_dir():
        try:
            make_private_folder(folder)
        except OSError as error:
            raise StorageError(f"{folder}: {error.strerror or error}") from error
