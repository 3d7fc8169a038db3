"""A file among fields, as ``multipart/form-data`` (RFC 7578), streamed: never more than one piece in memory.

Its length is known beforehand, so it goes out with a Content-Length; some servers take no chunked body. A part
without a file name must carry none at all: Request Tracker takes even an empty one for a file.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.endpoints._paced_body import Body
from agent.endpoints._upload_body import BLOCK_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A part that is text. ``media_type`` is left out of its head where it is ``None``."""

    name: str
    text: str
    media_type: str | None = None


class MultipartBody:
    """The fields, then the file. For one attempt, as ``file`` is; ``content_type`` belongs into the headers."""

    def __init__(self, fields: Sequence[Field], *, name: str, file_name: str, media_type: str, file: Body) -> None:
        """``name`` and ``file_name`` are ours, plain ASCII without quotes; the bundle's id is such."""
        boundary = f"sendlogs-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        parts = [_head(boundary, field.name, "", field.media_type) + field.text.encode() + b"\r\n" for field in fields]
        self._before = b"".join([*parts, _head(boundary, name, f'; filename="{file_name}"', media_type)])
        self._after = f"\r\n--{boundary}--\r\n".encode("ascii")
        self._file = file
        self._length_bytes = len(self._before) + len(file) + len(self._after)

    def __len__(self) -> int:
        return self._length_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK_BYTES), b"")

    def read(self, size: int = -1) -> bytes:
        """The next piece, which may be shorter than ``size``; ``b""`` at the end. Raise as ``file.read`` does."""
        limit = BLOCK_BYTES if size < 0 else size
        if self._before:
            piece, self._before = self._before[:limit], self._before[limit:]
            return piece
        piece = self._file.read(limit)
        if not piece:
            piece, self._after = self._after[:limit], self._after[limit:]
        return piece


def _head(boundary: str, name: str, file_name: str, media_type: str | None) -> bytes:
    kind = f"Content-Type: {media_type}\r\n" if media_type else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file_name}\r\n{kind}\r\n'
    return head.encode("ascii")
