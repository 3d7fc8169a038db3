"""Owner-only on Windows: a list of who may do what, given to files and folders as they are made, and read again.

A new file usually takes over the list of its folder, and that is the person's alone only inside a profile: on another
disk everybody who may log on can read it. So what is made here brings a list of its own, which no folder's is mixed
into (protected), from the call that makes it. It admits this account, the system and the administrators: these two can
take ownership of whatever they like, and back-up programs and virus scanners run as them.

The account is named twice: by its identifier, since what an administrator makes may belong to all administrators; and
as whoever owns it (OWNER RIGHTS), since on another computer's share the same person may be another account. Reading
says "open" when in doubt: any entry that admits a fourth party counts, whatever it admits to, and so does an owner who
could change the list. An administrator's own account is no fourth party: what one enrols, the system's service reads.

Sources, pages below https://learn.microsoft.com/windows/win32/secauthz/: what is inherited, and how a change reaches
what is in a folder (automatic-propagation-of-inheritable-aces); no list at all admits everybody
(null-dacls-and-empty-dacls); to whom belongs what is new (owner-of-a-new-object); lists as text
(security-descriptor-string-format); identifiers that are the same everywhere (well-known-sids).
"""

from __future__ import annotations

import errno
import msvcrt
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ntsecuritycon
import pywintypes
import win32api
import win32con
import win32file
import win32net
import win32netcon
import win32security

if TYPE_CHECKING:
    from _win32typing import PyACL, PySECURITY_ATTRIBUTES

assert sys.platform == "win32"  # what is imported is not there elsewhere, and mypy reads no further

_SYSTEM = "S-1-5-18"
_ADMINISTRATORS = "S-1-5-32-544"
_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"  # Windows' own updates
_EVERYONE = "S-1-1-0"
_OWNER = "S-1-3-4"  # OWNER RIGHTS
_WHOEVER_OWNS = ("S-1-3-0", _OWNER)  # the first is CREATOR OWNER; who the owner is is looked at as well
_WHO_AND_WHAT = win32security.OWNER_SECURITY_INFORMATION | win32security.DACL_SECURITY_INFORMATION
_WRITING = (
    ntsecuritycon.FILE_WRITE_DATA
    | ntsecuritycon.FILE_APPEND_DATA
    | ntsecuritycon.FILE_WRITE_EA
    | ntsecuritycon.FILE_WRITE_ATTRIBUTES
    | ntsecuritycon.FILE_DELETE_CHILD
    | win32con.DELETE
    | win32con.WRITE_DAC
    | win32con.WRITE_OWNER
    | win32con.GENERIC_WRITE
    | win32con.GENERIC_ALL
)
_SHARING = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE | win32con.FILE_SHARE_DELETE
_REFUSING = (win32security.ACCESS_DENIED_ACE_TYPE, win32security.ACCESS_DENIED_OBJECT_ACE_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    """Who a file or folder belongs to, and what its list admits whom to: rights by identifier (``S-1-5-18``)."""

    owner: str
    admitted: Mapping[str, int]

    @property
    def is_open_to_others(self) -> bool:
        ours = {_account(win32security.TokenUser), _SYSTEM, _ADMINISTRATORS, *_WHOEVER_OWNS}
        return not all(map(_is_administrators, {self.owner, *self.admitted}.difference(ours)))


def make_folder(path: Path) -> None:
    """Make the folder ``path``, owner-only, as all will be that is made in it. Raise ``OSError`` as ``mkdir`` does."""
    with _as_os_errors(path):
        win32file.CreateDirectory(str(path), _attributes("OICI"))  # files and folders in it inherit each entry


def create_file(path: str) -> int:
    """Create the file ``path``, owner-only, and return a descriptor to write bytes to it.

    Raise ``FileExistsError`` if anything has that name, also a dangling link (which is not followed), and ``OSError``.
    Others of ours may read, move and remove the file meanwhile, as on POSIX.
    """
    flags = win32con.FILE_ATTRIBUTE_NORMAL | win32file.FILE_FLAG_OPEN_REPARSE_POINT
    with _as_os_errors(path):
        handle = win32file.CreateFile(
            path, win32con.GENERIC_WRITE, _SHARING, _attributes(""), win32con.CREATE_NEW, flags, None
        )
    return msvcrt.open_osfhandle(int(handle.Detach()), os.O_WRONLY | os.O_BINARY | os.O_NOINHERIT)


def open_file(path: str) -> int:
    """Return a descriptor to read the bytes of a file that others of ours may move and remove meanwhile.

    Python's own ``open`` does not let them. Raise ``OSError``.
    """
    flags = win32con.FILE_ATTRIBUTE_NORMAL
    with _as_os_errors(path):
        handle = win32file.CreateFile(
            path, win32con.GENERIC_READ, _SHARING, _attributes(""), win32con.OPEN_EXISTING, flags, None
        )
    return msvcrt.open_osfhandle(int(handle.Detach()), os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)


def replace(source: Path, target: Path) -> None:
    """Move a file or folder in one step, over a file of that name, and wait until the disk has it.

    ``os.replace`` does not wait. Raise ``OSError``.

    https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-movefileexw
    """
    how = win32file.MOVEFILE_REPLACE_EXISTING | win32file.MOVEFILE_WRITE_THROUGH
    with _as_os_errors(target):
        win32file.MoveFileEx(str(source), str(target), how)


def is_open_to_others(opened: Path | int) -> bool:
    """Whether anybody else is admitted to a path or a descriptor open for reading. Raise ``OSError``."""
    return _access_of(opened).is_open_to_others


def who_else_writes(path: Path) -> list[str]:
    """The names of all but the administrators and the system who could change ``path`` or, in a folder, add to it.

    Raise ``OSError``.
    """
    access = _access_of(path)
    writers = {account for account, rights in access.admitted.items() if rights & _WRITING} | {access.owner}
    return sorted(map(_name, writers.difference((_SYSTEM, _ADMINISTRATORS, _TRUSTED_INSTALLER, *_WHOEVER_OWNS))))


def narrow(folder: Path) -> None:
    """Close a folder of ours that is open to others, with what takes over its list; leave one that is closed.

    Raise ``PermissionError`` for an open one of somebody else, and for a whole disk. A disk that keeps no lists (FAT)
    says that all belongs to everybody: then nothing can be done, and ``is_open_to_others`` goes on saying so.
    """
    access = _access_of(folder)
    if not access.is_open_to_others or access.owner == _EVERYONE:
        return
    if folder.resolve().parent == folder.resolve():
        raise PermissionError(errno.EPERM, "everybody shares this folder; choose one of your own", str(folder))
    if access.owner not in (_account(win32security.TokenUser), _account(win32security.TokenOwner)):
        raise PermissionError(errno.EPERM, "it belongs to another account; choose one of your own", str(folder))
    entries = _attributes("OICI").SECURITY_DESCRIPTOR.GetSecurityDescriptorDacl()
    protected = win32security.DACL_SECURITY_INFORMATION | win32security.PROTECTED_DACL_SECURITY_INFORMATION
    with _as_os_errors(folder):
        win32security.SetNamedSecurityInfo(
            str(folder), win32security.SE_FILE_OBJECT, protected, None, None, entries, None
        )


def _access_of(opened: Path | int) -> _Access:
    kind = win32security.SE_FILE_OBJECT
    with _as_os_errors(opened):
        if isinstance(opened, int):
            found = win32security.GetSecurityInfo(msvcrt.get_osfhandle(opened), kind, _WHO_AND_WHAT)
        else:
            found = win32security.GetNamedSecurityInfo(str(opened), kind, _WHO_AND_WHAT)
    entries: PyACL | None = found.GetSecurityDescriptorDacl()
    owner = win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner())
    if entries is None:
        return _Access(owner=owner, admitted={_EVERYONE: _WRITING})
    return _Access(owner=owner, admitted=_admitted(entries))


