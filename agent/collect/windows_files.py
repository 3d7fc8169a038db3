r"""Look at files of Windows, and open them, by handle: what is checked is what is then read.

Names go to the system in their literal form (``\\?\``): so ``NUL`` and ``COM1.log`` are names and no devices, a dot or
blank at the end stays, and a path may be longer than 260 characters (learn.microsoft.com, "Naming Files, Paths, and
Namespaces"). A colon would name a stream hidden within a file, and is refused.

Others may go on reading, writing, renaming and deleting what is open here; Python's own ``open`` would hold up an
application that rotates its log. Windows opens by path and no folder's handle can be gone on from; instead the
system is asked afterwards where the open file really lies, which a name swapped meanwhile cannot change.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

# What stands for another name: links and junctions. Other reparse points are the file itself, kept in a special way
# (deduplicated, from a cloud). learn.microsoft.com, "Reparse Point Tags".
NAME_SURROGATE: Final = 0x20000000

LINK = "a link, which is not followed"
FOREIGN_LINK = "behind a link that others may have put there"
HARD_LINK = "a second name (hard link) of a file that may be somebody else's"
NOT_REGULAR = "not a regular file"
OUTSIDE = "leads out of its folder"
_STREAM = "a colon is in the name, which would name a stream within a file"
_DEVICE = "not a path to a file"
_HELD = "another program holds it open and lets nobody else read it"
_ELSEWHERE = "its content is not on this disk but would have to be fetched"

if sys.platform == "win32":
    import msvcrt

    import pywintypes
    import win32api
    import win32con
    import win32file
    import win32security
    import winerror

    _SHARED = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE | win32con.FILE_SHARE_DELETE
    _ITSELF = 0x00200000  # FILE_FLAG_OPEN_REPARSE_POINT
    # A folder, too; and should it be a pipe, whoever serves it learns nothing of us and cannot act in our name
    # (SECURITY_SQOS_PRESENT and SECURITY_ANONYMOUS, which is zero).
    _ALWAYS = win32con.FILE_FLAG_BACKUP_SEMANTICS | 0x00100000
    # FILE_ATTRIBUTE_OFFLINE, _RECALL_ON_OPEN, _RECALL_ON_DATA_ACCESS
    _FETCHED = 0x00001000 | 0x00040000 | 0x00400000
    _ATTRIBUTE_TAG = 9  # FileAttributeTagInfo
    _TRUSTED = frozenset(
        {
            "S-1-5-18",  # the system
            "S-1-5-32-544",  # the administrators
            "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",  # the installer of Windows
        }
    )

    def literal(path: Path) -> str:
        """``path`` in the form that is taken letter by letter. Raise ``OSError`` for what is no path to a file."""
        text = str(path)
        if "\0" in text or not path.is_absolute() or path.drive.startswith(("\\\\.\\", "\\\\?\\")):
            raise OSError(errno.EINVAL, _DEVICE, text)
        if ".." in path.parts:
            raise OSError(errno.EINVAL, OUTSIDE, text)
        if any(":" in part for part in path.parts[1:]):
            raise OSError(errno.EINVAL, _STREAM, text)
        return f"\\\\?\\UNC{text[1:]}" if text.startswith("\\\\") else f"\\\\?\\{text}"

    def look_at(path: Path) -> os.stat_result:
        """What lies there, itself. Raise ``OSError``."""
        return os.lstat(literal(path))

    def is_link(path: Path) -> bool:
        """Whether ``path`` stands for another. Raise ``OSError``."""
        return bool(look_at(path).st_reparse_tag & NAME_SURROGATE)

    def refuse_links(path: Path, root: Path | None) -> None:
        """Raise ``OSError`` for a link on the way to ``path``: below ``root`` any; elsewhere one that others put."""
        for place in (*reversed(path.parents), path)[1:]:  # the first is the drive
            if not is_link(place):
                continue
            if root is not None and place != root and place.is_relative_to(root):
                raise OSError(errno.ELOOP, LINK, str(path))
            if not _is_ours(place):
                raise OSError(errno.ELOOP, FOREIGN_LINK, str(path))

    def open_regular(path: Path, root: Path | None) -> int:
        """A descriptor of the regular file, which lies below ``root`` if there is one. Raise ``OSError``."""
        flags = 0 if root is None else _ITSELF
        with _opened(path, win32con.GENERIC_READ, flags) as handle:
            tag = win32file.GetFileInformationByHandleEx(handle, _ATTRIBUTE_TAG)["ReparseTag"]
            _refuse(handle, path, tag)
            if root is None or not tag:
                return _descriptor(handle, path, root)
        with _opened(path, win32con.GENERIC_READ, 0) as handle:  # as its file system serves it
            _refuse(handle, path, 0)
            return _descriptor(handle, path, root)

    def _descriptor(handle: Any, path: Path, root: Path | None) -> int:
        if root is not None:
            with _opened(root, 0, 0) as folder:
                if not _real(handle).is_relative_to(_real(folder)):
                    raise OSError(errno.ELOOP, LINK, str(path))
        descriptor = msvcrt.open_osfhandle(int(handle), os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
        handle.Detach()  # the descriptor's now
        return descriptor

    def _real(handle: int) -> Path:
        """Where what is open lies, as the system tells it: links followed, short names written out."""
        return Path(win32file.GetFinalPathNameByHandle(handle, 0))

    def _refuse(handle: int, path: Path, tag: int) -> None:
        if win32file.GetFileType(handle) != win32con.FILE_TYPE_DISK:
            raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
        attributes, *_, links, _, _ = win32file.GetFileInformationByHandle(handle)
        if tag & NAME_SURROGATE:
            raise OSError(errno.EINVAL, LINK, str(path))
        if attributes & win32con.FILE_ATTRIBUTE_DIRECTORY:
            raise OSError(errno.EINVAL, NOT_REGULAR, str(path))
        if attributes & _FETCHED:
            raise OSError(errno.EINVAL, _ELSEWHERE, str(path))
        if links > 1 and _token(win32security.TokenElevation):
            raise OSError(errno.EPERM, HARD_LINK, str(path))

    @contextlib.contextmanager
    def _opened(path: Path, access: int, flags: int) -> Iterator[Any]:
        """What lies there, open inside the block; a child process does not inherit it."""
        try:
            handle: Any = win32file.CreateFileW(
                literal(path),
                access,
                _SHARED,
                None,  # type: ignore[arg-type]  # as documented: not inherited, and nothing is made that had rights
                win32con.OPEN_EXISTING,
                _ALWAYS | flags,
                None,
            )
        except pywintypes.error as error:
            if error.winerror == winerror.ERROR_SHARING_VIOLATION:
                raise OSError(errno.EACCES, _HELD, str(path)) from error
            raise OSError(0, error.strerror, str(path), error.winerror) from error
        try:
            yield handle
        except pywintypes.error as error:
            raise OSError(0, error.strerror, str(path), error.winerror) from error
        finally:
            handle.Close()

    def _is_ours(link: Path) -> bool:
        """Whether the administrator or this user made it. Nobody can give what is theirs to somebody else."""
        with _opened(link, win32con.READ_CONTROL, _ITSELF) as handle:
            security = win32security.GetSecurityInfo(
                handle, win32security.SE_FILE_OBJECT, win32security.OWNER_SECURITY_INFORMATION
            )
            owner = security.GetSecurityDescriptorOwner()
        if owner == _token(win32security.TokenUser)[0]:
            return True
        return win32security.ConvertSidToStringSid(owner) in _TRUSTED

    def _token(kind: int) -> Any:
        """What the token of this process says."""
        token: Any = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
        try:
            return win32security.GetTokenInformation(token, kind)
        finally:
            token.Close()
