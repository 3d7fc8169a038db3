"""Files made to be in the way, and file systems that do not answer, each for real; as ``..._hostile_folders``."""

import ctypes
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from agent.collect import apart

if sys.platform != "linux":
    pytest.skip("made with what Linux has", allow_module_level=True)
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs the administrator's rights")


def test_sparse_file_of_a_terabyte(ground: Any) -> None:
    """Only its end is read, within the limit of one file."""
    with ground.log("a.log").open("wb") as file:
        file.truncate(2**40)
        file.seek(-4, os.SEEK_END)
        file.write(b"\nend")
    ground.becomes(a_log="taken: 3 bytes; only whole lines of the last 22.4 MB of 1.1 TB")


def test_sparse_file_without_a_line(ground: Any) -> None:
    with ground.log("a.log").open("wb") as file:
        file.truncate(2**40)
    ground.becomes(a_log="taken: 0 bytes; only whole lines of the last 22.4 MB of 1.1 TB")


def test_kernel_file_that_tells_no_size(ground: Any) -> None:
    """Of such a file the first MiB is read; this one is longer."""
    ground.folder = Path("/proc/kallsyms")
    ground.becomes(kallsyms="taken: 1048576 bytes")


def test_folder_of_the_kernel(ground: Any) -> None:
    """Files without end, without size, that wait or refuse, and that lead to every file of the process."""
    ground.folder = Path("/proc/self/fdinfo")
    outcome = ground._gather()
    assert all(what.startswith(("taken", "left out", "refused")) for what in outcome.values())


def test_file_that_grows_while_it_is_read(ground: Any) -> None:
    file = ground.log("a.log", b"one\n")

    def grow() -> None:
        with file.open("ab") as writer:
            writer.write(b"two\n" * 1000)

    ground.while_reading = grow
    ground.becomes(a_log="taken: 4 bytes")


def test_file_that_shrinks_while_it_is_read(ground: Any) -> None:
    file = ground.log("a.log", b"line\n" * 200_000)
    ground.while_reading = lambda: os.truncate(file, 0)
    outcome = ground.becomes(a_log="taken: ")
    assert 0 < int(outcome["a.log"].split()[1]) < 1_000_000


def test_file_that_is_rotated_while_it_is_read(ground: Any) -> None:
    """What was opened is read to its end, under its old name."""
    file = ground.log("a.log", b"old\n" * 200_000)

    def rotate() -> None:
        if file.stat().st_size > 10:
            file.rename(f"{file}.1")
            file.write_bytes(b"new\n")

    ground.while_reading = rotate
    ground.becomes(a_log="taken: 800000 bytes")
    assert b"new" not in ground.given


def test_file_that_vanishes_while_it_is_read(ground: Any) -> None:
    file = ground.log("a.log", b"x\n" * 100_000)
    ground.while_reading = lambda: file.unlink(missing_ok=True)
    ground.becomes(a_log="taken: 200000 bytes")


def test_file_that_vanishes_before_it_is_read(ground: Any) -> None:
    ground.before_reading.append(ground.log("a.log").unlink)
    ground.becomes(a_log="refused: No such file or directory")


def test_folder_that_vanishes_before_it_is_read(ground: Any) -> None:
    ground.log("sub/a.log")
    ground.before_reading.append(lambda: shutil.rmtree(ground.logs / "sub"))
    ground.becomes(a_log="refused: No such file or directory")


def test_file_becomes_a_folder_before_it_is_read(ground: Any) -> None:
    file = ground.log("a.log")
    ground.before_reading += [file.unlink, file.mkdir]
    ground.becomes(a_log="refused: not a regular file")


def test_names_with_line_ends_and_escapes(ground: Any) -> None:
    ground.log("two\nlines\x1b[2J.log")
    ground.becomes({"two_lines_[2J.log": "taken"})


def test_name_of_invalid_utf_8(ground: Any) -> None:
    ground.log(os.fsdecode(b"bad\xff\xfe.log"))
    ground.becomes({"bad__.log": "taken"})


def test_names_of_255_bytes(ground: Any) -> None:
    """Two that differ only in the middle, which is cut out, stay two."""
    for middle in "ab":
        ground.log("x" * 125 + middle + "y" * 125 + ".log")
    cut = "x" * 29 + "_" + "y" * 26 + ".log"
    ground.becomes({cut: "taken", cut.replace(".log", "~2.log"): "taken"})


