r"""What of names and files Windows has alone: devices, streams, long paths, shared and held files, junctions."""

import io
import os
import sys
from pathlib import Path

import psutil
import pytest

from agent.collect import safe_open
from collectors import cause_of

if sys.platform != "win32":
    pytest.skip("files of Windows", allow_module_level=True)

import _winapi
import ctypes

import win32con
import win32file

from agent.collect import windows_files

UNDER_WINE = hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def read(path: Path, root: Path | None) -> bytes:
    with io.FileIO(safe_open.open_file(path, root), "rb") as file:
        return file.read()


def held_open(path: Path, shared: int) -> "win32file.PyHANDLE":
    """As another program has it open that writes a log."""
    access = win32con.GENERIC_READ | win32con.GENERIC_WRITE
    return win32file.CreateFileW(str(path), access, shared, None, win32con.OPEN_ALWAYS, 0, None)


@pytest.fixture
def junction(tmp_path: Path) -> Path:
    """A folder ``logs`` that leads to ``secret``, beside it."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.log").write_text("secret")
    try:
        _winapi.CreateJunction(str(tmp_path / "secret"), str(tmp_path / "logs"))
    except OSError:
        if UNDER_WINE:
            pytest.skip("Wine makes no junctions (FSCTL_SET_REPARSE_POINT)")
        raise
    return tmp_path / "logs"


@pytest.mark.parametrize("root_is_given", [True, False])
def test_an_application_may_write_rename_and_delete_the_log_that_is_read(tmp_path: Path, root_is_given: bool) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\n")
    with io.FileIO(safe_open.open_file(log, tmp_path if root_is_given else None), "rb") as file:
        with log.open("a") as writer:
            writer.write("two\n")
        log.rename(tmp_path / "a.log.1")
        (tmp_path / "a.log.1").unlink()
        assert file.read().splitlines() == [b"one", b"two"]


def test_a_log_that_is_open_for_writing_is_read(tmp_path: Path) -> None:
    handle = held_open(tmp_path / "a.log", win32con.FILE_SHARE_READ)
    try:
        win32file.WriteFile(handle, b"text")
        assert read(tmp_path / "a.log", tmp_path) == b"text"
    finally:
        handle.Close()


def test_a_file_that_another_program_keeps_to_itself_is_told(tmp_path: Path) -> None:
    handle = held_open(tmp_path / "a.log", 0)
    try:
        with pytest.raises(OSError, match="another program holds it open") as refused:
            read(tmp_path / "a.log", tmp_path)
        assert cause_of(refused.value) == "other"
        assert safe_open.look(tmp_path / "a.log", tmp_path).size_bytes == 0
    finally:
        handle.Close()


def test_a_stream_within_a_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("text")
    for name in ("a.log:secret", "a.log::$DATA", "sub:x"):
        for root in (tmp_path, None):
            with pytest.raises(OSError, match="a stream within a file"):
                read(tmp_path / name, root)


@pytest.mark.parametrize("name", ["NUL", "CON", "nul.log", "COM1.log", "CONIN$", "a.log.", "a.log "])
def test_names_of_devices_and_endings_that_are_dropped_elsewhere_are_taken_as_they_are(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "a.log").write_text("text")
    for root in (tmp_path, None):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / name, root)


@pytest.mark.parametrize(
    "path", [r"\\.\pipe\x", r"\\.\PhysicalDrive0", r"\\?\GLOBALROOT\Device\x", r"\\?\C:\a.log", r"\a.log", "C:a.log"]
)
def test_what_is_no_path_to_a_file_is_refused(path: str) -> None:
    with pytest.raises(OSError, match="not a path to a file"):
        safe_open.open_file(Path(path), None)


def test_a_folder_of_another_computer_is_named_in_the_literal_form_too() -> None:
    assert windows_files.literal(Path(r"\\server\share\logs\a.log")) == r"\\?\UNC\server\share\logs\a.log"
    assert windows_files.literal(Path("C:/logs/a.log")) == r"\\?\C:\logs\a.log"


def test_a_path_of_more_than_260_characters_is_found_and_read(tmp_path: Path) -> None:
    folder = tmp_path
    for letter in "abcde":
        folder /= letter * 60
    Path(windows_files.literal(folder)).mkdir(parents=True)
    Path(windows_files.literal(folder / "a.log")).write_text("text")
    assert len(str(folder)) > 300
    with safe_open.listed(folder, tmp_path) as entries:
        assert [(entry.name, entry.stat(follow_symlinks=False).st_size) for entry in entries] == [("a.log", 4)]
    if UNDER_WINE:
        pytest.skip("Wine's GetFinalPathNameByHandle has room for 260 characters (ERROR_MORE_DATA)")
    assert read(folder / "a.log", None) == b"text"
    assert read(folder / "a.log", tmp_path) == b"text"


def test_case_makes_no_difference(tmp_path: Path) -> None:
    (tmp_path / "Logs").mkdir()
    (tmp_path / "Logs" / "App.log").write_text("text")
    assert read(tmp_path / "LOGS" / "app.LOG", tmp_path / "logs") == b"text"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        read(tmp_path / "a.log", tmp_path)


def test_of_a_file_with_two_names_an_administrator_reads_none(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("text")
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    if ctypes.windll.shell32.IsUserAnAdmin():
        with pytest.raises(OSError, match="hard link"):
            read(tmp_path / "b.log", tmp_path)
    else:
        assert read(tmp_path / "b.log", tmp_path) == b"text"


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    """One may be named as if it were a file on this computer; opening it does not wait for its other end."""
    name = f"sendlogs-test-{os.getpid()}"
    pipe = _winapi.CreateNamedPipe(rf"\\.\pipe\{name}", 3, 0, 1, 512, 512, 0, 0)
    try:
        for path in (rf"\\.\pipe\{name}", rf"\\localhost\pipe\{name}"):
            with pytest.raises(OSError, match=r".+"):
                read(Path(path), None)
    finally:
        _winapi.CloseHandle(pipe)


def test_a_junction_below_the_root_is_not_followed(junction: Path) -> None:
    with pytest.raises(OSError, match="a link"):
        read(junction / "a.log", junction.parent)
    with pytest.raises(OSError, match="a link"), safe_open.listed(junction, junction.parent):
        pass
    assert read(junction / "a.log", junction) == b"secret"  # this user made it


def test_what_was_swapped_for_a_junction_meanwhile_is_noticed(junction: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_files, "is_link", lambda _: False)
    with pytest.raises(OSError, match="a link"):
        read(junction.parent / "logs" / "a.log", junction.parent / "secret")


def test_what_lies_elsewhere_than_its_root_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "a.log").write_text("text")
    with pytest.raises(OSError, match="a link"):
        windows_files.open_regular(tmp_path / "a.log", tmp_path / "root")
    (tmp_path / "a.log").unlink()  # nothing holds it open


def test_no_handle_is_left_open_or_inherited(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("text")
    process = psutil.Process()
    read(tmp_path / "a.log", tmp_path)
    before = process.num_handles()
    for name in ("a.log", "absent", "a.log:x"):
        for _ in range(20):
            try:
                read(tmp_path / name, tmp_path)
            except OSError:
                continue
    assert process.num_handles() <= before + 2
    descriptor = safe_open.open_file(tmp_path / "a.log", tmp_path)
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
