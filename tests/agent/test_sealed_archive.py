"""A sealed archive gives its own bytes from any place, to the holder of the key alone, and never others."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
import secrets
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.flow import Archive
from agent.sealed_archive import KEY_BYTES, SealedArchive, Unreadable, kept_bytes, read_key, seal, sealed_bytes
from config.private_files import is_open_to_others, open_private, write_private
from tests import sealed_archives

CHUNK_BYTES = 2**18
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 5]


@pytest.fixture
def sealed(tmp_path: Path, make_archive: Callable[..., Archive]) -> Callable[[bytes], SealedArchive]:
    """Seals an archive of these bytes with a key of this test."""
    return lambda data: sealed_archives.sealed(make_archive(data), tmp_path)


def read(archive: Archive) -> bytes:
    with archive.open() as stream:
        return stream.read()


@pytest.mark.parametrize("size_bytes", SIZES)
def test_what_was_sealed_is_read_again(sealed: Callable[[bytes], SealedArchive], size_bytes: int) -> None:
    data = random.Random(size_bytes).randbytes(size_bytes)
    archive = sealed(data)
    assert read(archive) == data
    assert archive.file.stat().st_size == sealed_bytes(size_bytes) == kept_bytes(archive)


def test_nothing_of_it_can_be_seen_on_the_disk(sealed: Callable[[bytes], SealedArchive]) -> None:
    data = b"7z\xbc\xaf\x27\x1c" + b"the words of a log " * 30_000
    first, second = sealed(data), sealed(data)
    kept = first.file.read_bytes()
    assert b"7z\xbc\xaf" not in kept
    assert b"words" not in kept
    assert kept[56:1000] != second.file.read_bytes()[56:1000]
    assert not is_open_to_others(first.file)


def test_an_upload_may_begin_anywhere(sealed: Callable[[bytes], SealedArchive]) -> None:
    """Any seek and read gives what a plain file would give."""
    chance = random.Random(7)
    data = chance.randbytes(3 * CHUNK_BYTES + 100)
    with sealed(data).open() as stream:
        for _ in range(200):
            begin, size = chance.randrange(len(data) + 10), chance.choice([0, 1, 100, CHUNK_BYTES, 2 * CHUNK_BYTES])
            assert stream.seek(begin) == stream.tell() == begin
            assert stream.read(size) == data[begin : begin + size]
        assert stream.seek(-5, os.SEEK_END) == len(data) - 5
        assert stream.read() == data[-5:]
        stream.seek(0)
        assert hashlib.sha256(data).hexdigest() == hashlib.file_digest(stream, "sha256").hexdigest()


@pytest.mark.parametrize("place", [0, 10, 45, 56, 56 + 1000, 56 + CHUNK_BYTES + 16 + 3, -1])
def test_a_changed_bit_anywhere_is_found(sealed: Callable[[bytes], SealedArchive], place: int) -> None:
    archive = sealed(bytes(2 * CHUNK_BYTES))
    kept = bytearray(archive.file.read_bytes())
    kept[place] ^= 1
    archive.file.write_bytes(kept)
    with pytest.raises(Unreadable):
        read(archive)


@pytest.mark.parametrize("change", ["swapped", "cut", "longer", "empty", "another bundle's"])
def test_chunks_cannot_be_moved(sealed: Callable[[bytes], SealedArchive], change: str) -> None:
    """Also where each chunk for itself is one that this key sealed."""
    archive = sealed(bytes(3 * CHUNK_BYTES))
    kept, step = archive.file.read_bytes(), CHUNK_BYTES + 16
    head, chunks = kept[:56], [kept[56 + index * step : 56 + (index + 1) * step] for index in range(3)]
    if change == "swapped":
        archive.file.write_bytes(head + chunks[1] + chunks[0] + chunks[2])
    elif change == "empty":
        archive.file.write_bytes(b"")
    elif change == "another bundle's":
        archive.file.write_bytes(sealed(bytes(3 * CHUNK_BYTES)).file.read_bytes())
    else:
        size_bytes = archive.size_bytes + (CHUNK_BYTES if change == "longer" else -CHUNK_BYTES)
        archive = dataclasses.replace(archive, size_bytes=size_bytes)
    with pytest.raises(Unreadable):
        read(archive)


@pytest.mark.parametrize("trouble", ["lost", "short", "another"])
def test_a_key_that_is_not_there_is_told(sealed: Callable[[bytes], SealedArchive], trouble: str) -> None:
    archive = sealed(b"data")
    archive.key_file.unlink()
    if trouble != "lost":
        write_private(archive.key_file, secrets.token_bytes(KEY_BYTES if trouble == "another" else 5))
    with pytest.raises(Unreadable, match=r"lost|damaged|another key") as raised:
        read(archive)
    assert "backup" in raised.value.advice
    assert not isinstance(raised.value, OSError)


@pytest.mark.skipif(os.name == "nt", reason="permission bits are POSIX")
def test_a_key_that_others_may_read_is_refused(sealed: Callable[[bytes], SealedArchive]) -> None:
    """That can be mended without loss, so it is no reason to give the bundle up."""
    archive = sealed(b"data")
    archive.key_file.chmod(0o644)
    with pytest.raises(StorageError) as raised:
        read(archive)
    assert not isinstance(raised.value, Unreadable)


def test_only_what_was_agreed_to_is_sealed(tmp_path: Path, make_archive: Callable[..., Archive]) -> None:
    archive = make_archive(b"agreed")
    archive.file.write_bytes(b"change")
    with pytest.raises(StorageError, match="changed"):
        seal(archive, tmp_path / "target", bytes(KEY_BYTES))


def test_memory_does_not_grow_with_the_archive(
    tmp_path: Path, sealed: Callable[[bytes], SealedArchive], make_archive: Callable[..., Archive]
) -> None:
    """Sealing and reading 64 MiB take a few chunks, not the archive."""
    archive = make_archive(b"")
    with open_private(tmp_path / "large") as stream:
        stream.truncate(2**26)
    with (tmp_path / "large").open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    large = dataclasses.replace(archive, file=tmp_path / "large", size_bytes=2**26, sha256=sha256)
    key_file = sealed(b"").key_file
    tracemalloc.start()
    try:
        seal(large, tmp_path / "sealed", read_key(key_file))
        fields = {field.name: getattr(large, field.name) for field in dataclasses.fields(large)}
        with SealedArchive(**{**fields, "file": tmp_path / "sealed"}, key_file=key_file).open() as stream:
            assert hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 4 * 2**20