def test_names_that_windows_keeps_for_itself(ground: Any) -> None:
    for name in ("con.log", "NUL", "a:b.log", "end. "):
        ground.log(name)
    ground.becomes(dict.fromkeys(("_con.log", "_NUL", "a_b.log", "end__"), "taken"))


def test_names_that_only_case_tells_apart(ground: Any) -> None:
    for name in ("App.log", "app.log"):
        os.utime(ground.log(name), (now := (ground.logs / "ok.log").stat().st_mtime, now))
    ground.becomes({"App.log": "taken", "app~2.log": "taken"})


def test_path_deeper_than_the_system_takes_in_one_call(ground: Any) -> None:
    """Entered folder by folder: the log is 41 folders and more than PATH_MAX bytes deep."""
    here = os.open(ground.logs, os.O_RDONLY)
    for _ in range(41):
        os.mkdir("d" * 120, dir_fd=here)
        here, above = os.open("d" * 120, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    with io.FileIO(os.open("deep.log", os.O_CREAT | os.O_WRONLY, dir_fd=here), "wb") as file:
        file.write(b"deep\n")
    os.close(here)
    ground.becomes({"deep.log": "taken: 5 bytes"})


def test_folders_nested_without_end(ground: Any) -> None:
    ground.log("/".join("d" * 70) + "/a.log")
    outcome = ground.becomes()
    assert [what for what in outcome.values() if "deeper" in what] == [
        "left out: deeper than 64 folders, which is not looked into"
    ]


def test_folder_without_the_right_to_read(ground: Any) -> None:
    """By a user without all rights, in a process of its own; what lies beside it is taken."""
    ground.log("shut/a.log")
    (ground.logs / "shut").chmod(0)
    if os.geteuid() == 0:
        ground.becomes(a_log="taken")  # the administrator may read all
    else:
        ground.becomes(shut="left out: no right to read this folder")


def test_two_hundred_thousand_files(ground: Any) -> None:
    """Bounded and quick: the search ends at so many names, and says so."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as many:
        ground.folder = Path(many)
        for folder in range(201):
            (ground.folder / f"{folder:03}").mkdir()
            here = os.open(ground.folder / f"{folder:03}", os.O_RDONLY)
            for number in range(1000):
                os.close(os.open(f"{number}.log", os.O_CREAT | os.O_WRONLY, dir_fd=here))
            os.close(here)
        ground.seconds = 60.0  # the collector's own limit
        signal.alarm(70)
        outcome = ground._gather()
    assert sum(what.startswith("taken") for what in outcome.values()) == 1000  # of each name the last, of 5,000 files
    assert "left out: more than 200,000 names; stopped there" in outcome.values()
    assert any(what.startswith("left out: over the limit of 5") for what in outcome.values())


def hung_file_system(ground: Any, at: Path) -> None:
    """Mounted by FUSE and served by nobody, as a network folder whose server is gone: every call waits."""
    at.mkdir(exist_ok=True)
    device = os.open("/dev/fuse", os.O_RDWR)
    ground.undo.callback(os.close, device)
    system = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    assert system.mount(b"hung", os.fsencode(at), b"fuse", 0, options) == 0, errno.errorcode[ctypes.get_errno()]
    ground.undo.callback(subprocess.run, ["umount", "-l", str(at)], check=True)


@ROOT
def test_hung_mount_among_the_logs(ground: Any) -> None:
    hung_file_system(ground, ground.logs / "net")
    ground.becomes(net="left out: this folder cannot be read: another file system is mounted there")


@ROOT
def test_log_folder_is_a_hung_mount(ground: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process looks into it, and is killed when its time is over."""
    monkeypatch.setattr(apart, "ANSWER_SECONDS", 1.0)
    ground.folder = ground.outside.parent / "net"
    hung_file_system(ground, ground.folder)
    ground.becomes(net="left out: no answer from this file system; given up after 1 seconds")


@ROOT
def test_link_to_a_hung_mount(ground: Any) -> None:
    hung_file_system(ground, ground.outside.parent / "net")
    (ground.logs / "a.log").symlink_to("../net/a.log")
    (ground.logs / "sub").symlink_to("../net")
    far = "left out: a link to a network folder or the like, which is not followed"
    ground.becomes({"a.log": far, "sub": far})
