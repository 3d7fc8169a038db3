"""Names of files inside a bundle: what every system can unpack, and no two alike.

Log files may be called anything their application liked. What Windows cannot unpack, what could step out of
the folder a champion unpacks into, and what would overwrite another member there, gets another name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from agent.manifest import MANIFEST_NAME, REPORT_NAME, SIGNATURE_NAME

# Characters that Windows refuses in names, the control characters, and DEL:
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')
_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9\xb9\xb2\xb3]|lpt[0-9\xb9\xb2\xb3]) *([.:]|$)")
# Most file systems end at 255 bytes per name; some room is left for a number that tells twins apart.
_MAX_SEGMENT_BYTES = 240
_MAX_PATH_CHARACTERS = 1000


def is_safe(path: str) -> bool:
    """Whether ``path`` is relative, POSIX, and stays below the folder it is unpacked into, on every system."""
    return len(path) <= _MAX_PATH_CHARACTERS and path == _safe(path)


def is_device(name: str) -> bool:
    """Whether Windows takes this name of a file or folder for a device, such as a printer's port."""
    return _DEVICE.match(name) is not None


class MemberNames:
    """The names given so far, compared as a file system without case does.

    ``reserved`` are names that are never given: by default those that the agent itself writes into a bundle.
    """

    def __init__(self, reserved: Iterable[str] = (MANIFEST_NAME, REPORT_NAME, SIGNATURE_NAME)) -> None:
        self._taken = set(reserved)
        self._numbers: dict[str, int] = {}  # the last one given: a thousand files of one name are not counted anew

    def claim(self, path: str) -> str:
        """A safe name for ``path`` that nothing else in the bundle has."""
        wanted = PurePosixPath(_safe(path)[-_MAX_PATH_CHARACTERS:].lstrip("/"))
        folded = str(wanted).casefold()
        name, number = wanted, self._numbers.get(folded, 1)
        while str(name).casefold() in self._taken:
            number += 1
            name = wanted.with_name(f"{wanted.stem}~{number}{wanted.suffix}")
        self._numbers[folded] = number
        self._taken.add(str(name).casefold())
        return str(name)


def _safe(path: str) -> str:
    segments = [_safe_segment(segment) for segment in path.split("/") if segment not in ("", ".", "..")]
    return "/".join(segments) or "unnamed"


def _safe_segment(segment: str) -> str:
    segment = _UNSAFE.sub("_", segment)
    if segment.endswith((".", " ")):  # Windows drops them, and two names become one
        segment = f"{segment[:-1]}_"
    if is_device(segment):
        segment = f"_{segment}"
    while len(segment.encode("utf-8", "surrogateescape")) > _MAX_SEGMENT_BYTES:
        segment = segment[1:]  # the end tells more: a number, a date, a suffix
    return segment
