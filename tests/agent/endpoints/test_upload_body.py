"""The body of an upload: of known length, complete only when it is the archive that was agreed to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.endpoints._upload_body import UploadBody
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
