"""What may be put into Windows' list of services, and what may not; ``tests/windows`` puts it there."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("Windows alone keeps a list of services", allow_module_level=True)

import winreg

import pywintypes
import win32security
import win32service
import winerror

from agent.errors import StorageError, UsageError
from agent.service import windows_list
from config import windows_access


def test_a_program_that_others_may_change_is_not_let_run_as_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_access, "who_else_writes", lambda folder: ["jo"] if folder == Path(sys.prefix) else [])
    with pytest.raises(StorageError, match="The system would run what jo may put") as refused:
        windows_list.install()
    assert "Program Files" in refused.value.advice


def test_settings_that_others_may_change_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sendlogs"
    folder.mkdir()
    monkeypatch.setattr(windows_list.places, "machine_config_folder", lambda: folder)
    monkeypatch.setattr(windows_access, "who_else_writes", lambda it: ["jo", "kim"] if it == folder else [])
    with pytest.raises(StorageError, match="jo and kim may write"):
        windows_list.install()


def test_the_folder_of_settings_is_administrators_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is made; Wine keeps no lists of files."""
    text = windows_list._SETTINGS_LIST
    made = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, win32security.SDDL_REVISION_1)
    monkeypatch.setattr(win32security, "GetNamedSecurityInfo", lambda *_: made)
    assert windows_access.who_else_writes(Path("C:\\x")) == []


def test_the_folder_of_settings_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(windows_access, "who_else_writes", lambda _: [])
    for _ in range(2):
        windows_list._make_settings_folder(tmp_path / "sendlogs")
    assert (tmp_path / "sendlogs").is_dir()
    with pytest.raises(StorageError, match="cannot be made"):
        windows_list._make_settings_folder(tmp_path / "none" / "sendlogs")


def test_of_an_environment_the_interpreter_itself_is_started_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    assert windows_list._interpreter() == Path(sys.executable)
    windows_list._stand_in_environment()
    key = rf"Software\sendlogs-test-{uuid.uuid4()}"
    winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, key).Close()
    try:
        monkeypatch.setattr(windows_list, "_KEY", key)
        monkeypatch.setattr(sys, "prefix", r"C:\Program Files\sendlogs")
        monkeypatch.setattr(sys, "executable", r"C:\Program Files\sendlogs\Scripts\python.exe")
        assert windows_list._interpreter() == Path(sys.base_prefix) / "python.exe"
        windows_list._stand_in_environment()
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            assert winreg.QueryValueEx(opened, "Environment") == (
                [r"__PYVENV_LAUNCHER__=C:\Program Files\sendlogs\Scripts\python.exe"],
                winreg.REG_MULTI_SZ,
            )
    finally:
        winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, key)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (winerror.ERROR_SERVICE_EXISTS, UsageError, "installed already"),
        (winerror.ERROR_SERVICE_DOES_NOT_EXIST, UsageError, "not installed"),
        (winerror.ERROR_ACCESS_DENIED, StorageError, "administrator"),
        (winerror.ERROR_GEN_FAILURE, StorageError, "does not do that: broken"),
    ],
)
def test_what_windows_refuses_is_a_sentence(monkeypatch: pytest.MonkeyPatch, code: int, kind: type, said: str) -> None:
    def refuse(*_: object) -> None:
        raise pywintypes.error(code, "OpenSCManager", "broken")

    monkeypatch.setattr(windows_access, "who_else_writes", lambda _: [])
    monkeypatch.setattr(windows_list, "_make_settings_folder", lambda _: None)
    monkeypatch.setattr(win32service, "OpenSCManager", refuse)
    with pytest.raises(kind, match=said):
        windows_list.install()
    monkeypatch.setattr(windows_list.win32serviceutil, "QueryServiceStatus", refuse)
    with pytest.raises(kind, match=said):
        windows_list.remove()
