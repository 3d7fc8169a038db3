"""Files and folders that only their owner may read, from the first byte on.

That is said when the file is *created*: one made as usual and narrowed afterwards can be opened in between. POSIX says
it by permission bits; Windows ignores these, and has lists of who is admitted (``config.windows_access``).
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path
from typing import BinaryIO, cast

if sys.platform == "win32":
    from config import windows_access

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# By one of these a state folder, the agent's or the desk's, is known: it may be narrowed whatever else it holds.
_OURS = ("computer-id", "device-secret", "signing-key", "audit.jsonl", "secret-key")
_REFUSED_SECONDS = 2.0 if sys.platform == "win32" else 0.0  # a virus scanner is through with a new file by then
_ASK_AGAIN_SECONDS = 0.02


def new_private_folder(path: Path) -> None:
    """Make the folder ``path``, owner-only. Raise ``OSError`` as ``mkdir`` does, so also when it is there already."""
    if sys.platform == "win32":
        windows_access.make_folder(path)
    else:
        path.mkdir(mode=FOLDER_MODE)


def make_private_folder(path: Path) -> Path:
    """Make ``path`` and its missing parents, owner-only; narrow it if it is ours and open to others.

    Raise ``PermissionError`` for a folder of somebody else, for one that is everybody's (``/tmp``), and on POSIX for
    one that others use: a wrong setting must not lock them out of what is theirs.
    """
    for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        try:
            new_private_folder(missing)
        except FileExistsError:
            if not missing.is_dir():  # made by another run meanwhile
                raise
    if sys.platform == "win32":
        windows_access.narrow(path)
    else:
        found = path.stat()
        if found.st_mode & stat.S_ISVTX:
            raise PermissionError(errno.EPERM, "everybody shares this folder; choose one of your own", str(path))
        if found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another account; choose one of your own", str(path))
        if found.st_mode & _OTHERS:
            if _is_used_by_others(path):
                reason = (
                    "others may open it, and it holds what is not of sendlogs; choose a new folder, "
                    "or chmod 700 this one if nobody else needs it"
                )
                raise PermissionError(errno.EPERM, reason, str(path))
            path.chmod(FOLDER_MODE)
    return path


def _is_used_by_others(folder: Path) -> bool:
    """Whether others can get to a folder that is open to them, and something is there that is not ours."""
    if not is_open_to_others(folder.parent) or any((folder / name).exists() for name in _OURS):
        return False
    return any(folder.iterdir())


def is_open_to_others(opened: Path | int) -> bool:
    """Whether anybody else may look into a folder or a file (a path, or a descriptor that reads). Raise ``OSError``.

    After ``make_private_folder`` that is so on a disk that keeps no permissions.
    """
    if sys.platform == "win32":
        return windows_access.is_open_to_others(opened)
    else:  # noqa: RET505 - mypy follows what is of one platform by the branch
        found = opened.stat() if isinstance(opened, Path) else os.fstat(opened)
        return found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS)


def _create(path: str, flags: int) -> int:
    if sys.platform == "win32":
        return windows_access.create_file(path)
    else:  # noqa: RET505 - as above
        return os.open(path, flags, FILE_MODE)


def _open(path: str, flags: int) -> int:
    if sys.platform == "win32":
        return windows_access.open_file(path)
    else:  # noqa: RET505 - as above
        return os.open(path, flags | os.O_NOFOLLOW)


def open_private(path: Path) -> BinaryIO:
    """Create ``path``, owner-only, and open it for writing bytes.

    Raise ``FileExistsError`` if anything, also a dangling link, has that name: nobody can lay a trap there.
    """
    return cast("BinaryIO", open(path, "xb", opener=_create))


def write_private(path: Path, data: bytes) -> None:
    """Put ``data`` under the name ``path``: after a crash either the old content is there or the new.

    Written beside, flushed to the disk, moved over the name in one step, and the folder flushed as well, since
    without that a power cut may forget the move.
    """
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}.new")  # not tempfile: that loads three compressors
    try:
        with open_private(beside) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """Give ``source`` the name ``target`` in one step, in the place of a file that has it. Raise ``OSError``.

    Windows refuses while anybody has the file open that is to go, or one in the folder that moves: a run that reads it
    at this moment, a virus scanner. So there it is asked again for a while.
    """
    end = time.monotonic() + _REFUSED_SECONDS
    while True:
        try:
            _replace(source, target)
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(_ASK_AGAIN_SECONDS)
        else:
            return


def _replace(source: Path, target: Path) -> None:
    if sys.platform == "win32":
        windows_access.replace(source, target)
    else:
        source.replace(target)


def remove_cut_short(path: Path) -> None:
    """Remove what a kill in the middle of ``write_private(path, …)`` left; for who alone writes there, under a lock."""
    for cut_short in path.parent.glob(f".{path.name}.*.new"):
        cut_short.unlink()


def flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut. Windows has no such call; there ``move`` alone sees to it."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def read_private(path: Path) -> bytes:
    """The content of a file that nobody else could have read or written.

    Raise ``PermissionError`` where others may, as ssh does for keys: a secret that was open to others is none.
    Raise ``OSError`` for a link, and whatever reading raises.
    """
    if sys.platform == "win32" and path.is_symlink():  # it has no O_NOFOLLOW, but what a late link leads to is ours
        raise OSError(errno.ELOOP, "a link stands there", str(path))
    with open(path, "rb", opener=_open) as file:
        if is_open_to_others(file.fileno()):
            raise PermissionError(errno.EPERM, "open to others, and so no secret; remove it, make it anew", str(path))
        return file.read()
