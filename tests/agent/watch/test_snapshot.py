"""The neighbourhood of a crash is copied at once, bounded, and for the owner alone."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.watch import snapshot

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder


def take(tmp_path: Path, logs: Path, profile: str = "nginx") -> Path:
    return snapshot.take(tmp_path / "state", profile, [f"{logs}/*.log*"], "/var/crash/nginx", AT)


def index(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "index.json").read_text())
    return found


def test_the_end_of_a_log_outlives_its_rotation(tmp_path: Path, logs: Path) -> None:
    lines = [f"line {number}\n" for number in range(100_000)]
    (logs / "error.log").write_bytes("".join(lines).encode())
    folder = take(tmp_path, logs)
    (logs / "error.log").unlink()
    copied = (folder / "01-error.log").read_text()
    assert copied.endswith("line 99999\n")
    assert copied.startswith("line ")
    assert snapshot.FILE_BYTES * 0.99 < len(copied) <= snapshot.FILE_BYTES
    told = index(folder)
    assert (told["profile"], told["crash"], told["crashed_at"]) == ("nginx", "/var/crash/nginx", AT.isoformat())


def test_its_index_is_told_and_a_damaged_one_tells_nothing(tmp_path: Path, logs: Path) -> None:
    folder = take(tmp_path, logs)
    assert snapshot.told(folder)["profile"] == "nginx"
    (folder / "index.json").write_text("{")
    assert snapshot.told(folder) == {}
    (folder / "index.json").write_text("[]")
    assert snapshot.told(folder) == {}
    (folder / "index.json").unlink()
    assert snapshot.told(folder) == {}


def test_the_newest_come_first_and_all_of_it_is_bounded(tmp_path: Path, logs: Path) -> None:
    for number in range(40):
        (logs / f"{number}.log").write_bytes(b"x" * 300_000 + b"\n")
        os.utime(logs / f"{number}.log", (number, number))
    folder = take(tmp_path, logs)
    copied = sorted(file.name for file in folder.iterdir() if file.name != "index.json")
    assert copied[0] == "01-39.log"
    assert len(copied) <= snapshot.MOST_FILES
    assert sum(file.stat().st_size for file in folder.iterdir()) <= snapshot.TOTAL_BYTES + 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="permission bits are POSIX")
def test_it_is_its_owners_alone(tmp_path: Path, logs: Path) -> None:
    (logs / "a.log").write_text("x\n")
    (logs / "a.log").chmod(0o666)
    folder = take(tmp_path, logs)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


@pytest.mark.skipif(sys.platform == "win32", reason="making a link takes an administrator there")
def test_a_link_out_of_the_folder_and_a_pipe_are_not_read(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    (logs / "link.log").symlink_to(tmp_path / "secret")
    os.mkfifo(logs / "pipe.log")
    assert [file.name for file in take(tmp_path, logs).iterdir()] == ["index.json"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="an administrator may read everything")
def test_a_log_that_cannot_be_read_is_named(tmp_path: Path, logs: Path) -> None:
    (logs / "a.log").write_text("x\n")
    (logs / "a.log").chmod(0)
    assert "left_out" in str(index(take(tmp_path, logs)))


def test_odd_names_make_plain_ones(tmp_path: Path, logs: Path) -> None:
    (logs / "a b\u202e;$(id).log").write_text("x\n")
    names = [file.name for file in take(tmp_path, logs).iterdir()]
    assert sorted(names) == ["01-a_b____id_.log", "index.json"]


def test_the_oldest_snapshot_goes(tmp_path: Path, logs: Path) -> None:
    taken = [take(tmp_path, logs) for _ in range(snapshot.KEPT + 3)]
    assert snapshot.snapshots(tmp_path / "state") == taken[3:]
    snapshot.forget(taken[-1])
    snapshot.forget(taken[-1])
    assert snapshot.snapshots(tmp_path / "state") == taken[3:-1]


def test_it_is_quick_also_where_there_is_much(tmp_path: Path, logs: Path) -> None:
    for number in range(2000):
        (logs / f"{number}.log").write_bytes(b"x\n" * 1000)
    began = time.monotonic()
    take(tmp_path, logs)
    assert time.monotonic() - began < 2.0


def test_a_disk_that_refuses_is_told(tmp_path: Path, logs: Path) -> None:
    (tmp_path / "state").write_text("a file in its place")
    with pytest.raises(StorageError):
        take(tmp_path, logs)
