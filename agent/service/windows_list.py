"""Putting the service into Windows' list of services, and taking it out: what a unit file is to systemd.

It is started with the computer, a little later than what the computer itself needs, as the system's own account with no
privilege but the one to pass through folders, and again five seconds after it crashed. Since the system runs it, nobody
but administrators may be able to change the program, or the settings of the whole computer.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import winreg
from collections.abc import Iterator
from pathlib import Path

import pywintypes
import win32file
import win32security
import win32service
import win32serviceutil
import winerror

import agent
from agent.errors import StorageError, UsageError
from agent.service.windows import NAME, OPTION
from config import places, windows_access

assert sys.platform == "win32"

_DESCRIPTION = "Answers support's requests for logs, delivers what waits."
_AGAIN = [(win32service.SC_ACTION_RESTART, 5_000)]  # milliseconds
_FORGET_CRASHES_SECONDS = 600
_END_SECONDS = 10  # the service takes 2
_KEY = rf"SYSTEM\CurrentControlSet\Services\{NAME}"
_EXTRAS = (
    (win32service.SERVICE_CONFIG_DESCRIPTION, _DESCRIPTION),
    (win32service.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, True),
    (
        win32service.SERVICE_CONFIG_FAILURE_ACTIONS,
        {"ResetPeriod": _FORGET_CRASHES_SECONDS, "RebootMsg": "", "Command": "", "Actions": _AGAIN},
    ),
    (win32service.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, [win32security.SE_CHANGE_NOTIFY_NAME]),
)
# Users may read the settings of the whole computer, and administrators write them, whoever made the folder above.
_SETTINGS_LIST = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)"


def install() -> None:
    """Put the service into the list. Raise ``UsageError`` where it is there, ``StorageError`` where it may not be."""
    for folder in _programs():
        _refuse_what_others_change(folder)
    _make_settings_folder(places.machine_config_folder())
    with _told():
        manager = win32service.OpenSCManager(None, None, win32service.SC_MANAGER_CREATE_SERVICE)
        service = win32service.CreateService(
            manager,
            NAME,
            NAME,
            win32service.SERVICE_ALL_ACCESS,
            win32service.SERVICE_WIN32_OWN_PROCESS,
            win32service.SERVICE_AUTO_START,
            win32service.SERVICE_ERROR_NORMAL,
            # With a path that has a space in quotes, of which Windows would else try the first part.
            subprocess.list2cmdline([str(_interpreter()), "-I", "-m", "agent.service", OPTION]),
            None,
            False,  # noqa: FBT003 - no tag
            None,
            None,
            None,
        )
        try:
            for kind, value in _EXTRAS:
                win32service.ChangeServiceConfig2(service, kind, value)
            _stand_in_environment()
        except (pywintypes.error, OSError):
            win32service.DeleteService(service)
            raise


def _interpreter() -> Path:
    """The interpreter itself: what an environment has starts it as a child, which the control manager does not know."""
    return Path(sys.executable) if sys.prefix == sys.base_prefix else Path(sys.base_prefix) / "python.exe"


def _stand_in_environment() -> None:
    """Let that interpreter be the environment's, in the way in which the environment's own says so to it.

    As ``multiprocessing`` does (popen_spawn_win32); a service's own variables: "Environment", REG_MULTI_SZ, of its key.
    """
    if sys.prefix != sys.base_prefix:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _KEY, access=winreg.KEY_SET_VALUE) as key:
            told = [f"__PYVENV_LAUNCHER__={sys.executable}"]
            winreg.SetValueEx(key, "Environment", 0, winreg.REG_MULTI_SZ, told)


def remove() -> None:
    """End the service and take it out of the list. Raise ``UsageError`` where it is not there, ``StorageError``."""
    with _told():
        if win32serviceutil.QueryServiceStatus(NAME)[1] != win32service.SERVICE_STOPPED:
            win32serviceutil.StopService(NAME)
            win32serviceutil.WaitForServiceStatus(NAME, win32service.SERVICE_STOPPED, _END_SECONDS)
        win32serviceutil.RemoveService(NAME)


def _programs() -> tuple[Path, ...]:
    """The folders out of which the service is run."""
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), Path(agent.__file__).parents[1])))


def _refuse_what_others_change(folder: Path) -> None:
    """Raise ``StorageError`` if others may put something in the place of ``folder``, or change anything in it."""
    try:
        for place in (folder, *folder.parents):
            _refuse(place, place.lstat(), windows_access.who_else_replaces(place))
        _refuse(folder, folder.lstat(), windows_access.who_else_writes(folder))
        for entry in _all_in(folder):
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                _refuse(
                    Path(entry.path),
                    entry.stat(follow_symlinks=False),
                    windows_access.who_else_writes(Path(entry.path)),
                )
    except OSError as error:
        raise StorageError(f"Who may change the program cannot be found out: {error}") from error


def _refuse(place: Path, found: os.stat_result, others: list[str]) -> None:
    if windows_access.is_link(found):
        said = f"The system would run what lies where {place} leads, which is a link."
    elif others:
        said = f"The system would run what {' and '.join(others)} may put into {place}, or in its place."
    else:
        return
    raise StorageError(
        said, advice="Install sendlogs for all users, below C:\\Program Files, and try again from there."
    )


def _all_in(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Whatever is in ``folder``, each folder before what is in it."""
    with os.scandir(folder) as found:
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _all_in(entry.path)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Raise what Windows says no with as a sentence."""
    try:
        yield
    except pywintypes.error as error:
        match error.winerror:
            case winerror.ERROR_SERVICE_EXISTS | winerror.ERROR_SERVICE_MARKED_FOR_DELETE:
                raise UsageError("The service is installed already.", advice="See: sc query sendlogs") from error
            case winerror.ERROR_SERVICE_DOES_NOT_EXIST:
                raise UsageError("The service is not installed.") from error
            case winerror.ERROR_ACCESS_DENIED:
                advice = "Open a prompt 'as administrator'."
                raise StorageError("Only an administrator may do that.", advice=advice) from error
        raise StorageError(f"Windows does not do that: {error.strerror}") from error


def _make_settings_folder(folder: Path) -> None:
    """Make the folder of the computer's settings; one that is there must not be for others to write in."""
    advice = "Look at what is in it, remove it, and try again."
    made = win32security.SECURITY_ATTRIBUTES()
    made.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
        _SETTINGS_LIST, win32security.SDDL_REVISION_1
    )
    try:
        win32file.CreateDirectory(str(folder), made)
    except pywintypes.error as error:
        if error.winerror != winerror.ERROR_ALREADY_EXISTS:
            raise StorageError(f"{folder} cannot be made: {error.strerror}") from error
    if windows_access.is_link(folder.lstat()):  # which any user may have planted
        raise StorageError(f"{folder}, for the settings of the whole computer, is a link.", advice=advice)
    if others := windows_access.who_else_writes(folder):
        raise StorageError(
            f"The settings of the whole computer lie in {folder}, where {' and '.join(others)} may write.",
            advice=advice,
        )
