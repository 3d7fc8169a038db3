"""Traces of crashes: text reports whole, and of memory dumps only that they exist.

A dump is an image of the process's memory, with every secret it held, and no rule can redact it. Support gets
its name, time and size, and asks for it by another way when it is worth it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from os.path import normcase
from pathlib import Path

from collectors import Artifact, Collector, CommandError, Context, Fact, Limits, Option, Sensitivity, Skipped, _options
from collectors._bundle_paths import BundlePaths
from collectors._file_choice import Bounds, Choice, later
from collectors._left_out_files import LeftOutFiles
from collectors._log_window import cut, since

_HEAD_BYTES = 4096
# Memory dumps of Windows, Java, Breakpad and Unix, and archives: never opened, whatever is in them.
_BINARY_ENDINGS = (".dmp", ".mdmp", ".hdmp", ".core", ".hprof", ".minidump", ".gz", ".xz", ".bz2", ".zst", ".lz4")


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """Text reports and ``index.json`` (all that were found) under ``crash_reports/``."""
    found: set[Path] = set()
    left_out = LeftOutFiles()
    for glob in _options.texts(context, "globs"):
        matches = list(context.files(glob, left_out=left_out.note))
        found.update(matches)
        if not matches:
            yield Skipped(path=glob, reason="no file matches")
    dumps = {path for path in found if _is_binary(context, path)}
    bounds = Bounds(
        file_bytes=_options.integer(context, "file_limit_bytes"),
        total_bytes=context.limits.size_bytes,
        max_files=_options.integer(context, "max_files"),
        not_before=later(
            context.now - timedelta(days=_options.number(context, "max_age_days")),
            context.not_before,
        ),
    )
    paths = BundlePaths("crash_reports")
    paths.of("index.json")  # taken, before a report of that name comes
    yield from Choice(context, bounds, paths).take(map(str, found - dumps))
    if found:
        yield Artifact.of_json("crash_reports/index.json", _index(context, found, dumps), source="the list of reports")
    for path in sorted(dumps):
        yield Skipped(path=paths.of(str(path)), reason="a memory dump or an archive: only listed in index.json")
    yield from left_out.skipped(paths, set(map(normcase, found)))
    if context.platform == "linux":
        yield from _core_dumps(context)
    elif not found:
        yield Skipped(path="crash_reports", reason="no crash report was found")


def _is_binary(context: Context, path: Path) -> bool:
    """By its name or a NUL near its start; what cannot be looked into is left to the reader to refuse."""
    if path.name.lower().endswith(_BINARY_ENDINGS) or path.name.startswith("core."):
        return True
    try:
        return "\0" in context.read_text(str(path), limit_bytes=_HEAD_BYTES)
    except OSError:
        return False


def _index(context: Context, found: set[Path], dumps: set[Path]) -> list[dict[str, object]]:
    origins = {path: context.origin(path) for path in sorted(found)}
    return [
        {
            "file": origin.source,
            "size_bytes": origin.size_bytes,
            "modified_at": origin.modified_at and origin.modified_at.isoformat(),
            "kind": "memory dump or archive" if path in dumps else "text",
        }
        for path, origin in origins.items()
    ]


def _core_dumps(context: Context) -> Iterator[Artifact | Skipped]:
    """What systemd-coredump noted about dumps it holds: times, programs, signals, stack traces."""
    for name in ("list", "info"):
        path = f"crash_reports/core-dumps-{name}.txt"
        argv = ("coredumpctl", "--no-pager", "--quiet", f"--since={since(context):%Y-%m-%d %H:%M:%S} UTC", name)
        try:
            answer = context.run(*argv)
        except CommandError as error:
            # It ends with status 1 and this sentence when there is nothing to list (coredumpctl.1).
            none = "No coredumps found" in str(error)
            reason = "systemd-coredump holds no dump of this time" if none else str(error)
            yield Skipped(path=path, reason=reason)
            return
        yield replace(Artifact.of_text(path, answer, source=" ".join(argv)), truncated=cut(answer))


COLLECTOR = Collector(
    title="Crash reports",
    gathers="Reports of crashes as text, and a list of memory dumps (never their contents).",
    why="A stack trace names the place in the program where it broke.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    options=(
        Option(name="globs", kind="strings", form="path", default=(), help="where the application's crash reports are"),
        Option(name="max_age_days", kind="number", default=30, help="older reports are only listed"),
        Option(name="file_limit_bytes", kind="integer", default=2**20, help="of a longer report the end is taken"),
        Option(name="max_files", kind="integer", default=50, help="the number of reports taken at most"),
        Option(
            name="telling_logs",
            kind="strings",
            form="path",
            default=(),
            help="quiet logs in which the application itself tells of crashes, for the service; nothing is taken",
            for_watching=True,
        ),
        Option(
            name="phrases",
            kind="strings",
            default=(),
            help="what it says there of a crash, word by word",
            for_watching=True,
        ),
    ),
    limits=Limits(time_seconds=30.0, size_bytes=32 * 2**20),
)
