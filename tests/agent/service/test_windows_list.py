"""What may be put into Windows' list of services, and what may not; ``tests/windows`` puts it there."""

from __future__ import annotations

import os
import sys
import uuid
from dataclasses import dataclass
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

PROGRAMS = windows_list._programs


@pytest.fixture(autouse=True)
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A small program that nobody else can change, in a folder that nobody can put another in the place of."""
    folder = tmp_path / "Program Files" / "sendlogs"
    (folder / "Lib" / "site-packages").mkdir(parents=True)
    (folder / "Lib" / "site-packages" / "more.pth").write_bytes(b"")
    monkeypatch.setattr(windows_list, "_programs", lambda: (folder,))
    monkeypatch.setattr(windows_access, "who_else_writes", lambda _: [])
    monkeypatch.setattr(windows_access, "who_else_replaces", lambda _: [])
    return folder


def test_a_guarded_program_is_taken(program: Path) -> None:
    windows_list._refuse_what_others_change(program)


@pytest.mark.parametrize("part", [".", "Lib", "Lib/site-packages", "Lib/site-packages/more.pth"])
def test_a_program_that_others_may_change_is_not_let_run_as_the_system(
    monkeypatch: pytest.MonkeyPatch, program: Path, part: str
) -> None:
    monkeypatch.setattr(windows_access, "who_else_writes", lambda it: ["jo"] if it == program / part else [])
    with pytest.raises(StorageError) as refused:
        windows_list.install()
    assert f"The system would run what jo may put into {program / part}" in str(refused.value)
    assert "Program Files" in refused.value.advice


def test_a_program_that_others_may_move_away_is_not_let_run_as_the_system(
    monkeypatch: pytest.MonkeyPatch, program: Path
) -> None:
    for place in (program, *program.parents):
        monkeypatch.setattr(windows_access, "who_else_replaces", lambda it, place=place: ["jo"] * (it == place))
        with pytest.raises(StorageError, match="or in its place") as refused:
            windows_list.install()
        assert f"into {place}, " in str(refused.value)


def test_a_program_is_not_looked_for_behind_a_link(monkeypatch: pytest.MonkeyPatch, program: Path) -> None:
    for place in (program.parent, program / "Lib"):
        number = place.stat().st_ino
        monkeypatch.setattr(windows_access, "is_link", lambda found, number=number: found.st_ino == number)
        monkeypatch.setattr(windows_list, "_all_in", all_of)
        with pytest.raises(StorageError, match="leads, which is a link") as refused:
            windows_list.install()
        assert str(place) in str(refused.value)


def all_of(folder: Path) -> list[Entry]:
    """What ``os.scandir`` would tell, whose entries do not tell the number of a file."""
    return [Entry(str(path)) for path in folder.rglob("*")]


@dataclass
class Entry:
    """An entry of a folder."""

    path: str

    def stat(self, *, follow_symlinks: bool) -> os.stat_result:
        """Of the entry itself."""
        return Path(self.path).stat(follow_symlinks=follow_symlinks)


def test_what_goes_away_meanwhile_is_no_fault_and_what_cannot_be_read_is(
    monkeypatch: pytest.MonkeyPatch, program: Path
) -> None:
    def missing(path: Path) -> list[str]:
        if path.name == "more.pth":
            raise raised
        return []

    monkeypatch.setattr(windows_access, "who_else_writes", missing)
    raised: OSError = FileNotFoundError(2, "gone")
    windows_list._refuse_what_others_change(program)
    raised = PermissionError(13, "no")
    with pytest.raises(StorageError, match="cannot be found out"):
        windows_list.install()


def test_the_program_is_all_that_the_service_runs() -> None:
    for folder in (sys.prefix, sys.base_prefix, windows_list.agent.__path__[0]):
        assert any(Path(folder).is_relative_to(found) for found in PROGRAMS())


def test_settings_behind_a_link_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sendlogs"
    folder.mkdir()
    monkeypatch.setattr(windows_access, "is_link", lambda found: found.st_ino == folder.stat().st_ino)
    with pytest.raises(StorageError, match="is a link"):
        windows_list._make_settings_folder(folder)


def test_settings_that_others_may_change_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sendlogs"
    folder.mkdir()
    monkeypatch.setattr(windows_list.places, "machine_config_folder", lambda: folder)
    monkeypatch.setattr(windows_access, "who_else_writes", lambda it: ["jo", "kim"] if it == folder else [])
    with pytest.raises(StorageError, match="jo and kim may write"):
        windows_list.install()


def test_the_folder_of_settings_is_administrators_to_write() -> None:
    """As it is made; Wine keeps no lists of files."""
    text = windows_list._SETTINGS_LIST
    made = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, win32security.SDDL_REVISION_1)
    access = windows_access._access(made)
    assert not access.others_with(windows_access._WRITING, access.admitted)


def test_the_folder_of_settings_is_made_once(tmp_path: Path) -> None:
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

    monkeypatch.setattr(windows_list, "_make_settings_folder", lambda _: None)
    monkeypatch.setattr(win32service, "OpenSCManager", refuse)
    with pytest.raises(kind, match=said):
        windows_list.install()
    monkeypatch.setattr(windows_list.win32serviceutil, "QueryServiceStatus", refuse)
    with pytest.raises(kind, match=said):
        windows_list.remove()
