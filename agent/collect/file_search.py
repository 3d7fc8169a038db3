"""Find files by a profile's glob: variables filled in, symlinks and time kept in bounds.

The library's globs are not used because they follow links into other folders (``glob``), cannot be ended in
time, and read variables from this process alone. A pattern has a *fixed folder*, the part before its first
wildcard; no file outside that folder is ever given, whatever links lie in it.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from collectors import LeftOut, Platform

_ENTRY_LIMIT = 200_000  # names looked at for one pattern; a whole home folder has about this many
_VARIABLE = re.compile(r"\$\{(?P<braced>[^{}]+)\}|\$(?P<bare>[A-Za-z_]\w*)|%(?P<percent>[A-Za-z_][\w()]*)%")
_ESCAPED = re.compile(r"\[([*?\[])\]")
_NO_RIGHT = "no right to read this folder"
_FOLDER_LINK = "a link to a folder"
_KINDS = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}


def expand(pattern: str, environment: Mapping[str, str], platform: Platform) -> str:
    """``pattern`` with ``~``, ``$NAME``, ``${NAME}`` and ``%NAME%`` filled in once; unknown names stay."""
    return _expand(pattern, environment, platform, lambda value: value)


def expand_glob(pattern: str, environment: Mapping[str, str], platform: Platform) -> str:
    """As ``expand``, with wildcard characters inside a variable's value taken as themselves."""
    return _expand(pattern, environment, platform, lambda value: re.sub(r"([*?\[])", r"[\1]", value))


def _expand(pattern: str, environment: Mapping[str, str], platform: Platform, quote: Callable[[str], str]) -> str:
    # Windows takes no notice of case in the names of variables.
    names = {name.upper(): name for name in environment} if platform == "win32" else {}

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"] or match["percent"]
        found = environment.get(names.get(name.upper(), name))
        return match[0] if found is None else quote(found)

    home = environment.get(names.get("USERPROFILE", "HOME"))
    rest = pattern[1:]
    if pattern.startswith("~") and home is not None and rest[:1] in {"", "/", "\\"}:
        return quote(home) + _VARIABLE.sub(value, rest)
    return _VARIABLE.sub(value, pattern)


def pure(path: str | PurePath, platform: Platform) -> PurePath:
    """The path with the platform's rules, which need not be those of the machine this runs on."""
    return PureWindowsPath(path) if platform == "win32" else PurePosixPath(path)


def split(pattern: PurePath) -> tuple[PurePath, tuple[str, ...]]:
    """An absolute pattern as its fixed folder and the parts below, of which the last names files."""
    folder, parts = type(pattern)(pattern.anchor), list(pattern.parts[1:])
    while len(parts) > 1 and (literal := _literal(parts[0])) is not None:
        folder /= literal
        del parts[0]
    return folder, tuple(parts)


def search(
    folder: Path,
    parts: tuple[str, ...],
    *,
    ignore_case: bool,
    may_go_on: Callable[[], bool],
    left_out: Callable[[LeftOut], object],
) -> Iterator[PurePath]:
    """Regular files below ``folder`` that match ``parts``, relative to it, each once, sorted. Never raises.

    A link is followed only to a target inside ``folder``, and the target is what is given. What is met and not
    given is told to ``left_out``, relative to ``folder``, some of it more than once.
    """
    real_folder = Path(os.path.realpath(folder))
    found: set[PurePath] = set()

    def tell(path: str, reason: str, *, is_folder: bool = True) -> None:
        left_out(LeftOut(path=Path(path).relative_to(folder), reason=reason, is_folder=is_folder))

    walk = _Walk(ignore_case=ignore_case, may_go_on=may_go_on, tell=tell)
    for candidate in walk.below(str(folder), parts):
        target = _file_inside(candidate, real_folder)
        if target:
            found.add(target)
        reason = _why_not_itself(candidate, target)
        if reason:
            tell(candidate, reason, is_folder=reason == _FOLDER_LINK)
    yield from sorted(found)


