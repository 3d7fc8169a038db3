"""Who else could change what lies on Windows, or put something in its place; and whom what is made there names.

Wine keeps too little of a list to see that, so what Windows says of a place is given here as text.
"""

import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("the lists are Windows' own", allow_module_level=True)

import stat
import subprocess
from types import SimpleNamespace

import win32security

from config import windows_access

LIST = win32security.DACL_SECURITY_INFORMATION


def me():
    return windows_access.account_of(win32security.TokenUser)


def given_to(folder):
    given = windows_access._attributes(folder, "OICI").SECURITY_DESCRIPTOR
    return win32security.ConvertSecurityDescriptorToStringSecurityDescriptor(given, 1, LIST)


@pytest.mark.parametrize(
    ("owner_of_what_is_made", "around", "is_named"),
    [
        ("S-1-5-32-544", "O:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{jo})", True),  # a profile
        ("S-1-5-32-544", "O:{jo}D:(A;OICI;FA;;;BA)", True),
        ("S-1-5-32-544", "O:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;CI;0x2;;;BU)", False),  # ProgramData
        ("S-1-5-32-544", "O:BAD:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", False),  # what was made there
        ("{jo}", "O:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;CI;0x2;;;BU)", True),
    ],
)
def test_an_administrator_is_named_only_where_the_account_is_known(
    tmp_path, monkeypatch, owner_of_what_is_made, around, is_named
):
    """Elsewhere the system's service reads, and may be away from the domain that knows who is an administrator."""
    jo = "S-1-5-21-1-2-3-1001"
    accounts = {win32security.TokenUser: jo, win32security.TokenOwner: owner_of_what_is_made.format(jo=jo)}
    found = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(around.format(jo=jo), 1)
    monkeypatch.setattr(windows_access, "account_of", accounts.__getitem__)
    monkeypatch.setattr(windows_access.win32security, "GetNamedSecurityInfo", lambda *asked: found)
    text = given_to(tmp_path / "state")
    assert (jo in text) == is_named
    monkeypatch.setattr(windows_access, "account_of", lambda which: "S-1-5-18")  # the service
    monkeypatch.setattr(windows_access, "_is_administrators", lambda account: False)  # which nobody tells now
    made = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(f"O:BA{text}", 1)
    assert windows_access._access(made).is_open_to_others == is_named


def test_an_administrator_too_is_told_of_a_folder_that_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(windows_access, "account_of", lambda which: "S-1-5-32-544")
    with pytest.raises(FileNotFoundError) as found:
        windows_access.make_folder(tmp_path / "missing" / "folder")
    assert found.value.filename == str(tmp_path / "missing" / "folder")


def test_the_owner_is_admitted_as_such_since_a_share_may_know_the_person_by_another_account(monkeypatch):
    monkeypatch.setattr(windows_access, "account_of", lambda which: "S-1-5-21-1-2-3-1001")
    text = given_to(Path("C:\\x"))
    assert text.startswith("D:P(")
    assert "(A;OICI;FA;;;S-1-5-21-1-2-3-1001)" in text
    assert "(A;OICI;FA;;;OW)" in text or "(A;OICI;FA;;;S-1-3-4)" in text


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("O:BAD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)", 0),
        ("O:SYD:(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)(A;OICIIO;GA;;;CO)", 0),
        ("O:BAD:(D;;FA;;;WD)(A;;FA;;;BA)", 0),
        ("O:BAD:(A;;FA;;;BA)(A;CI;0x2;;;BU)", 1),  # may add files to it, as everybody may in ProgramData
        ("O:BAD:(A;;FA;;;BA)(A;;0x10000;;;BU)(A;;0x40000;;;AU)", 2),  # may remove it, may change the list
        ("O:BAD:(A;;FA;;;BA)(A;;GA;;;WD)", 1),
        ("O:{me}D:(A;;FA;;;BA)", 1),
        ("O:BA", 1),
    ],
)
def test_who_could_change_a_place_is_named(tmp_path, monkeypatch, text, others):
    found = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text.format(me=me()), 1)
    monkeypatch.setattr(windows_access.win32security, "GetSecurityInfo", lambda *asked: found)
    assert len(windows_access.who_else_writes(tmp_path)) == others


