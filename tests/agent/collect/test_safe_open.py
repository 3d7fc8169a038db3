"""Opening from an allowed root down; the file systems made to be in the way are in the test beside this one."""

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from agent.collect import safe_open
from agent.collect.safe_open import Status

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
ROOT = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs the administrator's rights")


def read(path: Path, root: Path | None) -> bytes:
    descriptor = safe_open.open_file(path, root)
    with io.FileIO(descriptor, "rb") as file:
        return file.read()


def test_a_file_below_the_root_is_read_looked_at_and_listed(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.log").write_text("text")
    assert read(tmp_path / "sub" / "a.log", tmp_path) == b"text"
    status = safe_open.look(tmp_path / "sub" / "a.log", tmp_path)
    assert (stat.S_ISREG(status.mode), status.size_bytes) == (True, 4)
    with safe_open.listed(tmp_path / "sub", tmp_path) as entries:
        assert [entry.name for entry in entries] == ["a.log"]


def test_a_path_out_of_the_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "a.log").write_text("text")
    with pytest.raises((ValueError, OSError), match=r"subpath|a link"):
        safe_open.open_file(tmp_path / "a.log", tmp_path / "root")
    with pytest.raises(OSError, match="leads out"):
        safe_open.open_file(tmp_path / "root" / ".." / "a.log", tmp_path / "root")


@POSIX
@pytest.mark.parametrize("mode", [0o755, 0o777, 0o1777])
def test_a_link_at_the_root_is_followed_where_none_but_we_can_have_put_it(tmp_path: Path, mode: int) -> None:
    """In a folder that all may write to it could be anybody's; with the sticky bit its owner is sure."""
    (tmp_path / "target" / "sub").mkdir(parents=True)
    (tmp_path / "target" / "sub" / "a.log").write_text("text")
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "link").symlink_to("../target/./sub")
    (tmp_path / "open").chmod(mode)
    root = tmp_path / "open" / "link"
    if mode == 0o777:
        for given in (root, None):
            with pytest.raises(OSError, match="others may have put there"):
                safe_open.open_file(root / "a.log", given)
    else:
        assert read(root / "a.log", root) == read(root / "a.log", None) == b"text"


@ROOT
def test_a_link_of_another_user_is_not_followed_by_the_administrator(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.log").write_text("secret")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "logs").symlink_to("../secret")
    os.chown(tmp_path / "home", 12345, 12345)
    root = tmp_path / "home" / "logs"
    for given in (root, None):
        with pytest.raises(OSError, match="others may have put there"):
            safe_open.open_file(root / "a.log", given)


@POSIX
def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to("self")
    with pytest.raises(OSError, match="loop of links"):
        safe_open.open_file(tmp_path / "self", None)


@POSIX
def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("absent")
    before = len(list(Path("/dev/fd").iterdir()))
    for name in ("absent", "absent/x", "link", "link/x", "."):
        with pytest.raises(OSError, match=r".+"):
            safe_open.open_file(tmp_path / name, tmp_path)
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_reparse_point_counts_as_a_link() -> None:
    """As Windows tells it of a junction, which is no symbolic link."""

    class Junction:
        st_mode, st_uid, st_size, st_mtime, st_reparse_tag = stat.S_IFDIR | 0o700, 0, 0, 0.0, 0xA0000003

    assert stat.S_ISLNK(Status.of(Junction()).mode)  # type: ignore[arg-type]  # what os.lstat gives there
