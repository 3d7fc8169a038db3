"""An archive as the outbox keeps it: readable only with a key of this device, chunk by chunk, from any offset.

    "SLSEAL1" and a line feed · salt (32 bytes) · key check (16) · chunk · chunk · …

Each chunk is 256 KiB of the archive (the last one less) under AES-256-GCM with its 16-byte tag (NIST SP 800-38D).
HKDF-SHA256 (RFC 5869) derives key and key check from the device's key, the salt and the bundle's id, so that no two
files share a key and the chunk's number can be its nonce. The nonce also says which chunk is the last, and the header
is authenticated with every chunk: chunks cannot be swapped, left out, cut off at the end or put into another bundle
(the STREAM construction, Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A reader holds one chunk in memory.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from agent.errors import StorageError
from agent.flow import Archive
from agent.storage import storage_errors
from config.private_files import open_private, read_private

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_MAGIC = b"SLSEAL1\n"
_SALT_BYTES = 32
_CHECK_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + _SALT_BYTES + _CHECK_BYTES
_TAG_BYTES = 16
_CHUNK_BYTES = 2**18


class Unreadable(StorageError):
    """A sealed archive that cannot be opened as it is: its key is lost, or it was changed. Waiting mends neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedArchive(Archive):
    """An archive whose ``file`` is sealed with the key in ``key_file``; sizes and hash are those of the open one."""

    key_file: Path
    # Sealing hashes what it seals, and a chunk that was changed, moved or taken from another bundle does not open.
    proves_what_is_read: ClassVar[bool] = True

    def open(self) -> io.BufferedReader:
        """The archive's own bytes, to be read and sought in; reading may raise ``Unreadable`` as well.

        Raise ``Unreadable`` when the key is lost or another, or the file is none; ``OSError`` as files do.
        """
        key = read_key(self.key_file)
        stream = self.file.open("rb")
        try:
            return io.BufferedReader(_Chunks(stream, self, key), _CHUNK_BYTES)
        except BaseException:
            stream.close()
            raise


def read_key(key_file: Path) -> bytes:
    """The device's key, 32 bytes. Raise ``Unreadable`` when lost or damaged, ``StorageError`` when open to others."""
    if not key_file.exists():
        raise Unreadable(f"The key of the outbox, {key_file}, is lost.", advice=_KEY_ADVICE)
    with storage_errors(key_file):
        key = read_private(key_file)
    if len(key) != KEY_BYTES:
        raise Unreadable(f"The key of the outbox, {key_file}, is damaged.", advice=_KEY_ADVICE)
    return key


_KEY_ADVICE = (
    "Put it back from a backup and run 'sendlogs outbox retry ID'. If there is none, delete the file if it is there, "
    "drop the bundles that waited, and gather them anew."
)


def sealed_bytes(size_bytes: int) -> int:
    """How large an archive of ``size_bytes`` is when sealed."""
    return _HEADER_BYTES + size_bytes + _TAG_BYTES * _chunks(size_bytes)


def kept_bytes(archive: Archive) -> int:
    """How large the archive's file has to be."""
    return sealed_bytes(archive.size_bytes) if isinstance(archive, SealedArchive) else archive.size_bytes


def seal(archive: Archive, target: Path, key: bytes) -> None:
    """Write the archive to ``target``, sealed, owner-only and flushed to the disk.

    Raise ``StorageError`` when it is not the archive that its hash names, ``OSError``.
    """
    salt, digest = secrets.token_bytes(_SALT_BYTES), hashlib.sha256()
    cipher, check = _derived(key, salt, archive.bundle_id)
    header = _MAGIC + salt + check
    last = _chunks(archive.size_bytes) - 1
    with archive.open() as source, open_private(target) as writer:
        writer.write(header)
        for index in range(last + 1):
            chunk = source.read(_CHUNK_BYTES)
            digest.update(chunk)
            writer.write(cipher.encrypt(_nonce(index, last), chunk, header))
        if source.read(1) or digest.hexdigest() != archive.sha256:
            raise StorageError(f"The bundle {archive.bundle_id} has changed since it was shown; it is not queued.")
        writer.flush()
        os.fsync(writer.fileno())


class _Chunks(io.RawIOBase):
    """The opened side of a sealed file, for a buffer around it: reads and seeks in the archive's own bytes."""

    def __init__(self, stream: BinaryIO, archive: Archive, key: bytes) -> None:
        self._stream, self._archive = stream, archive
        self._header = stream.read(_HEADER_BYTES)
        if len(self._header) != _HEADER_BYTES or not self._header.startswith(_MAGIC):
            raise self._changed()
        salt, check = self._header[len(_MAGIC) : -_CHECK_BYTES], self._header[-_CHECK_BYTES:]
        self._cipher, expected = _derived(key, salt, archive.bundle_id)
        if not secrets.compare_digest(check, expected):
            raise Unreadable(
                f"Bundle {archive.bundle_id} was sealed with another key than the one this computer has now.",
                advice=_KEY_ADVICE,
            )
        self._last = _chunks(archive.size_bytes) - 1
        self._place = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._archive.size_bytes}
        if starts[whence] + offset < 0:
            raise ValueError("no file begins before its beginning")
        self._place = starts[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        if self._place >= self._archive.size_bytes or not room:
            return 0
        index, offset = divmod(self._place, _CHUNK_BYTES)
        piece = self._chunk(index)[offset : offset + len(room)]
        room[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _chunk(self, index: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        if self._held[0] != index:
            self._stream.seek(_HEADER_BYTES + index * (_CHUNK_BYTES + _TAG_BYTES))
            sealed = self._stream.read(_CHUNK_BYTES + _TAG_BYTES)
            try:
                self._held = (index, self._cipher.decrypt(_nonce(index, self._last), sealed, self._header))
            except InvalidTag as error:
                raise self._changed() from error
        return self._held[1]

    def _changed(self) -> Unreadable:
        return Unreadable(
            f"Bundle {self._archive.bundle_id} is not the one that was agreed to: its file has changed since.",
            advice="Drop it from the outbox, and gather the bundle anew.",
        )


def _chunks(size_bytes: int) -> int:
    return max(1, -(-size_bytes // _CHUNK_BYTES))


def _nonce(index: int, last: int) -> bytes:
    return index.to_bytes(11, "big") + bytes([index == last])  # 12 bytes, as GCM takes them


def _derived(key: bytes, salt: bytes, bundle_id: str) -> tuple[AESGCM, bytes]:
    """The cipher of one file, and what tells its key from another."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"sendlogs outbox archive 1 " + bundle_id.encode()
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES + _CHECK_BYTES, salt=salt, info=info).derive(key)
    return AESGCM(derived[:KEY_BYTES]), derived[KEY_BYTES:]
