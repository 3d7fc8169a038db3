"""What is made on Windows admits its owner, the system and the administrators, and what admits others is seen.

Wine keeps of a list only what the permission bits below it can say: entries for the administrators and the owner are
lost, and a new file takes over the process's umask where Windows gives it the folder's list.
"""

import os
import sys
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("the lists are Windows' own", allow_module_level=True)

import ctypes
import stat

import win32security

from config import private_files, windows_access
from config.private_files import is_open_to_others, make_private_folder, open_private, read_private, write_private

WINE = hasattr(ctypes.windll.ntdll, "wine_get_version")
LIST = win32security.DACL_SECURITY_INFORMATION


def entries(path):
    """What the list of ``path`` says, as text: ``A;flags;rights;;;account`` each, sorted."""
    found = win32security.GetNamedSecurityInfo(str(path), win32security.SE_FILE_OBJECT, LIST)
    text = win32security.ConvertSecurityDescriptorToStringSecurityDescriptor(found, 1, LIST)
    return sorted(text.partition("(")[2].rstrip(")").split(")("))


def admit(path, text):
    """Put a list in the place of the one ``path`` has, as somebody with another program would."""
    given = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(text, 1)
    win32security.SetFileSecurity(str(path), LIST, given)


def me():
    return windows_access.account_of(win32security.TokenUser)


def ours(flags):
    accounts = ["SY", me()] if WINE else ["SY", me(), "OW", "BA"]
    return sorted(f"A;{flags};FA;;;{account}" for account in accounts)


EVERYBODY_TOO = "D:P(A;OICI;FA;;;{me})(A;OICI;FA;;;SY)(A;OICI;FR;;;WD)"


@pytest.fixture
def open_folder(tmp_path):
    """A folder of ours that everybody may look into."""
    folder = tmp_path / "open"
    folder.mkdir()
    admit(folder, EVERYBODY_TOO.format(me=me()))
    assert is_open_to_others(folder)
    return folder


def test_a_folder_admits_its_owner_the_system_and_the_administrators_and_is_inherited(open_folder):
    windows_access.make_folder(open_folder / "made")
    assert entries(open_folder / "made") == ours("OICI")
    assert not is_open_to_others(open_folder / "made")


def test_all_folders_on_the_way_are_closed_as_well(open_folder):
    make_private_folder(open_folder / "a" / "b")
    assert entries(open_folder / "a") == entries(open_folder / "a" / "b") == ours("OICI")


def test_a_file_in_an_open_folder_is_closed_before_anything_is_written(open_folder):
    with open_private(open_folder / "bundle.7z") as file:
        assert entries(open_folder / "bundle.7z") == ours("")
        file.write(b"\n\r\n\x1a")
        assert file.name == str(open_folder / "bundle.7z")
    assert (open_folder / "bundle.7z").read_bytes() == b"\n\r\n\x1a"
    assert not is_open_to_others(open_folder / "bundle.7z")


def test_what_is_written_is_closed_whatever_it_replaces(open_folder):
    (open_folder / "file").write_bytes(b"old")
    admit(open_folder / "file", EVERYBODY_TOO.format(me=me()))
    write_private(open_folder / "file", b"new")
    assert read_private(open_folder / "file") == b"new"


@pytest.mark.skipif(WINE, reason="Wine gives a new file no list of its folder")
def test_what_any_program_makes_in_such_a_folder_is_closed(open_folder):
    windows_access.make_folder(open_folder / "made")
    (open_folder / "made" / "file").write_bytes(b"")
    assert not is_open_to_others(open_folder / "made" / "file")


def test_a_folder_of_ours_that_admits_others_is_closed(tmp_path):
    folder = make_private_folder(tmp_path / "outer") / "folder"  # in Wine an open folder around it would be mixed in
    folder.mkdir()
    admit(folder, EVERYBODY_TOO.format(me=me()))
    assert is_open_to_others(folder)
    assert make_private_folder(folder) == folder
    assert entries(folder) == ours("OICI")


@pytest.mark.skipif(WINE, reason="Wine closes the folder alone")
def test_what_took_over_the_open_list_is_closed_with_the_folder(open_folder):
    (open_folder / "file").write_bytes(b"")
    assert is_open_to_others(open_folder / "file")
    make_private_folder(open_folder)
    assert not is_open_to_others(open_folder / "file")


def test_an_open_folder_of_another_account_is_refused_and_left_as_it_is(open_folder, monkeypatch):
    before = entries(open_folder)
    monkeypatch.setattr(windows_access, "account_of", lambda which: "S-1-5-21-1-2-3-1001")
    with pytest.raises(PermissionError, match="another account"):
        make_private_folder(open_folder)
    assert entries(open_folder) == before


def test_a_whole_disk_is_refused(monkeypatch):
    monkeypatch.setattr(windows_access, "_access_of", lambda folder: access(owner=me(), admitted=["S-1-1-0"]))
    with pytest.raises(PermissionError, match="everybody shares"):
        windows_access.narrow(Path(Path.cwd().anchor))


def test_a_disk_that_keeps_no_lists_is_used_and_told_to_be_open(tmp_path, monkeypatch):
    """FAT, of which Windows says that all on it is everybody's."""
    monkeypatch.setattr(windows_access, "_access_of", lambda path: access(owner="S-1-1-0", admitted=["S-1-1-0"]))
    make_private_folder(tmp_path / "state")
    assert is_open_to_others(tmp_path / "state")


