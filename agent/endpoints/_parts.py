"""Sends an archive in parts to the desk's S3-compatible store, at addresses that the desk signs for each part.

Nothing is kept here: what is missing is asked of the desk again and again, after whatever befell either side, until it
tells the bundle. The device holds no key of the store, and the store never sees the device's credential: it gets bytes
at an address that works for some minutes. Such an address is a secret, and so stands in no error and no log.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agent.endpoints import Connection, UploadProgress
from agent.endpoints._download import origin_of
from agent.endpoints._transport import Transport
from agent.endpoints._transport_errors import answer_error, problem_type
from agent.endpoints._tus import WAITS_SECONDS
from agent.endpoints._upload_body import BLOCK_BYTES, PartBody
from agent.errors import EndpointError, StorageError, Unreachable
from agent.flow import Archive
from agent.storage import storage_errors

_BAD_REQUEST, _NOT_FOUND, _LOCKED = 400, 404, 423


class _Damaged(Unreachable):
    """What the store holds is not what was sent: all is to be sent anew, but not at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    offset: int
    size_bytes: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """How far it is; ``stored`` is what the desk tells of the bundle that it has become."""

    held_bytes: int
    good_for_seconds: float
    parts: tuple[_Part, ...]
    stored: Mapping[str, Any] | None


class PartsUpload:
    """The upload of one archive. ``path`` is where the desk is asked, ``headers`` go to it alone, ``consent`` too."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        archive: Archive,
        *,
        connection: Connection,
        headers: Mapping[str, str],
        consent: str,
        progress: UploadProgress,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._path = path
        self._archive = archive
        self._connection = connection
        self._headers = headers
        self._words = {"size_bytes": archive.size_bytes, "sha256": archive.sha256, "consent": consent}
        self._progress = progress
        self._wait = wait
        self._clock = clock
        self._stores: dict[str, Transport] = {}

    def send(self) -> Mapping[str, Any] | None:
        """Send what is missing; return what the desk tells of the bundle, ``None`` if it wants it another way.

        The SHA-256 in it is of the bytes that are stored, read back. Raise ``EndpointError`` and its children,
        ``StorageError``. ``Unreachable`` is raised when nothing more arrived for a minute; another call goes on.
        """
        held_bytes, tries, went_well, is_checked = -1, 0, False, False
        while True:
            try:
                asked_at = self._clock()
                told = self._announce()
                if told is None or told.stored is not None:
                    return None if told is None else told.stored
                if told.held_bytes > held_bytes:
                    tries, held_bytes = 0, told.held_bytes
                elif went_well:
                    went_well = False
                    raise Unreachable(f"{self._transport.host} never sees what is put into its store.")
                went_well, is_checked = False, is_checked or self._require_unchanged()
                self._put_in_time(told, asked_at, only_one=tries > 0)
                went_well = True
                continue
            except _Damaged:
                raise
            except Unreachable:
                if tries == len(WAITS_SECONDS):
                    raise
            self._wait(WAITS_SECONDS[tries])
            tries += 1

    def _put_in_time(self, told: _Told, asked_at: float, *, only_one: bool) -> None:
        """Put the parts while their addresses work; after trouble one, until one is seen to have come."""
        for part in told.parts[: 1 if only_one else None]:
            if self._clock() - asked_at > told.good_for_seconds:
                return
            self._put(part)

    def _announce(self) -> _Told | None:
        answer = self._transport.call(
            "POST",
            self._path,
            headers=self._headers,
            value=self._words,
            idempotent=True,
            reads_bytes=self._archive.size_bytes,  # when all has come, the desk reads it back
            told_by_status=frozenset({_BAD_REQUEST, _NOT_FOUND, _LOCKED}),
        )
        if answer.status == 200:
            return self._read(answer.value)
        named = problem_type(answer.value if isinstance(answer.value, dict) else None)
        if answer.status == _NOT_FOUND and not named:  # the address itself: no store, or an older desk
            return None
        if answer.status == _LOCKED:
            raise Unreachable(f"{self._transport.host} is still busy with this bundle.")
        error = answer_error(answer.status, answer.headers, answer.value, self._transport.host)
        raise _Damaged(str(error)) if named == "digest-mismatch" else error

    def _read(self, value: Any) -> _Told:
        try:
            parts = tuple(
                _Part(offset=int(part["offset"]), size_bytes=int(part["size_bytes"]), url=str(part["url"]))
                for part in value["parts"]
            )
            stored = value["stored"]
            told = _Told(
                held_bytes=int(value["held_bytes"]),
                good_for_seconds=float(value["good_for_seconds"]),
                parts=parts,
                stored=stored if isinstance(stored, dict) else None,
            )
            end = self._archive.size_bytes
            if not all(0 <= part.offset < part.offset + part.size_bytes <= end for part in parts):
                raise ValueError(parts)
            if not 0 <= told.held_bytes <= end or (not parts and told.stored is None):
                raise ValueError(parts)
        except (KeyError, TypeError, ValueError):
            sentence = "The desk's answer tells no parts: another program, or another version, answers there."
            raise Unreachable(sentence) from None
        return told

    def _require_unchanged(self) -> bool:
        """Raise ``StorageError`` for a file that changed since it was shown: nothing of it leaves."""
        if self._archive.proves_what_is_read:
            return True
        digest = hashlib.sha256()
        with storage_errors(self._archive.file), self._archive.open() as file:
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
        if digest.hexdigest() != self._archive.sha256:
            raise StorageError(f"The bundle {self._archive.bundle_id} has changed since it was shown; it is not sent.")
        return True

    def _put(self, part: _Part) -> None:
        store, url = self._store(origin_of(part.url)), urlsplit(part.url)
        try:
            with storage_errors(self._archive.file):
                store.call(
                    "PUT",
                    f"{url.path}?{url.query}",
                    headers={},
                    body=lambda: PartBody(self._archive, part.offset, part.size_bytes, self._progress, _is_proved),
                    told_by_status=frozenset(),
                )
        except EndpointError as trouble:
            raise trouble from None  # its cause names the address

    def _store(self, origin: str) -> Transport:
        """The store, over TLS as safe as the way to the desk itself."""
        if urlsplit(origin).scheme != urlsplit(self._transport.url).scheme:
            raise Unreachable(f"{self._transport.host} points to an unsafe address for the bundle.")
        if origin not in self._stores:
            self._stores[origin] = Transport(origin, self._connection, _refusal)
        return self._stores[origin]


def _is_proved(_offset: int, _block: bytes) -> None:
    """The whole file was hashed before."""


def _refusal(status: int, headers: Mapping[str, str], _data: bytes, host: str) -> EndpointError:
    """The error of a store's answer; it speaks XML, which may repeat the address, and none of which is repeated."""
    if status == 429 or status >= 500 or 300 <= status < 400:
        return answer_error(status, headers, None, host)
    # An address that has expired, or an upload that is gone: the desk has new ones.
    return Unreachable(f"{host}, where the desk keeps large bundles, does not take a part of it (status {status}).")
