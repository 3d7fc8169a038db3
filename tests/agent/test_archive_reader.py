"""A finished archive is read to its last byte, in bounds, whatever lies around it."""

import lzma
import os
import sys
import threading
import tracemalloc

import pytest
from py7zr import SevenZipFile

from agent.archive_reader import read_members
from agent.errors import InvalidBundle

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 1}]


class Kept:
    def __init__(self, into, name):
        self.into, self.name, self.data = into, name, b""

    def write(self, data):
        self.data += data

    def close(self):
        self.into[self.name] = self.data


def read(file):
    kept = {}
    sizes = read_members(file, lambda name: Kept(kept, name))
    return sizes, kept


@pytest.fixture
def write_archive(tmp_path):
    """Packs names → bytes with py7zr alone, so that also what no bundle holds can be packed."""

    def write(members, filters=FILTERS):
        with SevenZipFile(tmp_path / "a.7z", "w", filters=filters) as archive:
            for name, data in members:
                archive.writestr(data, name)
        return tmp_path / "a.7z"

    return write


def test_every_byte_of_every_member_comes(write_archive):
    members = {"a": b"", "b/c.log": os.urandom(3 * 2**20), "d": b"x"}
    sizes, kept = read(write_archive(members.items()))
    assert sizes == {name: len(data) for name, data in members.items()}
    assert kept == members


@pytest.mark.skipif(sys.platform == "win32", reason="making links needs rights there")
def test_links_in_the_working_folder_make_no_bundle_look_bad(write_archive, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "logs").symlink_to(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "cwd")
    _, kept = read(write_archive([("logs/a.log", b"x")]))
    assert kept == {"logs/a.log": b"x"}
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ([("a", b"1"), ("a", b"2")], "same name"),
        pytest.param(
            [("a:b", b"1")],
            "not safe to unpack",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="there py7zr packs no such name"),
        ),
        ([("x\x1b[2J", b"1")], "not safe to unpack"),
    ],
)
def test_members_that_no_bundle_holds_are_refused(write_archive, members, sentence):
    with pytest.raises(InvalidBundle, match=sentence):
        read(write_archive(members))


def test_more_members_than_a_bundle_holds_are_refused(write_archive, monkeypatch):
    monkeypatch.setattr("agent.archive_reader.MAX_MEMBERS", 2)
    with pytest.raises(InvalidBundle, match="at most 2"):
        read(write_archive([("a", b"1"), ("b", b"2"), ("c", b"3")]))


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nowhere.7z")


def test_sinks_are_called_here_one_after_the_other_in_pieces_of_a_bounded_size(write_archive):
    """Whatever unpacks beside this thread: what a sink does is as safe as if nothing did."""
    called = []

    class Watched:
        def __init__(self, name):
            self.note(f"open {name}")

        def note(self, what):
            called.append((what, threading.current_thread()))

        def write(self, data):
            assert 0 < len(data) <= 2**20
            self.note("write")

        def close(self):
            self.note("close")

    read_members(write_archive([("a", b"x" * 5 * 2**20), ("b", b""), ("c", b"y")]), Watched)
    assert {thread for _, thread in called} == {threading.current_thread()}
    whats = [what for what, _ in called]
    assert [what for what in whats if what != "write"] == ["open a", "close", "open b", "close", "open c", "close"]
    assert whats.count("write") >= 6


@pytest.mark.parametrize(("trouble", "told"), [(ValueError, InvalidBundle), (KeyboardInterrupt, KeyboardInterrupt)])
def test_a_sink_that_fails_ends_the_reading_and_leaves_no_thread(write_archive, trouble, told):
    class Failing:
        def write(self, data):
            raise trouble

        def close(self):
            raise AssertionError("it is not whole")

    before = set(threading.enumerate())
    file = write_archive([("a", os.urandom(5 * 2**20)), ("b", b"x")])
    with pytest.raises(told):
        read_members(file, lambda _: Failing())
    assert set(threading.enumerate()) == before


def test_what_is_packed_a_hundred_times_smaller_is_not_in_memory_at_once(write_archive):
    """Guards how py7zr is told so, too."""
    size_bytes = 60 * 2**20
    file = write_archive([("a.log", b"".join(os.urandom(32) + b"x" * 4064 for _ in range(size_bytes // 4096)))])
    tracemalloc.start()
    try:
        sizes = read_members(file, lambda _: Nothing())
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sizes == {"a.log": size_bytes}
    assert peak_bytes < size_bytes


class Nothing:
    def write(self, data):
        pass

    def close(self):
        pass
