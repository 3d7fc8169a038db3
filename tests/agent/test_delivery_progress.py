"""Another process sees how far a delivery is, and nothing rests on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent.delivery_progress import Delivering, ProgressFile

HALF = Delivering(bundle_id="b", sent_bytes=5, total_bytes=10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".delivering"


def test_what_is_written_is_seen_and_goes(file: Path) -> None:
    writer = ProgressFile(file)
    assert ProgressFile(file).read() is None
    writer.write(HALF)
    assert ProgressFile(file).read() == HALF
    assert file.stat().st_mode & 0o077 == 0 or os.name == "nt"
    writer.clear()
    assert ProgressFile(file).read() is None
    assert list(file.parent.iterdir()) == []


def test_it_is_written_at_most_once_in_a_second(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    writer = ProgressFile(file)
    for sent_bytes, seconds in ((1, 0.0), (2, 0.9), (3, 0.2)):
        now += seconds
        writer.write(Delivering(bundle_id="b", sent_bytes=sent_bytes, total_bytes=10))
        found = writer.read()
        assert found is not None
        assert found.sent_bytes == (3 if sent_bytes == 3 else 1)


def test_what_a_dead_process_left_tells_nothing(file: Path) -> None:
    ProgressFile(file).write(HALF)
    values = json.loads(file.read_bytes())
    values["process"] = 2**22 + 1  # above the highest process id of Linux
    file.write_text(json.dumps(values))
    assert ProgressFile(file).read() is None


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"process": "x"}'])
def test_what_is_no_progress_tells_nothing(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert ProgressFile(file).read() is None


def test_a_disk_that_refuses_ends_no_delivery(tmp_path: Path) -> None:
    writer = ProgressFile(tmp_path / "missing" / "file")
    writer.write(HALF)
    writer.clear()
    assert writer.read() is None
