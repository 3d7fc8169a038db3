"""Durations as people write them: ``90m``, ``24h``, ``7d``."""

from __future__ import annotations

import re

PATTERN = r"^[0-9]{1,6}(s|m|h|d|w)$"  # repeated in settings.schema.json; a test holds them together
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(text: str) -> float:
    """``"24h"`` as 86400.0 seconds. Raise ``ValueError`` for anything but a whole number and s, m, h, d or w."""
    written = text.strip().lower()
    if not re.fullmatch(PATTERN, written) or not int(written[:-1]):
        raise ValueError(f"'{text}' is not a duration; write a whole number and s, m, h, d or w, like 24h")
    return float(int(written[:-1]) * _SECONDS[written[-1]])
