"""Words of numbers, as every part of the program tells them to a person."""

from __future__ import annotations


def counted(number: int, thing: str) -> str:
    """A number of like things: ``1 file``, ``2,000 files``, ``3 tries``."""
    more = f"{thing[:-1]}ies" if thing.endswith("ry") else f"{thing}s"
    return f"{number:,} {thing if number == 1 else more}"
