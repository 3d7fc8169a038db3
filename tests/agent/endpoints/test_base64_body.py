"""A file in a JSON document: what goes out is the document that would have been written in one piece."""

from __future__ import annotations

import base64
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from agent.endpoints._base64_body import Base64Body
from agent.endpoints._upload_body import BLOCK_BYTES, UploadBody
from agent.errors import StorageError
from agent.flow import Archive


class Stored(io.BytesIO):
    """Bytes of known length, read in pieces of at most ``most`` bytes."""

    def __init__(self, data: bytes, most: int = BLOCK_BYTES) -> None:
        super().__init__(data)
        self._most = most

    def __len__(self) -> int:
        return len(self.getvalue())

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(self._most, size) if size and size > 0 else self._most)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 100, BLOCK_BYTES + 1])
@pytest.mark.parametrize("most", [1, 2, 5, BLOCK_BYTES])
def test_is_the_whole_document(size: int, most: int) -> None:
    if size > 100 and most < 5:
        most = 1001  # no divisor of three, and not a quarter of a million reads
    data = bytes(range(256)) * (size // 256 + 1)
    body = Base64Body({"before": "ä\n", "data": "@mark@", "after": [1]}, "@mark@", Stored(data[:size], most))
    length = len(body)
    sent = b"".join(body)
    assert len(sent) == length
    told = json.loads(sent)
    assert (told["before"], told["after"], base64.b64decode(told["data"])) == ("ä\n", [1], data[:size])


def test_a_small_read_gets_a_small_piece() -> None:
    body = Base64Body({"data": "@mark@"}, "@mark@", Stored(b"x" * 100))
    pieces = list(iter(lambda: body.read(7), b""))
    assert max(map(len, pieces)) == 7
    assert json.loads(b"".join(pieces))["data"] == base64.b64encode(b"x" * 100).decode()


def test_memory_stays_flat(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive(b"0123456789abcdef" * 2**20)  # 16 MiB
    tracemalloc.start()
    try:
        with UploadBody(archive, lambda sent, total: None) as file:
            sent_bytes = sum(map(len, Base64Body({"data": "@mark@"}, "@mark@", file)))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent_bytes > archive.size_bytes * 4 / 3
    assert peak_bytes < 8 * BLOCK_BYTES


def test_a_file_that_changed_never_goes_out_whole(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive()
    archive.file.write_bytes(archive.file.read_bytes()[:-1] + b"!")

    def send() -> Iterator[bytes]:
        with UploadBody(archive, lambda sent, total: None) as file:
            yield from Base64Body({"data": "@mark@"}, "@mark@", file)

    with pytest.raises(StorageError, match="changed"):
        list(send())
