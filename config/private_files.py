"""Files and folders that only their owner may read, from the first byte on.

On POSIX that is said by permission bits, given when the file is *created*: a file made with the usual
ones and narrowed afterwards can be opened in between. Windows ignores these bits; there everything this
program keeps lies in the person's profile folder (or the service account's), whose inherited access control
list admits that account, the administrators and the system alone. So nothing here changes lists on
Windows, and nothing here fails there.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO, cast

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> Path:
    """Make ``path`` and its missing parents, owner-only; narrow it if it is ours and open to others.

    Raise ``PermissionError`` for a folder of somebody else, or one that is everybody's (``/tmp``).
    """
    for missing in reversed([folder for folder in (path, *path.parents) if not folder.exists()]):
        missing.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if sys.platform != "win32":
        found = path.stat()
        if found.st_mode & stat.S_ISVTX:
            raise PermissionError(errno.EPERM, "everybody shares this folder; choose one of your own", str(path))
        if found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another account; choose one of your own", str(path))
        if found.st_mode & _OTHERS:
            path.chmod(FOLDER_MODE)
    return path


def _create(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)


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
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def remove_cut_short(path: Path) -> None:
    """Remove what a kill in the middle of ``write_private(path, …)`` left; for who alone writes there, under a lock."""
    for cut_short in path.parent.glob(f".{path.name}.*.new"):
        cut_short.unlink()


def flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut. Windows offers no such call, and needs none for a move."""
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
    no_links = getattr(os, "O_NOFOLLOW", 0)  # Windows has none; making a link there takes an administrator
    with os.fdopen(os.open(path, os.O_RDONLY | no_links), "rb") as file:
        if sys.platform != "win32":
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
                raise PermissionError(
                    errno.EPERM, "open to others, and so no secret; remove it, make it anew", str(path)
                )
        return file.read()
