"""One holder at a time, also after the last one was killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.service.alone import Taken, hold

HOLDER = """
import pathlib, sys, time
from agent.service.alone import hold
hold(pathlib.Path(sys.argv[1]))
print(1, flush=True)
time.sleep(60)
"""


def test_a_second_one_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    held = hold(tmp_path / "lock")
    with pytest.raises(Taken):
        hold(tmp_path / "lock")
    os.close(held)
    os.close(hold(tmp_path / "lock"))


def test_a_killed_holder_leaves_none(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-I", "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"1"
        with pytest.raises(Taken):
            hold(tmp_path / "lock")
        holder.kill()
        holder.wait(30)
    os.close(hold(tmp_path / "lock"))


def test_where_no_file_can_be_it_is_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"lock"):
        hold(tmp_path / "none" / "lock")


@pytest.mark.posix
def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"symbolic|lock"):
        hold(tmp_path / "lock")
    assert not (tmp_path / "elsewhere").exists()
