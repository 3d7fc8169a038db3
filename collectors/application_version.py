"""Which version of the application is installed, and whether support still takes questions about it.

Supported are the two most current major versions (the first number of a version); a profile knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors import (
    Artifact,
    Collector,
    CommandError,
    Context,
    Fact,
    Limits,
    Option,
    RequestItem,
    Sensitivity,
    Skipped,
    _options,
)
from collectors._found_value import Found, in_files, matched, places

_COUNT_SUPPORTED = 2  # the two most current major versions


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """The version as a fact, and ``application_version/application_version.json``."""
    files, majors, tried = _options.objects(context, "files"), _majors(context), []
    found: Found | None = None
    for answer in _from_commands(context):
        if isinstance(answer, Found):
            found = answer
            break
        tried.append(answer)
    found = found or in_files(context, files)
    if found is None:
        if files:
            tried.append(f"none of these tells it: {places(files)}")
        reason = "; ".join(tried) or "the profile does not say where it is told"
        yield Skipped(path="application_version", reason=reason)
        return
    supported = _supported(found.value, majors)
    told = {True: "; supported", False: "; no longer supported", None: ""}[supported]
    yield Fact(item=RequestItem.VERSION, value=found.value, source=f"{found.source}{told}")
    content = {
        "version": found.value,
        "source": found.source,
        "supported": supported,
        "supported_majors": majors or None,
    }
    yield Artifact.of_json("application_version/application_version.json", content, source=found.source)


def _from_commands(context: Context) -> Iterator[Found | str]:
    """What each command tells, or a sentence why it tells nothing."""
    for entry in _options.objects(context, "commands"):
        argv = entry.get("argv")
        if not isinstance(argv, list | tuple) or not argv:
            continue
        command = [context.expand(str(word)) for word in argv]
        try:
            answer = context.run(*command)
        except CommandError as error:
            yield str(error)
            continue
        value = matched(str(entry.get("pattern", "")), answer)
        yield Found(value=value, source=" ".join(command)) if value else f"'{' '.join(command)}' tells no version"


def _majors(context: Context) -> list[int]:
    """The most current major versions, newest first; empty when the profile does not know them."""
    known = {entry for entry in _options.entries(context, "supported_majors") if isinstance(entry, int)}
    return sorted(known, reverse=True)[:_COUNT_SUPPORTED]


def _supported(version: str, majors: list[int]) -> bool | None:
    """Whether the version's major is one of the supported ones, or newer than what the profile knows."""
    first = re.search(r"\d+", version)
    if first is None or not majors:
        return None
    return int(first[0]) in majors or int(first[0]) > max(majors)


COLLECTOR = Collector(
    title="Application version",
    gathers="The version of the application, and whether it is one of the two most current major versions.",
    why="Many problems are known and solved in a later version; old versions are not supported.",
    sensitivity=Sensitivity.NONE,
    collect=collect,
    options=(
        Option(
            name="commands",
            kind="objects",
            form="command-pattern",
            default=(),
            help="what tells the version: {argv: [program, argument], pattern: RE2 expression}, by turns",
        ),
        Option(
            name="files",
            kind="objects",
            form="file-pattern",
            default=(),
            help="where it is written, when no command tells it: {file: glob, pattern: RE2 expression}, by turns",
        ),
        Option(
            name="supported_majors",
            kind="objects",
            default=(),
            help="the major versions support knows, as numbers; the two highest are supported",
        ),
    ),
    items=(RequestItem.VERSION,),
    limits=Limits(time_seconds=20.0, size_bytes=2**20),
)
