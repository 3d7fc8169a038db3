"""The log files of sendlogs itself, so that a bundle that is not what it should be can be explained."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors import Artifact, Collector, Context, Fact, Limits, Option, Sensitivity, Skipped, _options
from collectors._bundle_paths import BundlePaths
from collectors._file_choice import Bounds, Choice

_FILE_LIMIT_BYTES = 4 * 2**20
_MOST_FILES = 20


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """Each file of the folder under ``agent_log/``, newest first."""
    folder = _options.text(context, "folder").rstrip("/\\")
    literal = re.sub(r"([*?\[])", r"[\1]", folder)
    found = list(context.files(f"{literal}/*")) if folder else []
    if not found:
        yield Skipped(path="agent_log", reason=f"no file is in {folder}" if folder else "sendlogs keeps no log here")
    bounds = Bounds(
        file_bytes=_FILE_LIMIT_BYTES,
        total_bytes=context.limits.size_bytes,
        max_files=_MOST_FILES,
        not_before=context.not_before,
    )
    yield from Choice(context, bounds, BundlePaths("agent_log")).take(map(str, found))


COLLECTOR = Collector(
    title="Log of sendlogs",
    gathers="What sendlogs itself did on this computer.",
    why="It explains what is missing in a bundle, and why one did not arrive.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    apart=False,
    options=(
        Option(name="folder", kind="string", default="", help="where sendlogs keeps its logs; the plan fills it in"),
    ),
    limits=Limits(time_seconds=5.0, size_bytes=16 * 2**20),
)
