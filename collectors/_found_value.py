"""One value (a GUID, a version, an account) found in files of the application, where its profile says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from collectors import Context

_VALUE_CHARACTERS = 200  # longer is no name, number or address, but a pattern that matched too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, and the file or command it was found in."""

    value: str
    source: str


def matched(pattern: str, text: str) -> str | None:
    """The group ``value`` of the first match, or its one group; ``None`` without a match or with a wrong pattern.

    ``^`` and ``$`` match at each line.
    """
    try:
        match = re.search(pattern, text, re.MULTILINE)
        if match is None:
            return None
        value = match.group("value") if "value" in match.re.groupindex else match.group(match.re.groups and 1)
    except (re.error, IndexError):
        return None
    printable = "".join(each if each.isprintable() else " " for each in value or "").strip()
    return printable[:_VALUE_CHARACTERS] or None


def in_files(context: Context, entries: Iterable[Mapping[str, object]]) -> Found | None:
    """The value of the first entry ``{file: glob, pattern: expression}`` of which a file exists and matches."""
    for entry in entries:
        for path in context.files(str(entry.get("file", ""))):
            try:
                text = context.read_text(str(path))
            except OSError:
                continue
            value = matched(str(entry.get("pattern", "")), text)
            if value:
                return Found(value=value, source=str(path))
    return None


def places(entries: Iterable[Mapping[str, object]]) -> str:
    """The globs that were looked in, for a ``Skipped``."""
    return ", ".join(str(entry.get("file", "")) for entry in entries)
