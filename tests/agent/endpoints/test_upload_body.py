"""The body of an upload: of known length, complete only when it is the archive that was agreed to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.endpoints._upload_body import PartBody, UploadBody
from agent.errors import StorageError
from agent.flow import Archive


def read_all(archive: Archive, size: int = 4096) -> bytes:
    with UploadBody(archive, lambda sent, total: None) as body:
        return b"".join(iter(lambda: body.read(size), b""))


@given(size_bytes=st.integers(1, 5000), piece_bytes=st.integers(1, 6000))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gives_every_byte_once_whatever_the_pieces(
    make_archive: Callable[..., Archive], size_bytes: int, piece_bytes: int
) -> None:
    data = bytes(index % 251 for index in range(size_bytes))
    assert read_all(make_archive(data), piece_bytes) == data


def test_a_second_attempt_is_a_second_body(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive()
    assert read_all(archive) == read_all(archive) == archive.file.read_bytes()


def test_tells_its_length_and_its_progress(make_archive: Callable[..., Archive]) -> None:
    told: list[tuple[int, int]] = []
    with UploadBody(make_archive(b"x" * 10), lambda *numbers: told.append(numbers)) as body:
        assert len(body) == 10
        assert list(body) == [b"x" * 10]
    assert told == [(10, 10)]


@pytest.mark.parametrize("change", [b"y" * 100, b"x" * 99, b"x" * 101, b"x" * 99 + b"y", b""])
def test_of_a_changed_file_no_complete_body_leaves(make_archive: Callable[..., Archive], change: bytes) -> None:
    archive = make_archive(b"x" * 100)
    archive.file.write_bytes(change)
    given_out: list[bytes] = []
    with UploadBody(archive, lambda sent, total: None) as body, pytest.raises(StorageError, match="changed"):
        given_out.extend(iter(lambda: body.read(7), b""))
    assert sum(map(len, given_out)) < archive.size_bytes


def test_a_part_is_read_from_its_offset_to_its_end(make_archive: Callable[..., Archive]) -> None:
    told: list[tuple[int, int]] = []
    seen: list[tuple[int, bytes]] = []
    archive = make_archive(b"0123456789")
    with PartBody(archive, 3, 4, lambda sent, total: told.append((sent, total)), lambda *a: seen.append(a)) as body:
        assert len(body) == 4
        assert [body.read(3), body.read(3), body.read(3)] == [b"345", b"6", b""]
    assert told == [(6, 10), (7, 10)]
    assert seen == [(3, b"345"), (6, b"6")]
    with PartBody(make_archive(b"0123456789"), 3, 4, lambda sent, total: None, lambda at, piece: None) as body:
        assert list(body) == [b"3456"]


def test_a_part_of_a_file_that_became_shorter_does_not_leave(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive(b"0123456789")
    archive.file.write_bytes(b"0123")
    body = PartBody(archive, 3, 4, lambda sent, total: None, lambda at, piece: None)
    with body, pytest.raises(StorageError, match="changed"):
        list(body)
