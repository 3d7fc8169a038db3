"""Look at folders and files by descriptor, from an allowed root down, so that no name can be swapped under us.

The agent may run with more rights than the person whose folders it looks into. There, every name may be made to
lead elsewhere between a look and a use. So each component is opened from the descriptor of the one above, nothing
below the root is followed (links, mount points), and what is checked is the descriptor that is then read.

Above and at the root, a link is followed where nobody but the administrator and the agent's own user can have put it:
``/var/run`` is one on most systems. Windows has no such calls: ``windows_files`` does there what comes nearest.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agent.collect.windows_files import FOREIGN_LINK, HARD_LINK, LINK, NAME_SURROGATE, NOT_REGULAR, OUTSIDE

if sys.platform == "win32":
    from agent.collect.windows_files import literal, look_at, open_regular, refuse_links

_MOUNT = "another file system is mounted there, which is not looked into"
_MOST_LINKS = 40  # as Linux; a loop ends there


class Status(NamedTuple):
    """What a look at a name tells: type and permission bits, owner's number, size, and time in POSIX seconds."""

    mode: int
    owner: int
    size_bytes: int
    modified_seconds: float

    @classmethod
    def of(cls, status: os.stat_result) -> Status:
        """The part of the system's answer that is used. A junction of Windows counts as a link."""
        leads_elsewhere = getattr(status, "st_reparse_tag", 0) & NAME_SURROGATE
        mode = stat.S_IFLNK | stat.S_IMODE(status.st_mode) if leads_elsewhere else status.st_mode
        return cls(mode, status.st_uid, status.st_size, status.st_mtime)


def open_file(path: Path, root: Path | None) -> int:
    """A descriptor of the regular file ``path`` below ``root``; raise ``OSError`` with the reason for anything else.

    ``None``: no root. Then a link is followed, even in the last place, if only the administrator or this user can
    have put it there. Never waits for the other end of a FIFO.
    """
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "a NUL is in the name", str(path))
    with _entered(path, root) as (folder, name):
        return _regular(folder, name)


def look(path: Path, root: Path) -> Status:
    """What ``path``, below ``root``, is; a link is not followed. Raise ``OSError``."""
    with _entered(path, root) as (folder, name):
        return Status.of(_look_at(folder, name))


