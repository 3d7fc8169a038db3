"""The application's settings files, whole: a part of one would parse as something else, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import normcase
from pathlib import Path

from collectors import Artifact, Collector, Context, Fact, Limits, Option, Sensitivity, Skipped, _options
from collectors._bundle_paths import BundlePaths
from collectors._file_choice import Bounds, Choice
from collectors._left_out_files import LeftOutFiles

_MOST_FILES = 200  # a tree of configuration snippets (conf.d) has some tens


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """Each settings file under ``application_settings/``."""
    candidates: set[Path] = set()
    left_out = LeftOutFiles()
    globs = _options.texts(context, "globs")
    for glob in globs:
        found = list(context.files(glob, left_out=left_out.note))
        candidates.update(found)
        if not found:
            yield Skipped(path=glob, reason="no file matches")
    if not globs:
        yield Skipped(path="application_settings", reason="the profile does not say where they are")
    bounds = Bounds(
        file_bytes=_options.integer(context, "file_limit_bytes"),
        total_bytes=context.limits.size_bytes,
        max_files=_MOST_FILES,
        whole=True,
    )
    paths = BundlePaths("application_settings")
    yield from Choice(context, bounds, paths).take(map(str, candidates))
    yield from left_out.skipped(paths, set(map(normcase, candidates)))


COLLECTOR = Collector(
    title="Application settings",
    gathers="The application's settings files.",
    why="A wrong address, path or limit in the settings is behind many a problem.",
    sensitivity=Sensitivity.SECRET,
    collect=collect,
    apart=False,
    options=(
        Option(
            name="globs",
            kind="strings",
            form="path",
            default=(),
            help="where they are: absolute globs, with ** and $NAME",
        ),
        Option(name="file_limit_bytes", kind="integer", default=2**20, help="a larger file is left out"),
    ),
    limits=Limits(time_seconds=15.0, size_bytes=8 * 2**20),
)