def _file_inside(candidate: str, real_folder: Path) -> PurePath | None:
    """The regular file that ``candidate`` is or leads to, relative to the folder; ``None`` if there is none in it."""
    try:
        relative = Path(os.path.realpath(candidate)).relative_to(real_folder)
        return PurePath(relative) if stat.S_ISREG(os.lstat(real_folder / relative).st_mode) else None
    except (OSError, ValueError):  # ValueError: not below the folder
        return None


def _why_not_itself(candidate: str, target: PurePath | None) -> str:
    """Why ``candidate`` is not given under its own name; empty if it is, is a folder, or does not exist."""
    try:
        kind = stat.S_IFMT(os.lstat(candidate).st_mode)
        if stat.S_ISLNK(kind):
            return _of_link(candidate, target)
    except PermissionError:
        return "no right to look at it"
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    if kind in _KINDS:
        return f"not a regular file ({_KINDS[kind]})"
    return "" if target or stat.S_ISDIR(kind) else "behind a link that leads elsewhere"


def _of_link(link: str, target: PurePath | None) -> str:
    if target:
        return f"a link to {target.name}, which is looked at itself"
    if os.path.isdir(link):  # noqa: PTH112 - names may hold any byte
        return _FOLDER_LINK
    return "a link that leads elsewhere" if os.path.exists(link) else "a link that leads nowhere"  # noqa: PTH110 - as above


def _literal(part: str) -> str | None:
    """The name that ``part`` stands for, or ``None`` when it has a wildcard."""
    if re.search(r"[*?\[]", _ESCAPED.sub("", part)):
        return None
    return _ESCAPED.sub(r"\1", part)


class _Walk:
    """One search: counts what it looks at, and ends when it has seen too much or may not go on."""

    def __init__(self, *, ignore_case: bool, may_go_on: Callable[[], bool], tell: Callable[[str, str], None]) -> None:
        self._flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._may_go_on = may_go_on
        self._tell = tell
        self._stopped = False
        self._entries = 0

    def below(self, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        """Paths below ``folder`` whose names match ``parts``; they may exist or not."""
        if not parts:
            yield folder
        elif parts[0] == "**":
            yield from self._any_depth(folder, parts[1:] or ("*",))
        elif (literal := _literal(parts[0])) is not None:
            yield from self.below(os.path.join(folder, literal), parts[1:])  # noqa: PTH118 - names may hold any byte
        else:
            wanted = re.compile(fnmatch.translate(parts[0]), self._flags)
            for entry in self._entries_of(folder):
                if wanted.match(entry.name) and (len(parts) == 1 or _is_folder(entry, follow_links=True)):
                    yield from self.below(entry.path, parts[1:])

    def _any_depth(self, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        yield from self.below(folder, parts)
        for entry in self._entries_of(folder):
            # Not through links: they make loops, and what they lead to inside is met anyway.
            if _is_folder(entry, follow_links=False):
                yield from self._any_depth(entry.path, parts)
            elif _is_folder(entry, follow_links=True):
                self._tell(entry.path, _FOLDER_LINK)

    def _entries_of(self, folder: str) -> list[os.DirEntry[str]]:
        entries: list[os.DirEntry[str]] = []
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    self._entries += 1
                    if self._entries > _ENTRY_LIMIT or not self._may_go_on():
                        self._stop(folder)
                        break
                    entries.append(entry)
        except PermissionError:
            self._tell(folder, _NO_RIGHT)
        except (FileNotFoundError, NotADirectoryError):
            pass  # a pattern may name what is not there
        except OSError as error:
            self._tell(folder, f"this folder cannot be read: {error.strerror}")
        return entries

    def _stop(self, folder: str) -> None:
        """Tell once where the search ended, and why: all that comes after is cut by the same."""
        if not self._stopped:
            self._stopped = True
            many = f"more than {_ENTRY_LIMIT:,} names; stopped there"
            reason = many if self._entries > _ENTRY_LIMIT else "no time was left to look further; stopped there"
            self._tell(folder, reason)


def _is_folder(entry: os.DirEntry[str], *, follow_links: bool) -> bool:
    try:
        if follow_links:
            return entry.is_dir()
        # A junction of Windows is no symbolic link, but leads elsewhere all the same.
        reparse_tag = getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0)
        return entry.is_dir(follow_symlinks=False) and not reparse_tag
    except OSError:
        return False
