"""Sizes as people write them: ``500k``, ``5M``, ``1G``, in powers of 1000 as mail and upload limits are told."""

from __future__ import annotations

import re

_PATTERN = r"[0-9]{1,6}(k|m|g)b?"
_BYTES = {"k": 10**3, "m": 10**6, "g": 10**9}


def parse_size(text: str) -> int:
    """``"5M"`` as 5,000,000 bytes. Raise ``ValueError`` for anything but a whole number and k, M or G."""
    written = text.strip().lower()
    found = re.fullmatch(_PATTERN, written)
    if not found or not int(written[: found.start(1)]):
        raise ValueError(f"'{text}' is not a size; write a whole number and k, M or G, like 5M")
    return int(written[: found.start(1)]) * _BYTES[found[1]]
