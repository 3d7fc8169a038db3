r"""Look at files of Windows, and open them, by handle: what is checked is what is then read.

Names go to the system in their literal form (``\\?\``): so ``NUL`` and ``COM1.log`` are names and no devices, a dot or
blank at the end stays, and a path may be longer than 260 characters (learn.microsoft.com, "Naming Files, Paths, and
Namespaces"). A colon would name a stream hidden within a file, and is refused.

Others may go on reading, writing, renaming and deleting what is open here; Python's own ``open`` would hold up an
application that rotates its log. Windows opens by path and no folder's handle can be gone on from. Instead the folder
that a file must lie in is open while the path is looked at and the file opened: no folder with something open in it
can be renamed (learn.microsoft.com, "FILE_RENAME_INFORMATION"), and none that is not empty becomes a junction. Then the
system is asked where both really lie, which a name swapped meanwhile cannot change.
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
_UNPLACED = "its file system does not tell where it lies, and an administrator reads only what lies in its folder"
_ELSEWHERE = "its content is not on this disk but would have to be fetched"

if sys.platform == "win32":
    import msvcrt

    import ntsecuritycon
    import pywintypes
    import win32con
    import win32file
    import winerror

    from agent.collect.windows_rights import is_elevated, others_behind_link

    _SHARED = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE | win32con.FILE_SHARE_DELETE
    _ITSELF = 0x00200000  # FILE_FLAG_OPEN_REPARSE_POINT
    # A folder, too; and should it be a pipe, whoever serves it learns nothing of us and cannot act in our name
    # (SECURITY_SQOS_PRESENT and SECURITY_ANONYMOUS, which is zero).
    _ALWAYS = win32con.FILE_FLAG_BACKUP_SEMANTICS | 0x00100000
    # FILE_ATTRIBUTE_OFFLINE, _RECALL_ON_OPEN, _RECALL_ON_DATA_ACCESS
    _FETCHED = 0x00001000 | 0x00040000 | 0x00400000
    _ATTRIBUTE_TAG = 9  # FileAttributeTagInfo
    # What a file system answers that has no such question, as Python's own stat takes it.
    _UNKNOWN = (winerror.ERROR_INVALID_PARAMETER, winerror.ERROR_INVALID_FUNCTION, winerror.ERROR_NOT_SUPPORTED)
    _NORMALIZED, _AS_OPENED = 0, 0x8  # FILE_NAME_NORMALIZED, FILE_NAME_OPENED

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
            if others_behind_link(Path(literal(place))):
                raise OSError(errno.ELOOP, FOREIGN_LINK, str(path))

    def open_regular(path: Path, root: Path | None) -> int:
        """A descriptor of the regular file, which lies below ``root`` if there is one. Raise ``OSError``."""
        with _kept_in_place(path.parent if root is None else root) as folder:
            refuse_links(path if root is None else path.parent, root)  # again, now that nothing above can be swapped
            if root is None and is_link(path):  # of ours, so it says where the file lies
                with _opened(path, win32con.GENERIC_READ, 0) as handle:
                    _refuse(handle, path, 0)
                    return _descriptor(handle)
            with _opened(path, win32con.GENERIC_READ, _ITSELF) as handle:
                tag = _tag(handle)
                _refuse(handle, path, tag)
                if not tag:
                    return _inside(handle, folder, path)
            with _opened(path, win32con.GENERIC_READ, 0) as handle:  # as its file system serves it
                _refuse(handle, path, 0)
                return _inside(handle, folder, path)

    def _inside(handle: Any, folder: Any, path: Path) -> int:
        """A descriptor of what is open, if it lies in the open folder."""
        real, place = _real(handle), _real(folder)
        if real is None or place is None:
            if is_elevated():
                raise OSError(errno.ENOTSUP, _UNPLACED, str(path))
        elif not real.is_relative_to(place):
            raise OSError(errno.ELOOP, LINK, str(path))
        return _descriptor(handle)

    def _descriptor(handle: Any) -> int:
        descriptor = msvcrt.open_osfhandle(int(handle), os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)
        handle.Detach()  # the descriptor's now
        return descriptor

    def _tag(handle: Any) -> int:
        """The kind of reparse point that is open; zero if it is none, or its file system knows none."""
        try:
            return int(win32file.GetFileInformationByHandleEx(handle, _ATTRIBUTE_TAG)["ReparseTag"])
        except pywintypes.error as error:
            if error.winerror in _UNKNOWN:
                return 0
            raise

    def _real(handle: Any) -> Path | None:
        """Where what is open lies, as the system tells it, links followed; ``None`` if its file system cannot tell."""
        for form in (_NORMALIZED, _AS_OPENED):  # the first writes short names out, for which not all have the means
            try:
                return Path(win32file.GetFinalPathNameByHandle(handle, form))
            except pywintypes.error as error:
                if error.winerror not in _UNKNOWN:
                    raise
        return None

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
        if links > 1 and is_elevated():
            raise OSError(errno.EMLINK, HARD_LINK, str(path))

    def _kept_in_place(folder: Path) -> contextlib.AbstractContextManager[Any]:
        """The open folder, which can neither be renamed nor removed inside the block."""
        # Only who asks for a right to the content has a say in what others may do meanwhile.
        shared = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE
        return _opened(folder, ntsecuritycon.FILE_LIST_DIRECTORY, 0, shared)

    @contextlib.contextmanager
    def _opened(path: Path, access: int, flags: int, shared: int = _SHARED) -> Iterator[Any]:
        """What lies there, open inside the block; a child process does not inherit it."""
        try:
            handle: Any = win32file.CreateFileW(
                literal(path),
                access,
                shared,
                None,  # type: ignore[arg-type]  # as documented: not inherited, and nothing is made that had rights
                win32con.OPEN_EXISTING,
                _ALWAYS | flags,
                None,
            )
        except pywintypes.error as error:
            if error.winerror == winerror.ERROR_SHARING_VIOLATION:
                raise OSError(errno.EBUSY, _HELD, str(path)) from error
            raise OSError(0, error.strerror, str(path), error.winerror) from error
        try:
            yield handle
        except pywintypes.error as error:
            raise OSError(0, error.strerror, str(path), error.winerror) from error
        finally:
            handle.Close()
