"""Names in the bundle for files of this machine: readable, valid on every platform, and never two alike.

A file name may hold any byte, and a bundle is opened elsewhere than where it was made. The rules for names
are those of Windows, the strictest of the three (learn.microsoft.com, "Naming Files, Paths, and Namespaces").
"""

from __future__ import annotations

import re
import unicodedata

_WINDOWS_START = re.compile(r"(?:\\\\\?\\)?[A-Za-z]:|\\\\")
_FORBIDDEN = frozenset('<>:"|?*\\')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_PART_CHARACTERS = 60  # 240 bytes of UTF-8 at most; file systems take 255 for one name
_PATH_CHARACTERS = 220  # of Windows' 260, which leaves some for the folder it is unpacked in


class BundlePaths:
    """Gives each source one path under ``prefix``, and the same one each time it is asked.

    Which of two sources that would share a path gets the plain one is decided by the order of asking alone:
    no hash of a path is used, because it could be guessed back to the user's name in it.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, source: str) -> str:
        """The path in the bundle for ``source``, an absolute path as this machine writes it."""
        if source not in self._given:
            path = f"{self._prefix}/{_cleaned(source)}"
            folder, _, name = path.rpartition("/")
            number = 1
            while _same(path) in self._taken:
                number += 1
                path = f"{folder}/{_numbered(name, number)}"
            self._taken.add(_same(path))
            self._given[source] = path
        return self._given[source]


def _same(path: str) -> str:
    """What Windows and macOS compare when they ask whether two names are one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _cleaned(source: str) -> str:
    if _WINDOWS_START.match(source):
        source = _WINDOWS_START.sub("", source, count=1).replace("\\", "/")
    parts = [_part(part) for part in source.split("/") if part not in {"", "."}] or ["_"]
    path = "/".join(parts)
    if len(path) > _PATH_CHARACTERS:
        path = f"{path[: _PATH_CHARACTERS // 2].rpartition('/')[0] or '_'}/_/{parts[-1]}"
    return path


def _part(part: str) -> str:
    """One name: what any file system may not take becomes ``_``, and too long a name loses its middle."""
    name = "".join(each if each.isprintable() and each not in _FORBIDDEN else "_" for each in part)
    if len(name) > _PART_CHARACTERS:
        half = _PART_CHARACTERS // 2
        name = f"{name[: half - 1]}_{name[-half:]}"
    kept = name.rstrip(". ")
    name = kept + "_" * (len(name) - len(kept))
    return f"_{name}" if _RESERVED.match(name) else name


def _numbered(name: str, number: int) -> str:
    """``app.log.gz`` as ``app~2.log.gz``: endings tell what a file is."""
    dot = name.find(".", 1)
    stem, endings = (name, "") if dot < 0 else (name[:dot], name[dot:])
    return f"{stem}~{number}{endings}"
