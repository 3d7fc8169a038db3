"""Folders made to lead elsewhere, each for real, and what becomes of the logs in them.

In each case a person's log folder holds ``ok.log``, which must be taken, and something hostile; see ``ground`` in the
conftest. No case may hang, raise, or give a byte of what lies outside the folder. A dot of a name is ``_``.
"""

import os
import shutil
import socket
import subprocess
import sys
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("made with what Linux has", allow_module_level=True)
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs the administrator's rights")
SOMEBODY = 12345


def test_fifo(ground: Any) -> None:
    """A FIFO."""
    os.mkfifo(ground.logs / "pipe.log")
    ground.becomes(pipe_log="left out: not a regular file (FIFO)")


def test_becomes_fifo(ground: Any) -> None:
    """A file that becomes a FIFO before it is read."""
    file = ground.log("a.log")
    ground.before_reading += [file.unlink, lambda: os.mkfifo(file)]
    ground.becomes(a_log="refused: not a regular file")


def test_socket(ground: Any) -> None:
    """A socket."""
    server = ground.undo.enter_context(socket.socket(socket.AF_UNIX))
    here = os.open(ground.logs, os.O_RDONLY)  # the name of a socket may have about 100 bytes
    server.bind(f"/proc/self/fd/{here}/s.log")
    os.close(here)
    ground.becomes(s_log="left out: not a regular file (socket)")


@ROOT
def test_device(ground: Any) -> None:
    """A device without end (/dev/zero)."""
    os.mknod(ground.logs / "zero.log", 0o20666, os.makedev(1, 5))
    ground.becomes(zero_log="left out: not a regular file (character device)")


@ROOT
def test_disk(ground: Any) -> None:
    """A disk."""
    os.mknod(ground.logs / "disk.log", 0o60666, os.makedev(7, 200))
    ground.becomes(disk_log="left out: not a regular file (block device)")


def test_link_out(ground: Any) -> None:
    """A link to a file outside."""
    (ground.logs / "a.log").symlink_to(ground.outside / "secret.log")
    ground.becomes(a_log="left out: a link that leads elsewhere")


def test_folder_link_out(ground: Any) -> None:
    """A link to a folder outside."""
    (ground.logs / "out").symlink_to(ground.outside)
    ground.becomes(out="left out: a link to a folder")


def test_link_by_way(ground: Any) -> None:
    """A link by way of another and ..."""
    (ground.logs / "b").symlink_to("../logs/../out")
    (ground.logs / "a.log").symlink_to("b/secret.log")
    ground.becomes(a_log="left out: a link that leads elsewhere")


def test_magic_link(ground: Any) -> None:
    """A link to /proc/self/root."""
    (ground.logs / "a.log").symlink_to(f"/proc/self/root{ground.outside}/secret.log")
    ground.becomes(a_log="left out: a link that leads elsewhere")


def test_loop(ground: Any) -> None:
    """Links in a loop, and to nowhere."""
    (ground.logs / "self").symlink_to("self")
    (ground.logs / "no").symlink_to("absent")
    (ground.logs / "up").symlink_to(".")
    nowhere = "left out: a link that leads nowhere"
    ground.becomes({"self": nowhere, "no": nowhere, "up": "left out: a link to a folder"})


def test_link_inside(ground: Any) -> None:
    """A link inside, to a log."""
    (ground.logs / "now.log").symlink_to("ok.log")
    ground.becomes(now_log="left out: a link to ok.log, which is looked at itself")


def test_swapped_file(ground: Any) -> None:
    """A file swapped for a link before it is read."""
    file = ground.log("a.log")
    ground.before_reading += [file.unlink, lambda: file.symlink_to(ground.outside / "secret.log")]
    ground.becomes(a_log="refused: a link, which is not followed")


def test_swapped_folder(ground: Any) -> None:
    """A folder swapped for a link before it is read."""
    ground.log("sub/secret.log")
    ground.before_reading += [
        lambda: shutil.rmtree(ground.logs / "sub"),
        lambda: (ground.logs / "sub").symlink_to(ground.outside),
    ]
    ground.becomes(secret_log="refused: a link, which is not followed")


@ROOT
def test_foreign_root(ground: Any) -> None:
    """The log folder itself is another user's link."""
    home = ground.outside.parent / "home"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    (home / "mine").symlink_to(ground.outside)
    ground.folder = home / "mine"
    ground.becomes(mine="left out: this folder cannot be read: behind a link that others may have put there")


@ROOT
def test_hard_link(ground: Any) -> None:
    """A hard link to a file of somebody else."""
    os.link(ground.outside / "secret.log", ground.logs / "a.log")
    os.chown(ground.logs, SOMEBODY, SOMEBODY)
    ground.becomes(a_log="left out: cannot be read: a second name (hard link)")


@ROOT
def test_hard_link_for_all(ground: Any) -> None:
    """A hard link in a folder that all may write to."""
    os.link(ground.outside / "secret.log", ground.logs / "a.log")
    ground.logs.chmod(0o1777)
    ground.becomes(a_log="left out: cannot be read: a second name (hard")


@ROOT
def test_loop_device(ground: Any) -> None:
    """A disk image mounted inside."""
    image = ground.outside / "image"
    with image.open("wb") as file:
        file.truncate(8 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-d", str(ground.outside), str(image)], check=True)
    ground.mount("-o", "loop,ro", str(image), at=ground.logs / "disk")
    assert (ground.logs / "disk" / "secret.log").read_bytes().startswith(b"the secret")
    ground.becomes(disk="left out: this folder cannot be read: another file system is")


@ROOT
def test_bind(ground: Any) -> None:
    """A folder outside mounted inside (bind)."""
    ground.mount("--bind", str(ground.outside), at=ground.logs / "bound")
    ground.becomes(bound="left out: this folder cannot be read: another file sys")


@ROOT
def test_bound_file(ground: Any) -> None:
    """A file outside mounted over a log."""
    file = ground.log("a.log")
    subprocess.run(["mount", "--bind", str(ground.outside / "secret.log"), str(file)], check=True)
    ground.undo.callback(subprocess.run, ["umount", "-l", str(file)], check=True)
    ground.becomes(a_log="left out: cannot be read: another file system is mounted")


@ROOT
def test_late_mount(ground: Any) -> None:
    """A folder mounted over before it is read."""
    ground.log("sub/secret.log")
    ground.before_reading += [lambda: ground.mount("--bind", str(ground.outside), at=ground.logs / "sub")]
    ground.becomes(secret_log="refused: another file system is mounted there")
