"""A lock on a file: one holder at a time, and given back by the operating system when its holder is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent import file_lock
from agent.errors import Busy, StorageError

HOLD = """
import sys
from pathlib import Path
from agent import file_lock
with file_lock.hold(Path(sys.argv[1]), "held"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_who_has_it(tmp_path: Path) -> None:
    with (
        file_lock.hold(tmp_path / "lock", "Another one works."),
        pytest.raises(Busy, match="Another one works"),
        file_lock.hold(tmp_path / "lock", "Another one works."),
    ):
        pass


def test_the_lock_is_free_after_its_block_also_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), file_lock.hold(tmp_path / "lock", "held"):
        _ = 1 / 0
    with file_lock.hold(tmp_path / "lock", "held"):
        pass


@pytest.mark.posix
def test_the_lock_is_its_owners_alone(tmp_path: Path) -> None:
    with file_lock.hold(tmp_path / "lock", "held"):
        assert (tmp_path / "lock").stat().st_mode & 0o077 == 0


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """While another process holds it the lock is taken; once that is killed, waiting for it succeeds."""
    lock = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().rstrip() == b"held"
        with pytest.raises(Busy), file_lock.hold(lock, "held"):
            pass
        holder.kill()
        with file_lock.hold(lock, "held", wait_seconds=30):
            pass


def test_a_place_where_no_file_can_be_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be used"), file_lock.hold(tmp_path / "file" / "lock", "held"):
        pass
