"""Values as people and programs read them: plain JSON types, sizes, and text without terminal control."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def jsonable(value: object) -> object:
    """``value`` with dataclasses as objects, times as ISO 8601 in UTC, paths as text, enumerations as their value."""
    plain: object = str(value)
    match value:
        case enum.Enum():
            plain = value.value
        case None | bool() | int() | float() | str():
            plain = value
        case datetime():
            plain = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Mapping():
            plain = {str(jsonable(key)): jsonable(entry) for key, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            plain = [jsonable(entry) for entry in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            plain = {part.name: jsonable(getattr(value, part.name)) for part in dataclasses.fields(value)}
    return plain


def printable(text: str) -> str:
    """``text`` without what could steer a terminal or turn the reading direction; names of files may hold both.

    Line ends and tabs stay. Source of the turning characters: Unicode Standard Annex 9, explicit formatting.
    """
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def within(name: str) -> str:
    """A name in the midst of a sentence: ``this computer``; one that is nobody else's stays as it is."""
    return f"t{name[1:]}" if name.startswith("This ") else name


def size(size_bytes: int) -> str:
    """A size for people, in powers of 1000 as disks are sold: ``3.4 MB``."""
    amount = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
