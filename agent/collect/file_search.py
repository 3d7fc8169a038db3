"""Find files by a profile's glob: variables filled in, symlinks and time kept in bounds.

The library's globs are not used because they follow links into other folders (``glob``), cannot be ended in
time, and read variables from this process alone. A pattern has a *fixed folder*, the part before its first
wildcard; no file outside that folder is ever given, whatever links and mounts lie in it. Folders are listed by
descriptor (``safe_open``), and a folder is entered without a look at it first: a look at the place where a dead
network folder is mounted would never end.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import NamedTuple, Protocol

from agent.collect import safe_open
from agent.collect.mounts import may_hang
from agent.collect.safe_open import Status
from collectors import Cause, LeftOut, Platform
from collectors._option_checks import VARIABLE

_ENTRY_LIMIT = 200_000  # names looked at for one pattern; a whole home folder has about this many
_DEEPEST = 64  # folders below the fixed one; whatever is nested deeper was made to be in the way
_ESCAPED = re.compile(r"\[([*?\[])\]")
_DISTANT_LINK = "a link to a network folder or the like, which is not followed"
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
        return quote(home) + VARIABLE.sub(value, rest)
    return VARIABLE.sub(value, pattern)


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


class Found(NamedTuple):
    """A regular file below the folder: its path relative to that, and what a look at it told."""

    path: PurePath
    status: Status


def search(
    folder: Path,
    parts: tuple[str, ...],
    *,
    ignore_case: bool,
    may_go_on: Callable[[], bool],
    left_out: Callable[[LeftOut], object],
    as_found: bool = False,
) -> Iterator[Found]:
    """Regular files below ``folder`` that match ``parts``, each once, sorted. Never raises.

    ``as_found``: each as soon as it is found; one that is found by two ways may come twice.

    A link is followed only to a target inside ``folder``, and the target is what is given. What is met and not
    given is told to ``left_out``, relative to ``folder``, some of it more than once.
    """

    def tell(path: _Names, reason: str, *, is_folder: bool = True, cause: Cause = "other") -> None:
        left_out(LeftOut(path=Path(*path), reason=reason, is_folder=is_folder, cause=cause))

    walk = _Walk(folder, ignore_case=ignore_case, may_go_on=may_go_on, tell=tell)
    matches = walk.below((), parts)
    if not as_found:
        matches = _in_order(dict(matches))
    yield from (Found(PurePath(*names), status) for names, status in matches)


def _in_order(found: dict[_Names, Status]) -> Iterator[tuple[_Names, Status]]:
    """Sorted; each is let go of as it is given, so that of very many none is held twice."""
    names = sorted(found, reverse=True)
    while names:
        first = names.pop()
        yield first, found.pop(first)


def _literal(part: str) -> str | None:
    """The name that ``part`` stands for, or ``None`` when it has a wildcard."""
    if re.search(r"[*?\[]", _ESCAPED.sub("", part)):
        return None
    return _ESCAPED.sub(r"\1", part)


_Names = tuple[str, ...]
_FOLDER = Status(stat.S_IFDIR, 0, 0, 0.0)  # of which nothing else is known


class _Tell(Protocol):
    def __call__(self, path: _Names, reason: str, *, is_folder: bool = True, cause: Cause = "other") -> None: ...


class _Walk:
    """One search: counts what it looks at, and ends when it has seen too much or may not go on."""

    def __init__(self, root: Path, *, ignore_case: bool, may_go_on: Callable[[], bool], tell: _Tell) -> None:
        self._root = root
        self._flags = re.IGNORECASE if ignore_case else re.NOFLAG
        self._may_go_on = may_go_on
        self._tell = tell
        self._stopped = False
        self._entries = 0

    def below(self, folder: _Names, parts: tuple[str, ...]) -> Iterator[tuple[_Names, Status]]:
        """The regular files below ``folder`` whose names match ``parts``."""
        if parts[0] == "**":
            yield from self._any_depth(folder, parts[1:] or ("*",))
            return
        literal = _literal(parts[0])
        if literal is not None:
            entries = self._named((*folder, literal), is_last=len(parts) == 1)
        else:
            wanted = re.compile(fnmatch.translate(parts[0]), self._flags)
            entries = self._entries_of(folder, lambda name: bool(wanted.match(name)))
        for name, status in entries:
            yield from self._matched((*folder, name), status, parts[1:])

    def _any_depth(self, folder: _Names, parts: tuple[str, ...]) -> Iterator[tuple[_Names, Status]]:
        is_last = len(parts) == 1 and _literal(parts[0]) is None and parts[0] != "**"
        if not is_last:
            yield from self.below(folder, parts)
        # The names of files are matched in the same pass: a folder may hold very many.
        wanted = re.compile(fnmatch.translate(parts[0]), self._flags)
        for name, status in self._entries_of(folder, lambda _: True, only_folders=not is_last):
            if is_last and wanted.match(name):
                yield from self._matched((*folder, name), status, ())
            # Not through links: they make loops, and what they lead to inside is met anyway.
            if stat.S_ISDIR(status.mode):
                yield from self._any_depth((*folder, name), parts)
            elif not stat.S_ISLNK(status.mode):
                continue
            elif may_hang(self._root.joinpath(*folder, name)):
                self._tell((*folder, name), _DISTANT_LINK)
            elif self._leads_to_a_folder((*folder, name)):
                self._tell((*folder, name), _FOLDER_LINK)

    def _matched(self, place: _Names, status: Status, rest: tuple[str, ...]) -> Iterator[tuple[_Names, Status]]:
        """What ``place`` adds, whose name matches: itself, or what is below it."""
        if stat.S_ISLNK(status.mode):
            if may_hang(self._root.joinpath(*place)):
                self._tell(place, _DISTANT_LINK, is_folder=False)
                return
            target = self._inside(place)
            if not rest or target is None or not stat.S_ISDIR(target[1].mode):
                self._tell_of_link(place, target, rest)
            if target is None:
                return
            place, status = target
        kind = stat.S_IFMT(status.mode)
        if rest and kind == stat.S_IFDIR:
            yield from self.below(place, rest)
        elif not rest and kind == stat.S_IFREG:
            yield place, status
        elif not rest and kind in _KINDS:
            self._tell(place, f"not a regular file ({_KINDS[kind]})", is_folder=False)

    def _inside(self, link: _Names) -> tuple[_Names, Status] | None:
        """What the link leads to, if that is below the root and no link itself."""
        try:
            target = Path(os.path.realpath(self._root.joinpath(*link))).relative_to(os.path.realpath(self._root))
            return target.parts, safe_open.look(self._root / target, self._root)
        except (OSError, ValueError):  # ValueError: not below the folder
            return None

    def _tell_of_link(self, link: _Names, target: tuple[_Names, Status] | None, rest: tuple[str, ...]) -> None:
        if self._leads_to_a_folder(link):
            self._tell(link, _FOLDER_LINK)
        elif not rest:
            if target and stat.S_ISREG(target[1].mode):
                reason = f"a link to {target[0][-1]}, which is looked at itself"
            else:
                there = os.path.exists(self._root.joinpath(*link))  # noqa: PTH110 - names may hold any byte
                reason = "a link that leads elsewhere" if there else "a link that leads nowhere"
            self._tell(link, reason, is_folder=False)

    def _leads_to_a_folder(self, link: _Names) -> bool:
        return os.path.isdir(self._root.joinpath(*link))  # noqa: PTH112 - names may hold any byte

    def _named(self, place: _Names, *, is_last: bool) -> list[tuple[str, Status]]:
        """The entry of this one name; what is no last part and cannot be looked at may still be a folder to enter."""
        try:
            return [(place[-1], safe_open.look(self._root.joinpath(*place), self._root))]
        except (FileNotFoundError, NotADirectoryError):
            pass  # a pattern may name what is not there
        except PermissionError:
            self._tell(place, "no right to look at it", is_folder=False, cause="no-right")
        except OSError as error:
            # What is mounted there is a folder, but for rare exceptions.
            is_folder = not is_last or error.errno == errno.EXDEV
            self._tell(place, f"cannot be looked at: {error.strerror}", is_folder=is_folder)
        return []

    def _entries_of(
        self, folder: _Names, wanted: Callable[[str], bool], *, only_folders: bool = False
    ) -> list[tuple[str, Status]]:
        entries: list[tuple[str, Status]] = []
        place = self._root.joinpath(*folder)
        if len(folder) > _DEEPEST:
            self._tell(folder, f"deeper than {_DEEPEST} folders, which is not looked into")
            return []
        try:
            with safe_open.listed(place, self._root) as listing:
                for entry in listing:
                    self._entries += 1
                    if self._entries > _ENTRY_LIMIT or not self._may_go_on():
                        self._stop(folder)
                        break
                    if wanted(entry.name) and (status := _seen(entry, only_folders=only_folders)):
                        entries.append((entry.name, status))
        except PermissionError:
            self._tell(folder, _NO_RIGHT, cause="no-right")
        except (FileNotFoundError, NotADirectoryError):
            pass  # a pattern may name what is not there
        except OSError as error:
            self._tell(folder, f"this folder cannot be read: {error.strerror}")
        return entries

    def _stop(self, folder: _Names) -> None:
        """Tell once where the search ended, and why: all that comes after is cut by the same."""
        if not self._stopped:
            self._stopped = True
            many = f"more than {_ENTRY_LIMIT:,} names; stopped there"
            reason = many if self._entries > _ENTRY_LIMIT else "no time was left to look further; stopped there"
            self._tell(folder, reason)


def _seen(entry: os.DirEntry[str], *, only_folders: bool) -> Status | None:
    """What an entry is; ``None`` if it has gone, or is not wanted. A link counts among the folders here."""
    try:
        if sys.platform != "win32" and entry.is_dir(follow_symlinks=False):
            return _FOLDER
        if only_folders and not (sys.platform == "win32" or entry.is_symlink()):
            return None
        return Status.of(entry.stat(follow_symlinks=False))
    except OSError:
        return None
