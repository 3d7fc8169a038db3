"""What is told of a stored file is what was read from it."""

import hashlib
import os
import time

import pytest

from desk.uploads import read_back
from desk.uploads.read_back import ReadBack, stored_sha256


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def change_unseen(file, data):
    """Other bytes in the same file at the same time of change: who reads it again sees them."""
    changed_at_ns = file.stat().st_mtime_ns
    with file.open("r+b") as opened:
        opened.write(data)
    os.utime(file, ns=(changed_at_ns, changed_at_ns))


def test_a_file_is_read_once_for_two_questions_also_under_a_new_name(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 300_000)
    assert stored_sha256(file) == sha256(b"x" * 300_000)
    change_unseen(file, b"y")
    assert stored_sha256(file.rename(tmp_path / "b")) == sha256(b"x" * 300_000)


@pytest.mark.parametrize("changed", [b"y" * 10, b"x" * 9, b"x" * 11, b""])
def test_a_file_that_changed_is_read_again(tmp_path, changed):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 10)
    stored_sha256(file)
    file.write_bytes(changed)
    os.utime(file, ns=(1, 1))
    assert stored_sha256(file) == sha256(changed)


def test_after_a_minute_it_is_read_again(tmp_path, monkeypatch):
    file = tmp_path / "a"
    file.write_bytes(b"xx")
    stored_sha256(file)
    change_unseen(file, b"y")
    later = time.monotonic() + 61
    monkeypatch.setattr(read_back.time, "monotonic", lambda: later)
    assert stored_sha256(file) == sha256(b"yx")


def test_a_growing_file_is_read_behind_its_writer(tmp_path):
    file = tmp_path / "a"
    with file.open("wb", buffering=0) as writer:
        writer.write(b"one")
        with ReadBack(file) as back:
            assert back.follow() == sha256(b"one")
            writer.write(b"two")
            assert back.follow() == sha256(b"onetwo")
    change_unseen(file, b"O")
    assert stored_sha256(file) == sha256(b"onetwo")


def test_what_was_cut_off_or_not_read_is_not_remembered(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"onetwo")
    with ReadBack(file) as back:
        back.follow()
        os.truncate(file, 3)
    assert stored_sha256(file) == sha256(b"one")
    with ReadBack(file) as back, file.open("ab") as writer:
        writer.write(b"six")
    assert stored_sha256(file) == sha256(b"onesix")


def test_little_is_remembered(tmp_path):
    for number in range(100):
        (tmp_path / str(number)).write_bytes(b"x")
        stored_sha256(tmp_path / str(number))
    assert len(read_back._lately) <= 64