def _admitted(entries: PyACL) -> dict[str, int]:
    found: dict[str, int] = {}
    for number in range(entries.GetAceCount()):
        try:
            entry = entries.GetAce(number)  # ((kind, inheritance), rights, …, account)
        except NotImplementedError:  # an entry with conditions, which pywin32 cannot read: it may admit anybody
            found[_EVERYONE] = _WRITING
            continue
        if entry[0][0] not in _REFUSING:
            account = win32security.ConvertSidToStringSid(entry[-1])
            found[account] = found.get(account, 0) | entry[1]
    return found


def _is_administrators(account: str) -> bool:
    """Whether an account is in the computer's group of administrators; not, where that cannot be found out now.

    https://learn.microsoft.com/windows/win32/api/lmaccess/nf-lmaccess-netusergetlocalgroups
    """
    try:
        name, domain, kind = win32security.LookupAccountSid(None, win32security.ConvertStringSidToSid(account))
        if kind != win32security.SidTypeUser:
            return False
        groups = win32net.NetUserGetLocalGroups(
            None,  # type: ignore[arg-type]  # this computer, which the stubs forget
            f"{domain}\\{name}",
            win32netcon.LG_INCLUDE_INDIRECT,
        )
        return _name(_ADMINISTRATORS).rpartition("\\")[2] in groups
    except pywintypes.error:
        return False


def _name(account: str) -> str:
    try:
        name, domain, _kind = win32security.LookupAccountSid(None, win32security.ConvertStringSidToSid(account))
    except pywintypes.error:  # of a domain that cannot be asked now, or gone
        return account
    return f"{domain}\\{name}" if domain else name


def _account(which: int) -> str:
    """The identifier of who this process runs as (``TokenUser``), or to whom what it makes belongs (``TokenOwner``)."""
    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
    found = win32security.GetTokenInformation(token, which)
    return win32security.ConvertSidToStringSid(found[0] if isinstance(found, tuple) else found)


def _attributes(inheritance: str) -> PySECURITY_ATTRIBUTES:
    """What a file (``""``) or a folder (``"OICI"``) is made with; ``P`` is protected, ``FA`` all that one may do."""
    admitted = (_OWNER, _account(win32security.TokenUser), _SYSTEM, _ADMINISTRATORS)
    entries = "".join(f"(A;{inheritance};FA;;;{account})" for account in admitted)
    attributes = win32security.SECURITY_ATTRIBUTES()
    attributes.bInheritHandle = 0  # pywin32 would hand what is opened on to every program that is started
    attributes.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
        f"D:P{entries}", win32security.SDDL_REVISION_1
    )
    return attributes


@contextmanager
def _as_os_errors(path: Path | str | int) -> Iterator[None]:
    """Raise what pywin32 raises as the ``OSError`` that Python's own calls raise."""
    try:
        yield
    except pywintypes.error as error:
        reason = error.strerror.rstrip(". ")  # as Python does, since it becomes a part of sentences
        raise OSError(0, reason, str(path), error.winerror) from None
