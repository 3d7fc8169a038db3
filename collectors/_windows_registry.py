r"""What ``reg query`` prints, read: the way to the Windows registry that needs no Windows to be tested.

A key stands alone on its line; its values follow, four spaces apart: name, type, data.
(https://learn.microsoft.com/windows-server/administration/windows-commands/reg-query)
"""

from __future__ import annotations

import re

_VALUE = re.compile(r" {4}(?P<name>.+?) {4}(?P<type>REG_[A-Z_]+)(?: {4}(?P<data>.*))?")


def parse(text: str) -> dict[str, dict[str, str]]:
    """The values of each key in the answer of ``reg query``; numbers (``REG_DWORD``) as decimal digits."""
    keys: dict[str, dict[str, str]] = {}
    values: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("HKEY_"):
            values = keys.setdefault(line.strip(), {})
        elif found := _VALUE.fullmatch(line.rstrip()):
            data = found["data"] or ""
            is_number = found["type"] in ("REG_DWORD", "REG_QWORD") and data.startswith("0x")
            values[found["name"]] = str(int(data, 16)) if is_number else data
    return keys


def values_of(text: str) -> dict[str, str]:
    """The values of all keys in the answer together, for a query of a single key."""
    return {name: data for values in parse(text).values() for name, data in values.items()}
