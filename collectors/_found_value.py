"""One value (a GUID, a version, an account) found in files of the application, where its profile says.

The expressions of profiles are RE2's (github.com/google/re2/wiki/Syntax), whose time grows with the text alone.
The library's own took a second for 33 kB without a match with ``(?s).*started, version (.*)``, and four times
as long for twice the text: no deadline ends that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2

from collectors import Context

_VALUE_CHARACTERS = 200  # longer is no name, number or address, but a pattern that matched too much
_READ_BYTES = 8 * 2**20  # of each file: identity files have some bytes, logs that tell a version some MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found, and the file or command it was found in."""

    value: str
    source: str


def compiled(pattern: str) -> Any:
    """The expression, of which ``^`` and ``$`` match at each line. Raise ``ValueError``, which says what is wrong."""
    options = re2.Options()
    options.log_errors = False  # they would go to standard error, past whoever shows our progress
    try:
        return re2.compile(f"(?m){pattern}", options)
    except re2.error as error:
        told = error.args[0] if error.args else ""
        raise ValueError(told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)) from None


def matched(pattern: str, text: str) -> str | None:
    """The group ``value`` of the first match, or its one group; ``None`` without a match or with a wrong pattern.

    ``^`` and ``$`` match at each line. A pattern without a group gives the whole match.
    """
    try:
        expression = compiled(pattern)
    except ValueError:
        return None
    match = expression.search(text.encode("utf-8", "backslashreplace").decode())
    if match is None:
        return None
    value = match.group("value" if "value" in expression.groupindex else min(expression.groups, 1))
    printable = "".join(each if each.isprintable() else " " for each in value or "").strip()
    return printable[:_VALUE_CHARACTERS] or None


def in_files(context: Context, entries: Iterable[Mapping[str, object]]) -> Found | None:
    """The value of the first entry ``{file: glob, pattern: expression}`` of which a file exists and matches.

    Of a very long file only the end is looked at, where a log tells what is so now.
    """
    for entry in entries:
        for path in context.files(str(entry.get("file", ""))):
            value = matched(str(entry.get("pattern", "")), _text(context, path))
            if value:
                return Found(value=value, source=str(path))
    return None


def _text(context: Context, path: Path) -> str:
    """The text of a file; a file that cannot be read has none."""
    try:
        with context.open_tail(path, limit_bytes=_READ_BYTES) as stream:
            data = stream.read()
    except OSError:
        return ""
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return data.decode("utf-16" if wide else "utf-8-sig", "backslashreplace")


def places(entries: Iterable[Mapping[str, object]]) -> str:
    """The globs that were looked in, for a ``Skipped``."""
    return ", ".join(str(entry.get("file", "")) for entry in entries)