def access(owner, admitted):
    found = dict.fromkeys(admitted, windows_access._WRITING)
    return windows_access._Access(owner=owner, admitted=found, admitted_here=found)


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("O:{me}D:(A;;FA;;;{me})", False),
        ("O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)", False),
        ("O:{me}D:(A;OICIIO;FA;;;CO)(A;;FA;;;OW)", False),
        ("O:{me}D:(D;;FA;;;WD)(A;;FA;;;{me})", False),
        ("O:{me}D:", False),  # an empty list admits nobody
        ("O:{me}D:(A;;FA;;;{me})(A;;FR;;;BU)", True),
        ("O:{me}D:(A;;FA;;;{me})(A;;0x100000;;;S-1-5-21-1-2-3-1001)", True),
        ("O:{me}D:(A;OICIIO;FR;;;AU)", True),  # not the folder, but what will be in it
        ("O:S-1-5-21-1-2-3-1001D:(A;;FA;;;{me})", True),  # who owns it may change the list
        ("O:{me}", True),  # no list at all admits everybody
        ("O:{me}D:NO_ACCESS_CONTROL", True),
    ],
)
def test_a_list_is_read_as_windows_reads_it(tmp_path, monkeypatch, text, is_open):
    given = text.format(me=me())
    if "NO_ACCESS" in given and WINE:
        pytest.skip("Wine cannot read NO_ACCESS_CONTROL")
    found = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(given, 1)
    monkeypatch.setattr(windows_access.win32security, "GetNamedSecurityInfo", lambda *asked: found)
    assert windows_access.is_open_to_others(tmp_path) == is_open


@pytest.mark.parametrize(
    ("kind", "groups", "is_open"),
    [
        (win32security.SidTypeUser, ["Users", "Administrators"], False),
        (win32security.SidTypeUser, ["Users"], True),
        (win32security.SidTypeGroup, ["Administrators"], True),
        (win32security.SidTypeUser, None, True),  # nobody answers
    ],
)
def test_an_administrators_own_account_is_admitted_as_all_of_them_are(tmp_path, monkeypatch, kind, groups, is_open):
    def groups_of(server, name, flags):
        assert (server, name) == (None, "LAPTOP\\bob")
        if groups is None:
            raise windows_access.pywintypes.error(1722, "NetUserGetLocalGroups", "The RPC server is unavailable.")
        return groups

    def named(server, sid):
        text = win32security.ConvertSidToStringSid(sid)
        return ("Administrators", "BUILTIN", 4) if text == "S-1-5-32-544" else ("bob", "LAPTOP", kind)

    monkeypatch.setattr(windows_access.win32security, "LookupAccountSid", named)
    monkeypatch.setattr(windows_access.win32net, "NetUserGetLocalGroups", groups_of)
    of_bob = access(owner="S-1-5-32-544", admitted=["S-1-5-18", "S-1-5-32-544", "S-1-3-4", "S-1-5-21-1-2-3-1001"])
    assert of_bob.is_open_to_others == is_open


def test_an_entry_that_cannot_be_read_may_admit_anybody():
    class Conditional:
        def GetAceCount(self):
            return 1

        def GetAce(self, number):
            raise NotImplementedError

    assert windows_access._admitted(Conditional()) == {"S-1-1-0": windows_access._WRITING}


def test_an_account_is_named_as_people_know_it_or_by_its_identifier():
    assert windows_access.name_of("S-1-5-32-545").endswith("Users")
    assert windows_access.name_of("S-1-5-21-1-2-3-1001") == "S-1-5-21-1-2-3-1001"


def test_a_secret_that_admits_others_is_refused(tmp_path):
    write_private(tmp_path / "file", b"secret")
    admit(tmp_path / "file", f"D:P(A;;FA;;;{me()})(A;;FR;;;WD)")
    with pytest.raises(PermissionError, match="open to others"):
        read_private(tmp_path / "file")


def test_a_link_in_place_of_the_secret_is_refused(tmp_path):
    write_private(tmp_path / "file", b"secret")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "file")
    except OSError as error:
        pytest.skip(f"this account may make no links: {error}")
    if WINE:
        pytest.skip("Wine makes no symbolic links")
    with pytest.raises(OSError, match="link"):
        read_private(tmp_path / "link")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "link")


def test_errors_are_those_of_python(tmp_path):
    with pytest.raises(FileNotFoundError) as found:
        open_private(tmp_path / "missing" / "file")
    assert found.value.filename == str(tmp_path / "missing" / "file")
    assert not found.value.strerror.endswith(".")
    with pytest.raises(FileNotFoundError):
        is_open_to_others(tmp_path / "missing")


def test_a_move_replaces_a_file_takes_a_folder_and_never_replaces_one(tmp_path):
    for name in ("file Zoë", "other"):
        (tmp_path / name).write_text(name, "utf-8")
    windows_access.replace(tmp_path / "file Zoë", tmp_path / "other")
    assert (tmp_path / "other").read_text("utf-8") == "file Zoë"
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    windows_access.replace(tmp_path / "folder", tmp_path / "moved")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["inner", "moved", "other"]
    with pytest.raises(PermissionError):
        windows_access.replace(tmp_path / "other", tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        windows_access.replace(tmp_path / "gone", tmp_path / "moved")


def test_a_file_that_is_being_written_can_be_moved_and_removed(tmp_path):
    with open_private(tmp_path / "new") as file:
        private_files.move(tmp_path / "new", tmp_path / "moved")
        file.write(b"x")
    assert (tmp_path / "moved").read_bytes() == b"x"
    with open_private(tmp_path / "gone"):
        (tmp_path / "gone").unlink()


def test_the_descriptor_is_for_bytes_and_ends_with_this_process(tmp_path):
    number = windows_access.create_file(str(tmp_path / "file"))
    with os.fdopen(number, "wb") as file:
        assert not os.get_inheritable(number)
        assert stat.S_ISREG(os.fstat(file.fileno()).st_mode)
