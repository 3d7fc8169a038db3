"""Owner-only on Windows: a list of who may do what, given to files and folders as they are made, and read again.

A new file usually takes over the list of its folder, and that is the person's alone only inside a profile: on another
disk everybody who may log on can read it. So what is made here brings a list of its own, which no folder's is mixed
into (protected), from the call that makes it. It admits this account, the system and the administrators: these two can
take ownership of whatever they like, and back-up programs and virus scanners run as them.

The account is named twice: by its identifier, since what an administrator makes may belong to all administrators; and
as whoever owns it (OWNER RIGHTS), since on another computer's share the same person may be another account. An
administrator is named only where the folder around knows the account: elsewhere the system's service may have to read
it, and away from the domain it cannot ask who is an administrator.

Reading says "open" when in doubt: any entry that admits a fourth party counts, whatever it admits to, and so does an
owner who could change the list. An administrator's own account is no fourth party, where that can be found out.

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
    from _win32typing import PyACL, PySECURITY_ATTRIBUTES, PySECURITY_DESCRIPTOR

assert sys.platform == "win32"  # what is imported is not there elsewhere, and mypy reads no further

SYSTEM = "S-1-5-18"
ADMINISTRATORS = "S-1-5-32-544"
_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"  # Windows' own updates
_EVERYONE = "S-1-1-0"
_OWNER = "S-1-3-4"  # OWNER RIGHTS
_WHOEVER_OWNS = ("S-1-3-0", _OWNER)  # the first is CREATOR OWNER; who the owner is is looked at as well
_WHO_AND_WHAT = win32security.OWNER_SECURITY_INFORMATION | win32security.DACL_SECURITY_INFORMATION
_REPLACING = win32con.DELETE | win32con.WRITE_DAC | win32con.WRITE_OWNER | win32con.GENERIC_ALL
_REPLACING_WITHIN = ntsecuritycon.FILE_DELETE_CHILD | win32con.WRITE_DAC | win32con.WRITE_OWNER | win32con.GENERIC_ALL
_WRITING = (
    _REPLACING
    | _REPLACING_WITHIN
    | ntsecuritycon.FILE_WRITE_DATA
    | ntsecuritycon.FILE_APPEND_DATA
    | ntsecuritycon.FILE_WRITE_EA
    | ntsecuritycon.FILE_WRITE_ATTRIBUTES
    | win32con.GENERIC_WRITE
)
_SHARING = win32con.FILE_SHARE_READ | win32con.FILE_SHARE_WRITE | win32con.FILE_SHARE_DELETE
_ITSELF = win32file.FILE_FLAG_OPEN_REPARSE_POINT | win32con.FILE_FLAG_BACKUP_SEMANTICS  # no link is followed
_LEADS_ELSEWHERE = 0x2000_0000  # https://learn.microsoft.com/windows/win32/fileio/reparse-point-tags
_REFUSING = (win32security.ACCESS_DENIED_ACE_TYPE, win32security.ACCESS_DENIED_OBJECT_ACE_TYPE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    """Who a file or folder belongs to, and what its list admits whom to: rights by identifier (``S-1-5-18``).

    To it and what will be in it (``admitted``), and to it alone (``admitted_here``).
    """

    owner: str
    admitted: Mapping[str, int]
    admitted_here: Mapping[str, int]

    @property
    def is_open_to_others(self) -> bool:
        ours = {account_of(win32security.TokenUser), SYSTEM, ADMINISTRATORS, *_WHOEVER_OWNS}
        return not all(map(_is_administrators, {self.owner, *self.admitted}.difference(ours)))

    def others_with(self, rights: int, admitted: Mapping[str, int]) -> set[str]:
        """Who has any of ``rights``, or owns it and may take them, and is not of the system or the administrators."""
        found = {account for account, admitted_to in admitted.items() if admitted_to & rights} | {self.owner}
        return found.difference((SYSTEM, ADMINISTRATORS, _TRUSTED_INSTALLER, *_WHOEVER_OWNS))


def make_folder(path: Path) -> None:
    """Make the folder ``path``, owner-only, as all will be that is made in it. Raise ``OSError`` as ``mkdir`` does."""
    with _as_os_errors(path):
        win32file.CreateDirectory(str(path), _attributes(path, "OICI"))  # files and folders in it inherit each entry


def create_file(path: str) -> int:
    """Create the file ``path``, owner-only, and return a descriptor to write bytes to it.

    Raise ``FileExistsError`` if anything has that name, also a dangling link (which is not followed), and ``OSError``.
    Others of ours may read, move and remove the file meanwhile, as on POSIX.
    """
    flags = win32con.FILE_ATTRIBUTE_NORMAL | win32file.FILE_FLAG_OPEN_REPARSE_POINT
    with _as_os_errors(path):
        handle = win32file.CreateFile(
            path, win32con.GENERIC_WRITE, _SHARING, _attributes(Path(path), ""), win32con.CREATE_NEW, flags, None
        )
    return msvcrt.open_osfhandle(int(handle.Detach()), os.O_WRONLY | os.O_BINARY | os.O_NOINHERIT)


def open_file(path: str) -> int:
    """Return a descriptor to read the bytes of a file that others of ours may move and remove meanwhile.

    Python's own ``open`` does not let them. Raise ``OSError``.
    """
    with _as_os_errors(path):
        handle = win32file.CreateFile(path, win32con.GENERIC_READ, _SHARING, None, win32con.OPEN_EXISTING, 0, None)
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
    """The names of all but the administrators and the system who could change ``path`` or add to it, or ``OSError``."""
    access = _access_itself(path)
    return sorted(map(name_of, access.others_with(_WRITING, access.admitted)))


def who_else_replaces(path: Path) -> list[str]:
    """The names of all but the administrators and the system who could put something else in the place of ``path``.

    They may rename or remove it, or come to be able to: by a right to it, or to the folder it lies in, whose owner may
    remove what is in it. Who may merely add files beside it is not among them. Raise ``OSError``.

    https://learn.microsoft.com/windows/win32/fileio/file-access-rights-constants
    """
    access, around = _access_itself(path), _access_itself(path.parent)
    found = around.others_with(_REPLACING_WITHIN, around.admitted_here)
    if path != path.parent:  # a whole disk is not moved
        found |= access.others_with(_REPLACING, access.admitted_here)
    return sorted(map(name_of, found))


def is_link(found: os.stat_result) -> bool:
    """Whether what ``lstat`` found leads elsewhere: a symbolic link or a junction, which any user may make."""
    return bool(found.st_reparse_tag & _LEADS_ELSEWHERE)


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
    if access.owner not in (account_of(win32security.TokenUser), account_of(win32security.TokenOwner)):
        raise PermissionError(errno.EPERM, "it belongs to another account; choose one of your own", str(folder))
    entries = _attributes(folder, "OICI").SECURITY_DESCRIPTOR.GetSecurityDescriptorDacl()
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
    return _access(found)


def _access_itself(path: Path) -> _Access:
    """Of a link, not of what it leads to: else whoever may turn the link would be hidden by an administrator's file."""
    with _as_os_errors(path):
        handle = win32file.CreateFile(
            str(path), win32con.READ_CONTROL, _SHARING, None, win32con.OPEN_EXISTING, _ITSELF, None
        )
        try:
            return _access(win32security.GetSecurityInfo(int(handle), win32security.SE_FILE_OBJECT, _WHO_AND_WHAT))
        finally:
            handle.Close()


