"""A file inside a JSON document, as Base64 (RFC 4648 §4), streamed: never more than one piece in memory.

Some trackers take attachments in no other form. The document's length is known beforehand, so it goes out with a
Content-Length.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping

from agent.endpoints._paced_body import Body
from agent.endpoints._upload_body import BLOCK_BYTES

_GROUP_BYTES = 3  # which become four characters


class Base64Body:
    """``value`` as JSON, in which the text ``mark`` (once, as a whole string) stands for the file's Base64.

    For one attempt, as ``file`` is.
    """

    def __init__(self, value: Mapping[str, object], mark: str, file: Body) -> None:
        """``mark`` is plain ASCII that stands nowhere else in ``value``; a random one is."""
        before, _, after = json.dumps(value).encode("ascii").partition(mark.encode("ascii"))
        self._ready, self._after, self._rest = before, after, b""
        self._file = file
        encoded_bytes = -(-len(file) // _GROUP_BYTES) * 4
        self._length_bytes = len(before) + encoded_bytes + len(after)

    def __len__(self) -> int:
        return self._length_bytes

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(BLOCK_BYTES), b"")

    def read(self, size: int = -1) -> bytes:
        """The next piece, which may be shorter than ``size``; ``b""`` at the end. Raise as ``file.read`` does."""
        limit = BLOCK_BYTES if size < 0 else size
        if not self._ready:
            self._ready = self._encoded() or self._end()
        piece, self._ready = self._ready[:limit], self._ready[limit:]
        return piece

    def _encoded(self) -> bytes:
        """The file's next piece; the bytes that fill no group wait for those that follow."""
        while piece := self._file.read(BLOCK_BYTES):
            data = self._rest + piece
            whole = len(data) // _GROUP_BYTES * _GROUP_BYTES
            self._rest = data[whole:]
            if whole:
                return base64.b64encode(data[:whole])
        last, self._rest = self._rest, b""
        return base64.b64encode(last)

    def _end(self) -> bytes:
        after, self._after = self._after, b""
        return after
