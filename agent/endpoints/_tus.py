"""Sends an archive in pieces to a server of tus 1.0.0 (https://tus.io/protocols/resumable-upload).

Goes on after whatever befell it: a cut line, a restart of either side, days without a network.

What the server holds decides where to go on; the only thing kept here is the upload's address, in a file beside
the archive that says for which bundle and server it is. Deleting that file costs bytes, never a bundle.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urljoin

from agent.endpoints import UploadProgress
from agent.endpoints._transport import Answer, Transport
from agent.endpoints._transport_errors import answer_error, problem_type
from agent.endpoints._upload_body import BLOCK_BYTES, PartBody
from agent.errors import EndpointError, StorageError, Unreachable
from agent.flow import Archive
from agent.storage import storage_errors
from config.private_files import read_private, write_private

# A server that keeps only whole pieces loses one to a cut, so on a poor line they stay small. Each costs a request and
# a flush of the disk of the server, so on a good line they grow.
PIECE_BYTES = 16 * 2**20
_LARGEST_PIECE_BYTES = 256 * 2**20
_PIECE_SECONDS = 5  # what took less may be twice as large the next time
_GONE = frozenset({404, 410})
_OFFSET_CONFLICT, _LOCKED, _CHECKSUM_MISMATCH = 409, 423, 460
_READ_HERE = _GONE | {_OFFSET_CONFLICT, _LOCKED, _CHECKSUM_MISMATCH}
# Waits between tries that got nothing further, in seconds; then the outbox has its turn. The desk lets go of a
# connection that died without a word after a minute, and hashes a large bundle before its last answer.
WAITS_SECONDS = (0.2, 0.5, 1, 2, 4, 8, 15, 15, 15, 15)


class TusUpload:
    """The upload of one archive. ``create_path`` is where uploads begin; ``headers`` go with every request."""

    def __init__(
        self,
        transport: Transport,
        create_path: str,
        archive: Archive,
        *,
        headers: Mapping[str, str],
        metadata: Mapping[str, str],
        progress: UploadProgress,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._create_path = create_path
        self._archive = archive
        self._headers = {"Tus-Resumable": "1.0.0", **headers}
        self._metadata = metadata
        self._progress = progress
        self._wait = wait
        self._address_file = archive.file.with_name(f"{archive.file.name}.upload")
        self._digest = hashlib.sha256()
        self._digested_bytes = 0
        self._piece_bytes = PIECE_BYTES

    def send(self) -> None:
        """Send what the server does not hold. Raise ``EndpointError`` and its children, ``StorageError``.

        ``Unreachable`` is raised when nothing more arrived for a minute; another call goes on from there.
        """
        offset, tries = -1, 0
        while True:
            try:
                reached = self._offset()
                while reached < self._archive.size_bytes:
                    tries, offset = (0, reached) if reached > offset else (tries, offset)
                    reached = self._send_piece(reached)
                break
            except Unreachable:
                if tries == len(WAITS_SECONDS):
                    raise
            self._piece_bytes = PIECE_BYTES
            self._wait(WAITS_SECONDS[tries])
            tries += 1
        with storage_errors(self._address_file):
            self._address_file.unlink(missing_ok=True)

    def _offset(self) -> int:
        """Where to go on: in the upload that was begun earlier if the server still has it, else in a new one."""
        path = self._kept_path()
        if path is None:
            return self._create()
        answer = self._call("HEAD", path)
        if answer.status in _GONE:
            return self._create()
        return self._told_offset(answer)

    def _create(self) -> int:
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in self._metadata.items()}
        headers = {
            "Upload-Length": str(self._archive.size_bytes),
            "Upload-Metadata": ",".join(f"{key} {value}" for key, value in encoded.items()),
        }
        answer = self._call("POST", self._create_path, headers)
        if answer.status != 201:
            raise self._refusal(answer)
        address = urljoin(f"{self._transport.url}{self._create_path}", answer.headers.get("Location", ""))
        base = f"{self._transport.url}/"
        if not address.startswith(base):  # our credential goes nowhere else
            raise EndpointError(
                f"{self._transport.host} points elsewhere for the upload; the bundle is not sent there."
            )
        self._keep_path(f"/{address.removeprefix(base)}")
        # A server may know this bundle's upload already; one that does not say begins at nothing.
        return self._told_offset(answer) if "Upload-Offset" in answer.headers else 0

    def _send_piece(self, offset: int) -> int:
        path = self._kept_path()
        if path is None:
            raise Unreachable("The upload's address is gone.")
        size_bytes = min(self._piece_bytes, self._archive.size_bytes - offset)
        if self._digested_bytes > offset:  # what is read again may have changed
            self._digest, self._digested_bytes = hashlib.sha256(), 0
        if offset + size_bytes == self._archive.size_bytes:
            self._prove()
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        with storage_errors(self._archive.file):
            body = PartBody(self._archive, offset, size_bytes, self._progress, self._seen)
        begun = time.monotonic()
        with body:
            answer = self._call("PATCH", path, headers, body)
        reached = self._told_offset(answer)
        if not offset < reached <= offset + size_bytes:
            raise Unreachable(f"{self._transport.host} tells an offset that cannot be.")
        if time.monotonic() - begun < _PIECE_SECONDS:
            self._piece_bytes = min(2 * self._piece_bytes, _LARGEST_PIECE_BYTES)
        return reached

    def _seen(self, offset: int, block: bytes) -> None:
        """Hash a block as it goes out, if it is the next one, and if reading it has not proved it."""
        if offset == self._digested_bytes and not self._archive.proves_what_is_read:
            self._digest.update(block)
            self._digested_bytes += len(block)

    def _prove(self) -> None:
        """Hash the rest. Of a file that changed since it was shown the last piece never leaves."""
        if self._archive.proves_what_is_read:
            return
        with storage_errors(self._archive.file), self._archive.open() as file:
            file.seek(self._digested_bytes)
            while block := file.read(BLOCK_BYTES):
                self._seen(self._digested_bytes, block)
        if self._digest.hexdigest() != self._archive.sha256:
            raise self._changed()

    def _changed(self) -> StorageError:
        return StorageError(f"The bundle {self._archive.bundle_id} has changed since it was shown; it is not sent.")

    def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: PartBody | None = None
    ) -> Answer:
        sent = {**self._headers, **(headers or {})}
        return self._transport.call(method, path, headers=sent, body=body, told_by_status=_READ_HERE)

    def _told_offset(self, answer: Answer) -> int:
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        written = answer.headers.get("Upload-Offset", "")
        if not (written.isascii() and written.isdigit() and len(written) < 20):
            raise Unreachable(f"{self._transport.host} does not tell how much of the bundle it holds.")
        return min(int(written), self._archive.size_bytes)

    def _refusal(self, answer: Answer) -> EndpointError:
        """Trouble that another look at the offset mends is ``Unreachable``; a named problem is what it is."""
        named = problem_type(answer.value if isinstance(answer.value, dict) else None)
        if named not in {"", "offset-conflict", "locked", "unknown-upload", "checksum-mismatch"}:
            return answer_error(answer.status, answer.headers, answer.value, self._transport.host)
        return Unreachable(f"{self._transport.host} could not take a piece of the bundle (status {answer.status}).")

    def _kept_path(self) -> str | None:
        """The address of the upload begun earlier; ``None`` for none, or for that of another bundle or server."""
        try:
            kept = json.loads(read_private(self._address_file))
        except (OSError, ValueError):
            return None
        known = isinstance(kept, dict) and {**kept, "path": None} == {**self._key(), "path": None}
        path = kept.get("path") if known else None
        return path if isinstance(path, str) and path.startswith("/") else None

    def _keep_path(self, path: str) -> None:
        with storage_errors(self._address_file):
            write_private(Path(self._address_file), json.dumps({**self._key(), "path": path}).encode())

    def _key(self) -> dict[str, str]:
        archive = self._archive
        begun_at = f"{self._transport.url}{self._create_path}"
        return {"bundle_id": archive.bundle_id, "sha256": archive.sha256, "begun_at": begun_at}