def _access(found: PySECURITY_DESCRIPTOR) -> _Access:
    entries: PyACL | None = found.GetSecurityDescriptorDacl()
    owner = win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner())
    here = _admitted(entries, but=win32security.INHERIT_ONLY_ACE)
    return _Access(owner=owner, admitted=_admitted(entries), admitted_here=here)


def _admitted(entries: PyACL | None, *, but: int = 0) -> dict[str, int]:
    if entries is None:
        return {_EVERYONE: _WRITING}
    found: dict[str, int] = {}
    for number in range(entries.GetAceCount()):
        try:
            entry = entries.GetAce(number)  # ((kind, inheritance), rights, …, account)
        except NotImplementedError:  # an entry with conditions, which pywin32 cannot read: it may admit anybody
            found[_EVERYONE] = _WRITING
            continue
        if entry[0][0] not in _REFUSING and not entry[0][1] & but:
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
        return name_of(ADMINISTRATORS).rpartition("\\")[2] in groups
    except pywintypes.error:
        return False


def name_of(account: str) -> str:
    """How Windows calls the account of that identifier; by it, where that cannot be told."""
    try:
        name, domain, _kind = win32security.LookupAccountSid(None, win32security.ConvertStringSidToSid(account))
    except pywintypes.error:  # of a domain that cannot be asked now, or gone
        return account
    return f"{domain}\\{name}" if domain else name


def account_of(which: int) -> str:
    """The identifier of who this process runs as (``TokenUser``), or to whom what it makes belongs (``TokenOwner``)."""
    token = win32security.OpenProcessToken(win32api.GetCurrentProcess(), win32con.TOKEN_QUERY)
    found = win32security.GetTokenInformation(token, which)
    return win32security.ConvertSidToStringSid(found[0] if isinstance(found, tuple) else found)


def _attributes(path: Path, inheritance: str) -> PySECURITY_ATTRIBUTES:
    """What a file (``""``) or a folder (``"OICI"``) is made with; ``P`` is protected, ``FA`` all that one may do."""
    admitted = (_OWNER, *_person(path.parent), SYSTEM, ADMINISTRATORS)
    entries = "".join(f"(A;{inheritance};FA;;;{account})" for account in admitted)
    attributes = win32security.SECURITY_ATTRIBUTES()
    attributes.bInheritHandle = 0  # pywin32 would hand what is opened on to every program that is started
    attributes.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
        f"D:P{entries}", win32security.SDDL_REVISION_1
    )
    return attributes


def _person(folder: Path) -> list[str]:
    """This account, unless it makes things as one of the administrators in a folder that does not know it."""
    person = account_of(win32security.TokenUser)
    if account_of(win32security.TokenOwner) != ADMINISTRATORS:
        return [person]
    try:
        access = _access_of(folder)
    except OSError:  # there is no such folder, as whoever makes something in it is told
        return [person]
    return [person] if person in (access.owner, *access.admitted) else []


@contextmanager
def _as_os_errors(path: Path | str | int) -> Iterator[None]:
    """Raise what pywin32 raises as the ``OSError`` that Python's own calls raise."""
    try:
        yield
    except pywintypes.error as error:
        reason = error.strerror.rstrip(". ")  # as Python does, since it becomes a part of sentences
        raise OSError(0, reason, str(path), error.winerror) from None
