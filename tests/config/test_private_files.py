"""Private files are owner-only from their first byte, whole or not there, and never somebody else's."""

import os
import stat
import threading

import pytest

from config import private_files
from config.private_files import (
    flush_folder,
    is_open_to_others,
    make_private_folder,
    move,
    new_private_folder,
    open_private,
    read_private,
    remove_cut_short,
    write_private,
)


@pytest.fixture
def wide_umask():
    """The widest umask: nothing but the mode that is asked for protects a new file."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.posix
def test_folders_are_private_with_all_that_had_to_be_made(tmp_path, wide_umask):
    made = make_private_folder(tmp_path / "a" / "b" / "c")
    assert [mode(folder) for folder in (made, made.parent, made.parent.parent)] == [0o700] * 3
    assert make_private_folder(made) == made


@pytest.mark.posix
@pytest.mark.parametrize(("around", "holds"), [(0o755, []), (0o700, ["entry"]), (0o755, ["entry", "computer-id"])])
def test_a_folder_that_nobody_else_uses_is_narrowed(tmp_path, around, holds):
    """It is empty, or nobody else can get to it, or it is known as ours."""
    tmp_path.chmod(around)
    folder = tmp_path / "wide"
    folder.mkdir()
    folder.chmod(0o755)
    for name in holds:
        (folder / name).write_text("x")
    assert mode(make_private_folder(folder)) == 0o700


@pytest.mark.posix
def test_a_folder_that_others_use_is_refused_and_left_as_it_is(tmp_path):
    """A wrong setting, as root perhaps, must not lock others out of theirs."""
    tmp_path.chmod(0o755)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    (shared / "other.txt").write_text("hi")
    with pytest.raises(PermissionError, match=r"others may open it.*chmod 700"):
        make_private_folder(shared)
    assert mode(shared) == 0o775


@pytest.mark.posix
def test_a_folder_that_everybody_shares_is_refused_and_left_as_it_is(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(PermissionError, match="everybody shares"):
        make_private_folder(shared)
    assert mode(shared) == 0o1777


@pytest.mark.posix
def test_a_folder_of_another_account_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(private_files.os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="another account"):
        make_private_folder(tmp_path)


def test_a_folder_that_is_to_be_new_is_new_and_closed(tmp_path, wide_umask):
    new_private_folder(tmp_path / "Zoë O'Neil")
    assert not is_open_to_others(tmp_path / "Zoë O'Neil")
    with pytest.raises(FileExistsError):
        new_private_folder(tmp_path / "Zoë O'Neil")
    with pytest.raises(FileNotFoundError):
        new_private_folder(tmp_path / "missing" / "below")


@pytest.mark.posix
@pytest.mark.parametrize(("wide", "is_open"), [(0o700, False), (0o710, True), (0o701, True)])
def test_a_place_tells_whether_others_are_admitted(tmp_path, wide, is_open):
    tmp_path.chmod(wide)
    assert is_open_to_others(tmp_path) == is_open


@pytest.mark.posix
def test_what_is_somebody_elses_is_open_to_others(tmp_path, monkeypatch):
    monkeypatch.setattr(private_files.os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    assert is_open_to_others(tmp_path)


def test_a_file_stands_where_a_folder_should(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        make_private_folder(tmp_path / "file" / "below")


@pytest.mark.posix
def test_a_new_file_is_private_before_anything_is_written(tmp_path, wide_umask):
    with open_private(tmp_path / "new") as file:
        assert mode(tmp_path / "new") == 0o600
        file.write(b"\n\r\n")
    assert (tmp_path / "new").read_bytes() == b"\n\r\n"


def test_what_has_the_name_already_is_not_opened(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "old")


@pytest.mark.posix
def test_a_dangling_link_is_no_way_to_another_place(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "link")
    assert not (tmp_path / "elsewhere").exists()


def test_written_is_read_again_and_replaces_the_old(tmp_path):
    for data in (b"one", b"two, longer"):
        write_private(tmp_path / "file", data)
        assert read_private(tmp_path / "file") == data
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.posix
def test_what_is_written_is_private_whatever_it_replaces(tmp_path, wide_umask):
    (tmp_path / "file").write_bytes(b"wide")
    write_private(tmp_path / "file", b"narrow")
    assert mode(tmp_path / "file") == 0o600


def test_a_file_that_is_read_at_this_moment_is_replaced_once_it_is_not(tmp_path):
    """Windows refuses until then; elsewhere the reader keeps the old one."""
    write_private(tmp_path / "file", b"old")
    reader = (tmp_path / "file").open("rb")
    done = threading.Timer(0.1, reader.close)
    done.start()
    write_private(tmp_path / "file", b"new")
    done.join()
    assert read_private(tmp_path / "file") == b"new"


def test_a_file_goes_while_it_is_read(tmp_path, monkeypatch):
    write_private(tmp_path / "file", b"old")
    ask = private_files.is_open_to_others
    monkeypatch.setattr(private_files, "is_open_to_others", lambda opened: (tmp_path / "file").unlink() or ask(opened))
    assert read_private(tmp_path / "file") == b"old"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_stays_open_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(private_files, "_REFUSED_SECONDS", 0.05)
    monkeypatch.setattr(private_files, "_replace", lambda *names: (_ for _ in ()).throw(PermissionError(13, "in use")))
    with pytest.raises(PermissionError, match="in use"):
        move(tmp_path / "source", tmp_path / "target")


def test_a_write_that_is_cut_short_leaves_the_old_and_nothing_else(tmp_path, monkeypatch):
    write_private(tmp_path / "file", b"old")
    monkeypatch.setattr(private_files.os, "fsync", lambda handle: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_private(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


@pytest.mark.posix
@pytest.mark.parametrize("wide", [0o640, 0o604, 0o620, 0o602])
def test_a_secret_that_others_could_read_or_write_is_refused(tmp_path, wide):
    write_private(tmp_path / "file", b"secret")
    (tmp_path / "file").chmod(wide)
    with pytest.raises(PermissionError, match="open to others"):
        read_private(tmp_path / "file")


@pytest.mark.posix
def test_a_link_in_place_of_the_secret_is_refused(tmp_path):
    write_private(tmp_path / "file", b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="link"):
        read_private(tmp_path / "link")


def test_flushing_a_folder_changes_nothing_in_it(tmp_path):
    flush_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_kill_left_of_a_file_goes_and_nothing_else(tmp_path):
    write_private(tmp_path / "file", b"whole")
    (tmp_path / ".file.0011.new").write_bytes(b"ha")
    (tmp_path / ".file2.0011.new").write_bytes(b"another's")
    remove_cut_short(tmp_path / "file")
    assert sorted(each.name for each in tmp_path.iterdir()) == [".file2.0011.new", "file"]
