"""What may be put into Windows' list of services, and what may not; ``tests/windows`` puts it there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("Windows alone keeps a list of services", allow_module_level=True)

import pywintypes
import win32security
import win32service
import winerror

from agent.errors import StorageError, UsageError
from agent.service import windows_list


def looked_at(monkeypatch: pytest.MonkeyPatch, text: str) -> bool:
    """Whether a folder with that list counts as one that others may change."""
    made = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, win32security.SDDL_REVISION_1)
    monkeypatch.setattr(win32security, "GetNamedSecurityInfo", lambda *_: made)
    return windows_list._others_may_change("C:\\x")


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)", False),  # as Program Files: users read
        ("O:SYD:(A;OICIIO;GA;;;CO)(A;;FA;;;BA)", False),  # what only files in it take over
        ("O:BAD:(D;;FA;;;WD)(A;;FA;;;SY)", False),
        ("O:BAD:(A;;0x1301bf;;;AU)(A;;FA;;;BA)", True),  # as a folder made at a disk's root: all users may modify
        ("O:BAD:(A;;0x2;;;BU)", True),
        ("O:BAD:(A;;0x40;;;BU)", True),
        ("O:BAD:(A;;WD;;;BU)", True),
        ("O:BAD:(A;;GW;;;WD)", True),
        ("O:S-1-5-21-1-2-3-1001D:P(A;;FA;;;BA)", True),  # an owner may change the list
        ("O:BA", True),  # no list at all lets everybody do everything
    ],
)
def test_who_may_change_a_folder(monkeypatch: pytest.MonkeyPatch, text: str, may: bool) -> None:
    assert looked_at(monkeypatch, text) is may


def test_a_program_that_others_may_change_is_not_let_run_as_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_list, "_others_may_change", lambda folder: folder == sys.prefix)
    with pytest.raises(StorageError, match="the system would run") as refused:
        windows_list.install()
    assert "Program Files" in refused.value.advice


def test_settings_that_others_may_change_are_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sendlogs"
    folder.mkdir()
    monkeypatch.setattr(windows_list.places, "machine_config_folder", lambda: folder)
    monkeypatch.setattr(windows_list, "_others_may_change", lambda looked_at: looked_at == str(folder))
    with pytest.raises(StorageError, match="settings of the whole computer"):
        windows_list.install()


def test_the_folder_of_settings_is_administrators_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked_at(monkeypatch, windows_list._SETTINGS_LIST) is False


def test_the_folder_of_settings_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(windows_list, "_others_may_change", lambda _: False)
    for _ in range(2):
        windows_list._make_settings_folder(tmp_path / "sendlogs")
    assert (tmp_path / "sendlogs").is_dir()
    with pytest.raises(StorageError, match="cannot be made"):
        windows_list._make_settings_folder(tmp_path / "none" / "sendlogs")


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

    monkeypatch.setattr(windows_list, "_others_may_change", lambda _: False)
    monkeypatch.setattr(windows_list, "_make_settings_folder", lambda _: None)
    monkeypatch.setattr(win32service, "OpenSCManager", refuse)
    with pytest.raises(kind, match=said):
        windows_list.install()
    monkeypatch.setattr(windows_list.win32serviceutil, "QueryServiceStatus", refuse)
    with pytest.raises(kind, match=said):
        windows_list.remove()
