"""The multipart body: read back by the standard library's parser, of the length it says, and streamed."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable

import pytest

from agent.endpoints._multipart_body import Field, MultipartBody
from agent.endpoints._upload_body import UploadBody
from agent.errors import StorageError
from agent.flow import Archive


def body_of(file: UploadBody) -> MultipartBody:
    fields = [
        Field(name="JSON", text='{"Subject": "größer"}', media_type="application/json"),
        Field(name="x", text="1"),
    ]
    return MultipartBody(
        fields, name="Attachments", file_name="a.7z", media_type="application/x-7z-compressed", file=file
    )


@pytest.mark.parametrize("piece_bytes", [-1, 1, 7, 2**20])
def test_is_read_back_part_by_part(make_archive: Callable[..., Archive], piece_bytes: int) -> None:
    archive = make_archive(b"7z\r\n--sendlogs" * 100)
    with UploadBody(archive, lambda sent, total: None) as file:
        body = body_of(file)
        length = len(body)
        raw = b"".join(iter(lambda: body.read(piece_bytes), b""))
    assert len(raw) == length
    head = f"Content-Type: {body.content_type}\r\n\r\n".encode()
    parts = list(email.message_from_bytes(head + raw, policy=email.policy.HTTP).iter_parts())
    assert [part.get_payload(decode=True) for part in parts] == [
        '{"Subject": "größer"}'.encode(),
        b"1",
        archive.file.read_bytes(),
    ]
    assert [part.get_filename() for part in parts] == [None, None, "a.7z"]
    assert b'name="JSON"\r\n' in raw  # no file name at all, not even an empty one


def test_of_a_changed_file_no_whole_body_comes(make_archive: Callable[..., Archive]) -> None:
    archive = make_archive(b"x" * 1000)
    archive.file.write_bytes(b"y" * 1000)
    with UploadBody(archive, lambda sent, total: None) as file, pytest.raises(StorageError, match="changed"):
        b"".join(body_of(file))
