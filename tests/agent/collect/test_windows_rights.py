"""Who could have put a program or a link there is named; this account, the system and the administrators are not."""

import os
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("the lists are Windows' own", allow_module_level=True)

import ctypes

import win32file
import win32security

from agent.collect import windows_rights
from config import windows_access

CLOSED = "O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;OICI;0x1200a9;;;BU)"
MODIFY = CLOSED + "(A;OICI;0x1301bf;;;AU)"  # as a folder made in C:\\ takes over
DISK = CLOSED + "(A;CI;0x4;;;AU)(A;OICIIO;SDGXGWGR;;;AU)"  # as C:\\ itself: folders may be made in it
OF_JANE = "O:S-1-5-21-1-2-3-1001D:(A;;FA;;;BA)"  # the owner may change the list
CHILDREN = CLOSED + "(A;;0x40;;;AU)"  # FILE_DELETE_CHILD


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """One in a folder of an application's, in one that stands for the disk."""
    place = tmp_path.resolve() / "app" / "bin" / "tool.exe"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no program")
    return place


@pytest.fixture
def lists(program: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, str]:
    """What list each place has, for which Wine keeps none; another is closed."""
    given = {program.parents[2]: DISK}

    def asked(handle: int, *_: object) -> object:
        place = Path(win32file.GetFinalPathNameByHandle(handle, 0).removeprefix("\\\\?\\"))
        return win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(given.get(place, CLOSED), 1)

    monkeypatch.setattr(win32security, "GetSecurityInfo", asked)
    return given


@pytest.mark.usefixtures("lists")
def test_nobody_is_behind_a_program_that_administrators_installed(program: Path) -> None:
    assert windows_rights.others_behind_program(program) == []


@pytest.mark.parametrize(
    ("above", "text"),
    [
        (0, MODIFY),
        (0, OF_JANE),
        (0, "O:BA"),  # no list admits everybody
        (1, MODIFY),
        (1, CLOSED + "(A;;0x2;;;AU)"),  # may put a library beside it
        (2, MODIFY),
        (2, CHILDREN),
        (2, OF_JANE),
        (3, CHILDREN),
    ],
)
def test_whoever_may_change_a_program_or_rename_what_it_lies_in_is_named(
    program: Path, lists: dict[Path, str], above: int, text: str
) -> None:
    lists[(program, *program.parents)[above]] = text
    assert len(windows_rights.others_behind_program(program)) == 1


def test_who_may_only_add_beside_a_folder_above_is_not_named(program: Path, lists: dict[Path, str]) -> None:
    lists[program.parents[1]] = DISK
    assert windows_rights.others_behind_program(program) == []
    lists[program.parent] = DISK  # beside the program itself that is enough
    assert len(windows_rights.others_behind_program(program)) == 1


def test_this_account_is_no_other(program: Path, lists: dict[Path, str]) -> None:
    mine = windows_rights._identifier()
    lists.update(dict.fromkeys((program, *program.parents), f"O:{mine}D:(A;;FA;;;{mine})"))
    assert windows_rights.others_behind_program(program) == []


def test_this_account_is_known_where_its_domain_cannot_be_asked(
    program: Path, lists: dict[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise windows_access.pywintypes.error(1332, "LookupAccountSid", "No mapping was done.")

    monkeypatch.setattr(win32security, "LookupAccountSid", unknown)
    lists[program] = f"O:{windows_rights._identifier()}D:(A;;FA;;;BA)"
    assert windows_rights.others_behind_program(program) == []


@pytest.mark.parametrize("above", [0, 1])
def test_a_link_is_as_good_as_its_own_list_and_its_folders(program: Path, lists: dict[Path, str], above: int) -> None:
    assert windows_rights.others_behind_link(program) == []
    place = (program, program.parent)[above]
    for text in (MODIFY, OF_JANE, CLOSED + "(A;;0x100;;;AU)"):  # the last is FILE_WRITE_ATTRIBUTES
        lists[place] = text
        assert len(windows_rights.others_behind_link(program)) == 1


def test_what_is_not_there_is_told_as_python_tells_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        windows_rights.others_behind_program(tmp_path / "absent.exe")


def test_the_system_and_an_elevated_account_are_elevated(monkeypatch: pytest.MonkeyPatch) -> None:
    assert windows_rights.is_elevated() == bool(ctypes.windll.shell32.IsUserAnAdmin())
    ask = win32security.GetTokenInformation

    def unelevated(token: int, kind: int) -> object:
        return 0 if kind == win32security.TokenElevation else ask(token, kind)

    monkeypatch.setattr(win32security, "GetTokenInformation", unelevated)
    assert not windows_rights.is_elevated()
    monkeypatch.setattr(windows_rights, "_identifier", lambda: "S-1-5-18")
    assert windows_rights.is_elevated()


def test_this_accounts_name_is_the_one_it_logs_on_with() -> None:
    assert windows_rights._name().rpartition("\\")[2].lower() == os.environ["USERNAME"].lower()
