"""Pieces of uploads on the disk: what stays, what does not, and what was read back of them."""

import errno
import hashlib
import os
import sys

import pytest

from desk.problems import Problem
from desk.uploads import piece_writing
from desk.uploads.piece_writing import write_piece
from desk.uploads.read_back import stored_sha256
from desk.uploads.streamed_body import BodyBroken


@pytest.fixture
def part(tmp_path):
    file = tmp_path / "upload.part"
    file.write_bytes(b"begun")
    return file


def broken_after(*pieces, error):
    yield from pieces
    raise error


def test_pieces_go_behind_what_is_there_and_are_read_back(part, monkeypatch):
    monkeypatch.setattr(piece_writing, "_READ_BACK_BYTES", 4)
    write_piece(
        part, 5, [b"abc", b"def", b"gh"], room_bytes=8, checksum=("sha256", hashlib.sha256(b"abcdefgh").digest())
    )
    assert part.read_bytes() == b"begunabcdefgh"
    assert stored_sha256(part) == hashlib.sha256(b"begunabcdefgh").hexdigest()


def test_what_the_disk_is_told_of_early_stays_as_it_is(part, monkeypatch):
    """Each piece is given to the disk at once; none is lost by that, and only what was written since is named."""
    monkeypatch.setattr(piece_writing, "_READ_BACK_BYTES", 4096)
    monkeypatch.setattr(piece_writing, "_FLUSH_BYTES", 8192)
    told = []
    if hasattr(os, "posix_fadvise"):
        really = os.posix_fadvise
        monkeypatch.setattr(os, "posix_fadvise", lambda *words: (told.append(words[1:3]), really(*words)))
    pieces = [bytes([number]) * 5000 for number in range(40)]
    write_piece(part, 5, pieces, room_bytes=200_000, checksum=None)
    assert part.read_bytes() == b"begun" + b"".join(pieces)
    assert stored_sha256(part) == hashlib.sha256(part.read_bytes()).hexdigest()
    if sys.platform == "linux":
        assert told == [(5 + 10_000 * number, 10_000) for number in range(20)]


@pytest.mark.parametrize(
    ("room_bytes", "checksum", "status"), [(5, None, 413), (99, ("sha256", b"0" * 32), 460), (99, ("sha1", b""), 460)]
)
def test_what_is_not_as_announced_leaves_nothing(part, room_bytes, checksum, status, monkeypatch):
    monkeypatch.setattr(piece_writing, "_READ_BACK_BYTES", 1)
    with pytest.raises(Problem) as told:
        write_piece(part, 5, [b"abc", b"def"], room_bytes=room_bytes, checksum=checksum)
    assert told.value.status_code == status
    assert part.read_bytes() == b"begun"
    assert stored_sha256(part) == hashlib.sha256(b"begun").hexdigest()


@pytest.mark.parametrize(
    ("error", "status"), [(BodyBroken("The upload ended early."), 400), (OSError(errno.ENOSPC, "full"), 507)]
)
def test_what_came_before_a_cut_or_a_full_disk_stays(part, error, status):
    with pytest.raises(Problem) as told:
        write_piece(part, 5, broken_after(b"abc", error=error), room_bytes=99, checksum=None)
    assert told.value.status_code == status
    assert part.read_bytes() == b"begunabc"
    assert stored_sha256(part) == hashlib.sha256(b"begunabc").hexdigest()


def test_a_small_piece_that_is_thrown_away_costs_no_reading_of_all_before_it(part, monkeypatch):
    read = []
    monkeypatch.setattr(piece_writing.ReadBack, "follow", read.append)
    with pytest.raises(Problem):
        write_piece(part, 5, [b"abc"], room_bytes=99, checksum=("sha256", b"0" * 32))
    assert read == []


def test_another_trouble_of_the_disk_is_not_hidden(part):
    with pytest.raises(OSError, match="broken"):
        write_piece(part, 5, broken_after(error=OSError(errno.EIO, "broken")), room_bytes=99, checksum=None)
