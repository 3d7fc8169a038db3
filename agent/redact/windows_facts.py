"""What Windows knows of a machine and its people, beside what every system tells: names, numbers and identifiers.

Read from its environment, its registry and its own tables, not asked of the network: a domain's controller that cannot
be reached would be waited for. Only the full name of who runs this is asked of the system, and not waited for long.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.redact.fact_pattern import FactKind

# Domains that are none, and words that stand for any.
_NO_DOMAINS = frozenset({"workgroup", "mshome", "azuread", "microsoftaccount", "nt authority", "nt service", "builtin"})
_NO_OWNERS = frozenset({"windows user", "user", "owner", "microsoft", "admin"})
_PEOPLE = ("S-1-5-21-", "S-1-12-1-")  # of a computer or domain; of Entra ID (learn.microsoft.com, "Well-known SIDs")
_FIRST_PERSON = 1000  # relative identifiers below are the system's own accounts
_NAME_SECONDS = 2.0
_SYSTEM_INFORMATION, _END_OF_TABLE = 1, 127  # types of structures (DMTF DSP0134, "SMBIOS")


def serials_of_firmware(table: bytes) -> Iterator[str]:
    """Serial number and UUID of the machine, from its SMBIOS structures (DMTF DSP0134, 7.2)."""
    at = 0
    while at + 4 <= len(table) and table[at] != _END_OF_TABLE:
        kind, length = table[at], table[at + 1]
        end = table.find(b"\0\0", at + length)
        if length < 4 or end < 0:
            return
        if kind == _SYSTEM_INFORMATION and length >= 24:
            words = table[at + length : end].split(b"\0")
            number = table[at + 7]
            if 0 < number <= len(words):
                yield words[number - 1].decode("ascii", "ignore").strip()
            yield str(uuid.UUID(bytes_le=table[at + 8 : at + 24]))
        at = end + 2


if sys.platform == "win32":
    import ctypes
    import winreg

    import pywintypes
    import win32api
    import win32net

    _WINDOWS = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    _LOGON = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI"
    _CRYPTOGRAPHY = r"SOFTWARE\Microsoft\Cryptography"
    _COMPUTER_NAMES = (1, 2, 3)  # ComputerNameDnsHostname, -DnsDomain, -DnsFullyQualified
    _DISPLAY_NAME, _PRINCIPAL_NAME = 3, 8  # NameDisplay, NameUserPrincipal
    _NAME_CHARACTERS = 1024  # four times what a principal name takes
    _RSMB = 0x52534D42  # the provider of SMBIOS, for GetSystemFirmwareTable; eight bytes stand before its table

    def facts() -> Iterator[tuple[FactKind, str]]:
        """All there is. Never raises: what a machine will not tell is not in it."""
        for ask in (_hosts, _names, _profiles, _accounts, _numbers):
            with contextlib.suppress(OSError, pywintypes.error, ValueError):
                yield from ask()

    def _hosts() -> Iterator[tuple[FactKind, str]]:
        for variable in ("COMPUTERNAME", "USERDOMAIN", "USERDNSDOMAIN", "LOGONSERVER"):
            name = os.environ.get(variable, "").strip("\\")
            if name.lower() not in _NO_DOMAINS:
                yield "host", name
        for kind in _COMPUTER_NAMES:
            yield "host", win32api.GetComputerNameEx(kind)

    def _names() -> Iterator[tuple[FactKind, str]]:
        yield "user", os.environ.get("USERNAME", "")
        told: list[tuple[FactKind, str]] = []

        def ask() -> None:
            kinds: tuple[tuple[FactKind, int], ...] = (("name", _DISPLAY_NAME), ("mail", _PRINCIPAL_NAME))
            for kind, form in kinds:
                if name := _name_of_user(form):
                    told.append((kind, name))

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        for key, value in ((_LOGON, "LastLoggedOnDisplayName"), (_WINDOWS, "RegisteredOwner")):
            told.append(("name", _registry(key, value)))
        asking.join(_NAME_SECONDS)
        for kind, name in list(told):
            # Of a name of one word, that word is the log-in name or a word of the language.
            if kind == "mail" or (" " in name and name.lower() not in _NO_OWNERS):
                yield kind, name

    def _name_of_user(form: int) -> str:
        """Who runs this, in a form of EXTENDED_NAME_FORMAT (secext.h); empty where Windows knows none.

        Other threads go on meanwhile. pywin32's GetUserNameEx lets none while it asks for the length, and the whole
        process would wait for a controller that does not answer.

        https://learn.microsoft.com/windows/win32/api/secext/nf-secext-getusernameexw
        """
        size = ctypes.c_ulong(_NAME_CHARACTERS)
        buffer = ctypes.create_unicode_buffer(_NAME_CHARACTERS)
        ask = ctypes.WinDLL("secur32").GetUserNameExW
        ask.restype = ctypes.c_ubyte  # BOOLEAN
        return buffer.value if ask(form, buffer, ctypes.byref(size)) else ""

    def _profiles() -> Iterator[tuple[FactKind, str]]:
        """Who has ever signed in: identifier (SID), folder, and the folder's short name (``JANEDO~1``)."""
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{_WINDOWS}\ProfileList") as key:
            identifiers = [winreg.EnumKey(key, index) for index in range(winreg.QueryInfoKey(key)[0])]
        for identifier in identifiers:
            if identifier.startswith(_PEOPLE):
                yield "user", identifier.removesuffix(".bak")
                folder = _registry(rf"{_WINDOWS}\ProfileList\{identifier}", "ProfileImagePath")
                yield "user", PureWindowsPath(folder).name
                with contextlib.suppress(pywintypes.error):
                    yield "user", PureWindowsPath(win32api.GetShortPathName(os.path.expandvars(folder))).name

    def _accounts() -> Iterator[tuple[FactKind, str]]:
        """This computer's own accounts, with their full names."""
        entries, _, _ = win32net.NetUserEnum(None, 20)
        for entry in entries:
            if int(entry["user_id"]) >= _FIRST_PERSON:
                yield "user", str(entry["name"])
                full_name = str(entry["full_name"] or "")
                if " " in full_name:
                    yield "name", full_name

    def _numbers() -> Iterator[tuple[FactKind, str]]:
        yield "serial", _registry(_CRYPTOGRAPHY, "MachineGuid")
        kernel = ctypes.WinDLL("kernel32")
        size_bytes = kernel.GetSystemFirmwareTable(_RSMB, 0, None, 0)
        buffer = ctypes.create_string_buffer(size_bytes)
        kernel.GetSystemFirmwareTable(_RSMB, 0, buffer, size_bytes)
        for number in serials_of_firmware(buffer.raw[8:]):
            if len(set(number)) > 3:  # else it is a filling, as 00000000-0000-…
                yield "serial", number

    def _registry(key: str, value: str) -> str:
        """A text of the machine's registry; empty where there is none."""
        try:
            # The one of 64 bits, whichever this Python has.
            rights = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key, 0, rights) as opened:
                return str(winreg.QueryValueEx(opened, value)[0])
        except OSError:
            return ""
