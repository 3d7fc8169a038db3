"""The application's own log files: what support opens first.

A rotated or compressed log lies beside the one it was rotated from and is found with it: a profile names
``app.log`` and need not know how this machine rotates it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import timedelta
from fnmatch import fnmatchcase
from os.path import normcase
from pathlib import Path

from collectors import (
    Artifact,
    Collector,
    Context,
    Fact,
    LeftOut,
    Limits,
    Option,
    ReadAs,
    RequestItem,
    Sensitivity,
    Skipped,
    _options,
    size_text,
)
from collectors._bundle_paths import BundlePaths
from collectors._file_choice import Bounds, Choice, later
from collectors._left_out_files import LeftOutFiles

# What logrotate (extension numbers, dateext, compress; logrotate.8) and the appenders of log4j, logback and
# Python put behind a name: ".1", "-20240301.gz", ".2024-03-01_17", ".old".
_ROTATED = re.compile(r"(?:[.\-_](?:\d[\d.T:_-]*|old|prev|bak))?(?:\.(?:gz|bz2|xz|zst))?$")


_Found = dict[str, str]
"""Paths by what makes them the same: on Windows ``C:\\Logs`` and ``c:\\logs`` are one folder."""
_READ_AS: tuple[tuple[str, ReadAs], ...] = (("event_logs", "event-log"), ("databases", "database"))


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """Each log file under ``logs/``, newest first, and how many there are."""
    left_out = LeftOutFiles()
    choice = Choice(context, _bounds(context), BundlePaths("logs"))
    to_be_read: _Found = {}
    for option, read_as in _READ_AS:
        found = yield from _matches(context, option, left_out)
        yield from choice.take(_without(found, to_be_read), read_as=read_as)
        to_be_read |= found
    candidates = yield from _plain(context, left_out)
    yield from choice.take(_without(candidates, to_be_read))
    yield from left_out.skipped(choice.paths, candidates | to_be_read)
    if choice.files:
        files = "1 file" if choice.files == 1 else f"{choice.files} files"
        value = f"{files}, {size_text(choice.size_bytes)}"
        yield Fact(item=RequestItem.LOGS, value=value, source="the application's log files")
    elif not candidates and not to_be_read:
        yield Skipped(path="logs", reason="no log file was found")


def _matches(context: Context, option: str, left_out: LeftOutFiles) -> Generator[Skipped, None, _Found]:
    """The files that the globs of ``option`` find, which are to be read as something else than text."""
    candidates: _Found = {}
    for glob in _options.texts(context, option):
        if not _add(candidates, context.files(glob, left_out=left_out.note)):
            yield Skipped(path=glob, reason=_why_none(context, "no file matches"))
    return candidates


def _plain(context: Context, left_out: LeftOutFiles) -> Generator[Skipped, None, _Found]:
    candidates: _Found = {}
    for glob in _options.texts(context, "globs"):
        if not _add(candidates, _with_rotated(context, glob, left_out)):
            yield Skipped(path=glob, reason=_why_none(context, "no file matches"))
    for folder in _options.texts(context, "folders"):
        if not _add(candidates, _in_folder(context, folder, left_out)):
            yield Skipped(path=folder, reason=_why_none(context, "no file is in it"))
    return candidates


def _add(candidates: _Found, found: Iterator[Path]) -> bool:
    """Add each as it is found, in little room; whether there was any."""
    is_any = False
    for path in found:
        candidates.setdefault(normcase(path), str(path))
        is_any = True
    return is_any


def _without(candidates: _Found, others: _Found) -> Iterator[str]:
    return (path for same, path in candidates.items() if same not in others)


def _bounds(context: Context) -> Bounds:
    oldest = context.now - timedelta(days=_options.number(context, "max_age_days"))
    return Bounds(
        # However large one file is, as sparse ones are, it leaves room for others.
        file_bytes=min(_options.integer(context, "file_limit_bytes"), context.limits.size_bytes // 3),
        total_bytes=context.limits.size_bytes,
        max_files=_options.integer(context, "max_files"),
        not_before=later(oldest, context.not_before),
    )


def _with_rotated(context: Context, glob: str, left_out: LeftOutFiles) -> Iterator[Path]:
    """Files that match ``glob``, and files that do once the mark of their rotation is taken off."""
    wanted = re.split(r"[/\\]" if context.platform == "win32" else "/", context.expand(glob))[-1]
    if wanted.endswith("*"):
        yield from context.files(glob, left_out=left_out.note)
        return
    # Windows takes no notice of case in names.
    wanted = wanted.lower() if context.platform == "win32" else wanted

    def is_wanted(path: Path) -> bool:
        name = path.name.lower() if context.platform == "win32" else path.name
        return fnmatchcase(name, wanted) or fnmatchcase(_ROTATED.sub("", name, count=1), wanted)

    def note(item: LeftOut) -> None:
        if item.is_folder or is_wanted(item.path):
            left_out.note(item)

    yield from filter(is_wanted, context.files(f"{glob}*", left_out=note))


def _in_folder(context: Context, folder: str, left_out: LeftOutFiles) -> Iterator[Path]:
    """Every file below a folder that the person named, or that file."""
    literal = re.sub(r"([*?\[])", r"[\1]", folder.rstrip("/\\"))
    yield from context.files(literal, left_out=left_out.note_file)
    yield from context.files(f"{literal}/**", left_out=left_out.note)


def _why_none(context: Context, reason: str) -> str:
    return reason if context.remaining_seconds() > 0 else "no time was left to look for files"


COLLECTOR = Collector(
    title="Application logs",
    gathers="The application's log files, the newest first, with their rotated and compressed predecessors.",
    why="The logs tell what the application did before and while it went wrong.",
    sensitivity=Sensitivity.SECRET,
    collect=collect,
    apart=False,
    options=(
        Option(
            name="globs",
            kind="strings",
            form="path",
            default=(),
            help="where the logs are: absolute globs, with ** and $NAME",
        ),
        Option(
            name="folders",
            kind="strings",
            form="path",
            default=(),
            help="folders of which every file is taken (--logs)",
        ),
        Option(
            name="event_logs",
            kind="strings",
            form="path",
            default=(),
            help="where Windows event logs (.evtx) are that are to be read: globs; their newest events become text",
        ),
        Option(
            name="databases",
            kind="strings",
            form="path",
            default=(),
            help="where SQLite databases are that are to be read: globs; the newest rows of each table become text",
        ),
        Option(
            name="file_limit_bytes",
            kind="integer",
            default=2 * 2**30,
            help="of a longer file the end is taken; a longer compressed file is left out",
        ),
        Option(name="max_files", kind="integer", default=5000, help="the number of files taken at most"),
        Option(name="max_age_days", kind="number", default=30, help="files last written before that are left out"),
    ),
    items=(RequestItem.LOGS,),
    # A tree of 200,000 names on a slow disk is walked in about half of this. The bytes are before compression,
    # and below what a bundle may unpack to (4 GiB): what of them fits its size is chosen when all of them are seen.
    limits=Limits(time_seconds=60.0, size_bytes=3 * 2**30),
)