if sys.platform == "win32":

    @contextlib.contextmanager
    def _entered(path: Path, root: Path | None) -> Iterator[tuple[Path, Path | None]]:
        """The path and its root, once no component on the way is a link that is not followed."""
        refuse_links(path if root is None else path.parent, root)
        yield path, root

    def _look_at(path: Path, root: Path | None) -> os.stat_result:  # noqa: ARG001 - as elsewhere
        return look_at(path)

    def _regular(path: Path, root: Path | None) -> int:
        return open_regular(path, root)

    @contextlib.contextmanager
    def listed(folder: Path, root: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        """The entries of ``folder``, which is ``root`` or below, inside the block. Raise ``OSError``."""
        with _entered(folder / "_", root), os.scandir(literal(folder)) as entries:
            yield entries

else:
    # A folder on the way need not be readable; O_PATH asks for no more than the right to go through it.
    _WAY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", 0)
    _LIST = os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC
    _READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

    class _Way:
        """Stands at a folder, by a descriptor, and goes on from there."""

        def __init__(self) -> None:
            self.descriptor = os.open("/", _WAY)

        def go(self, part: str) -> None:
            try:
                below = os.open(part, _WAY, dir_fd=self.descriptor)
            except OSError as error:
                if error.errno in {errno.ENOTDIR, errno.ELOOP} and self._is_link(part):
                    raise OSError(errno.ELOOP, LINK, part) from error
                raise
            os.close(self.descriptor)
            self.descriptor = below

        def _is_link(self, part: str) -> bool:
            try:
                return stat.S_ISLNK(os.stat(part, dir_fd=self.descriptor, follow_symlinks=False).st_mode)
            except OSError:
                return False

        def go_through_links(self, path: str) -> str:
            """Go to the folder that really holds the last part of ``path``, and return that part."""
            left, links = path.split("/")[::-1], 0
            name = "."
            while left:
                part = left.pop()
                if part in {"", "."}:
                    continue
                target = None if part == ".." else self._target(part)
                if target is not None:
                    links += 1
                    if links > _MOST_LINKS:
                        raise OSError(errno.ELOOP, "behind a loop of links", path)
                    if target.startswith("/"):
                        self.go("/")
                    left += target.split("/")[::-1]
                elif any(each not in {"", "."} for each in left) or part == "..":
                    self.go(part)
                else:
                    name = part
            return name

        def _target(self, part: str) -> str | None:
            """Where the link ``part`` leads; ``None`` if it is none."""
            status = os.stat(part, dir_fd=self.descriptor, follow_symlinks=False)
            if not stat.S_ISLNK(status.st_mode):
                return None
            if not _only_we_can_have_put(status, os.fstat(self.descriptor)):
                raise OSError(errno.ELOOP, FOREIGN_LINK, part)
            return os.readlink(part, dir_fd=self.descriptor)

    def _only_we_can_have_put(link: os.stat_result, folder: os.stat_result) -> bool:
        """Nobody can swap what lies in a folder that only we may write to, nor our own in a sticky one."""
        we = {0, os.geteuid()}
        others = stat.S_IWOTH | (stat.S_IWGRP if os.geteuid() == 0 else 0)
        if folder.st_uid not in we:
            return False
        return not folder.st_mode & others or bool(folder.st_mode & stat.S_ISVTX and link.st_uid in we)

    @contextlib.contextmanager
    def _entered(path: Path, root: Path | None) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that holds ``path``, and the name of it there."""
        way = _Way()
        try:
            if root is None:
                name = way.go_through_links(str(path))
                yield way.descriptor, name
                return
            way.go(way.go_through_links(str(root)))
            mount = _mount(way.descriptor)
            parts = path.relative_to(root).parts
            for part in parts[:-1]:
                if part == "..":
                    raise OSError(errno.EINVAL, OUTSIDE, str(path))
                way.go(part)
                if _mount(way.descriptor) != mount:
                    raise OSError(errno.EXDEV, _MOUNT, str(path))
            yield way.descriptor, parts[-1] if parts else "."
        finally:
            os.close(way.descriptor)

    def _mount(descriptor: int) -> str:
        """What tells one mount from another. A folder mounted twice is on one device; only Linux tells it apart."""
        with contextlib.suppress(OSError), open(f"/proc/self/fdinfo/{descriptor}", "rb") as lines:  # noqa: PTH123 - hot
            for line in lines:
                if line.startswith(b"mnt_id:"):
                    return line.decode("ascii")
        return str(os.fstat(descriptor).st_dev)

    def _look_at(folder: int, name: str) -> os.stat_result:
        if not hasattr(os, "O_PATH"):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        # Where something is mounted, the name can be opened so without a word to that; a dead one would never answer.
        descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            if _mount(descriptor) != _mount(folder):
                raise OSError(errno.EXDEV, _MOUNT, name)
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _regular(folder: int, name: str) -> int:
        # Looked at first, because opening alone does something to some devices; the open file is what counts.
        _refuse(_look_at(folder, name), name)
        descriptor = os.open(name, _READ, dir_fd=folder)
        try:
            status, holder = os.fstat(descriptor), os.fstat(folder)
            _refuse(status, name)
            if _mount(descriptor) != _mount(folder):
                raise OSError(errno.EXDEV, _MOUNT, name)
            if os.geteuid() == 0 and _may_be_foreign(status, holder):
                raise OSError(errno.EMLINK, HARD_LINK, name)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _refuse(status: os.stat_result, name: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            reason = LINK if stat.S_ISLNK(status.st_mode) else NOT_REGULAR
            raise OSError(errno.EINVAL, reason, name)

    def _may_be_foreign(file: os.stat_result, folder: os.stat_result) -> bool:
        """Whether somebody who may not read the file can have given it its name in this folder."""
        if file.st_nlink == 1:
            return False
        return file.st_uid != folder.st_uid or bool(folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH))

    @contextlib.contextmanager
    def listed(folder: Path, root: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        """The entries of ``folder``, which is ``root`` or below, inside the block. Raise ``OSError``."""
        with _entered(folder / "_", root) as (descriptor, _):
            own = os.open(".", _LIST, dir_fd=descriptor)
            try:
                with os.scandir(own) as entries:
                    yield entries
            finally:
                os.close(own)