GUARDED = "O:BAD:(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)"
# As Windows sets up C:\, where users may make folders, and change what is in those.
DISK = (
    f"O:{windows_access._TRUSTED_INSTALLER}D:(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)"
)


@pytest.mark.parametrize(
    ("text", "around", "others"),
    [
        (GUARDED, DISK, 0),
        (DISK, DISK, 0),
        ("O:SYD:(A;;FA;;;SY)(A;CI;0x116;;;BU)", DISK, 0),  # ProgramData: may add to it
        ("O:{me}D:(A;;FA;;;BA)", DISK, 1),
        ("O:BAD:(A;;FA;;;BA)(A;;SD;;;BU)", DISK, 1),
        ("O:BAD:(A;;FA;;;BA)(A;;WD;;;BU)(A;;WO;;;AU)", DISK, 2),
        ("O:BAD:(A;;GA;;;WD)", DISK, 1),
        ("O:BA", DISK, 1),
        (GUARDED, "O:BAD:(A;;FA;;;BA)(A;;0x40;;;BU)", 1),  # may delete what is in it
        (GUARDED, "O:BAD:(A;;FA;;;BA)(A;;WD;;;BU)", 1),
        (GUARDED, "O:BAD:(A;;FA;;;BA)(A;;SD;;;BU)", 0),  # who may move the folder around it is asked of that
        (GUARDED, "O:{me}D:(A;;FA;;;BA)", 1),
    ],
)
def test_who_could_put_something_in_the_place_of_another_is_named(tmp_path, monkeypatch, text, around, others):
    given = {tmp_path / "program": text, tmp_path: around}
    for path, said in given.items():
        given[path] = windows_access._access(
            win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(said.format(me=me()), 1)
        )
    monkeypatch.setattr(windows_access, "_access_itself", given.__getitem__)
    assert len(windows_access.who_else_replaces(tmp_path / "program")) == others


@pytest.mark.parametrize(
    ("text", "others"),
    [
        (DISK, 0),
        ("O:BAD:(A;;FA;;;BA)(A;;0x1301bf;;;AU)", 0),  # a second disk, all of which users may change, and never move
        ("O:BAD:(A;;FA;;;BA)(A;;FA;;;AU)", 1),
    ],
)
def test_a_disk_is_asked_about_what_is_in_it_alone(tmp_path, monkeypatch, text, others):
    whole = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, 1)
    monkeypatch.setattr(windows_access.win32security, "GetSecurityInfo", lambda *asked: whole)
    assert len(windows_access.who_else_replaces(Path(tmp_path.anchor))) == others


def test_a_place_that_is_missing_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        windows_access.who_else_replaces(tmp_path / "missing")


EVERYBODY = "S-1-1-0"
EVERYBODY_TOO = "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICI;FR;;;WD)"


def admit(path, text):
    given = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, 1)
    win32security.SetFileSecurity(str(path), LIST, given)


def junction(path, target):
    """Make the junction ``path``, as any user may; skip the test where there are none."""
    made = subprocess.run(["cmd", "/c", "mklink", "/J", path, target], capture_output=True, check=False)
    if made.returncode or not path.exists() or not path.lstat().st_reparse_tag:
        pytest.skip("this system makes no junctions")


def test_a_link_is_told_from_the_folder_it_leads_to_and_has_a_list_of_its_own(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    assert not windows_access.is_link(folder.lstat())
    junction(tmp_path / "link", folder)
    assert windows_access.is_link((tmp_path / "link").lstat())
    admit(folder, EVERYBODY_TOO)
    assert EVERYBODY in windows_access._access_of(tmp_path / "link").admitted
    assert EVERYBODY not in windows_access._access_itself(tmp_path / "link").admitted


@pytest.mark.parametrize(
    ("tag", "is_link"),
    [
        (stat.IO_REPARSE_TAG_MOUNT_POINT, True),
        (stat.IO_REPARSE_TAG_SYMLINK, True),
        (0x8000_0013, False),  # a file that the disk keeps once for all that are equal
        (0, False),
    ],
)
def test_what_leads_elsewhere_is_known_by_its_tag(tag, is_link):
    assert windows_access.is_link(SimpleNamespace(st_reparse_tag=tag)) == is_link
