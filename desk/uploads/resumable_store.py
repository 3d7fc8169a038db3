"""Bundles that arrive in pieces, over days: what has come lies in a file, and the file alone says how much that is.

    uploads/<device>/<upload>.json   what was announced; its time of change is when it was last heard of
    uploads/<device>/<upload>.part   what has arrived; its length is the offset
    uploads/<device>/<upload>.lock   held by who reads or writes these; the system frees it when a process dies

No table and no counter beside the file, so nothing can disagree with it after a crash. An upload's name follows
from device, ticket, bundle and digest: announced twice (its first answer was lost, say) it is one upload, which goes
on where it was. A finished one keeps its ``.json`` until it expires, for a device that missed the last answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from filelock import FileLock, Timeout
from helpdesk.models import Ticket

from config.private_files import FILE_MODE, make_private_folder, open_private, write_private
from desk.models import Bundle, Device
from desk.problems import Problem, ProblemType
from desk.uploads.bundle_store import SEVEN_ZIP_MAGIC, Announced, earlier, put_in_place, refuse_ended
from desk.uploads.piece_writing import Checksum, no_room, write_piece
from desk.uploads.read_back import stored_sha256

_SPARE_BYTES = 64 << 20  # stays free for the database, whose failing would stop every ticket
_PATIENCE_SECONDS = 1  # a look at the offset takes a moment, and must not turn a piece away
_LOCK_LIFETIME_SECONDS = 3600  # of a lock without an upload: longer than any request that holds it
_WAIT_SECONDS = 2  # told with a 423: a request that was cut off ends within a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One upload, its ticket and its device."""

    upload_id: str
    announced: Announced
    ticket: Ticket
    device: Device

    @property
    def record(self) -> Path:
        """What was announced."""
        return _folder(self.device) / f"{self.upload_id}.json"

    @property
    def part(self) -> Path:
        """What has arrived."""
        return _folder(self.device) / f"{self.upload_id}.part"

    @property
    def expires_at(self) -> float:
        """When it is swept away unless it is heard of, in seconds since 1970."""
        return self.record.stat().st_mtime + settings.DESK_UPLOAD_LIFETIME_SECONDS


def uploads_folder() -> Path:
    """Where uploads lie."""
    assert settings.DESK_STATE_FOLDER is not None
    return make_private_folder(Path(settings.DESK_STATE_FOLDER) / "uploads")


def _folder(device: Device) -> Path:
    return make_private_folder(uploads_folder() / str(device.pk))


@contextmanager
def locked(record: Path) -> Iterator[None]:
    """Be the only one at an upload, across processes. Raise ``Problem`` 423 while somebody else is."""
    lock = FileLock(record.with_suffix(".lock"), mode=FILE_MODE)
    try:
        lock.acquire(timeout=_PATIENCE_SECONDS)
    except Timeout:
        headers = {"Retry-After": str(_WAIT_SECONDS)}
        raise Problem(423, ProblemType.LOCKED, "Another request writes this upload.", headers=headers) from None
    try:
        yield
    finally:
        lock.release()


def begin(announced: Announced, ticket: Ticket, device: Device) -> tuple[Upload, int]:
    """Make the upload, or find the one that was begun; return it and its offset.

    Raise ``Problem``: the ticket is closed, the device has too many open, the disk has no room.
    """
    sweep()
    upload = Upload(upload_id=named(announced, ticket), announced=announced, ticket=ticket, device=device)
    with locked(upload.record):
        if earlier(announced, ticket, device) is None:
            refuse_ended(ticket)
            if not upload.part.exists():
                _require_room(upload)
                _keep_record(upload)  # first: a record without its file is one that is gone
                open_private(upload.part).close()
        if not upload.record.exists():
            _keep_record(upload)
        os.utime(upload.record)
        return upload, _offset(upload)


def named(announced: Announced, ticket: Ticket) -> str:
    """The name of the upload of this bundle to this ticket."""
    named = f"{ticket.pk} {announced.bundle_id} {announced.sha256} {announced.size_bytes}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _keep_record(upload: Upload) -> None:
    told = {**asdict(upload.announced), "bundle_id": str(upload.announced.bundle_id), "ticket": upload.ticket.pk}
    write_private(upload.record, json.dumps(told).encode())


def _require_room(upload: Upload) -> None:
    if len(list(_folder(upload.device).glob("*.part"))) >= settings.DESK_UPLOADS_PER_DEVICE:
        raise too_many()
    if shutil.disk_usage(uploads_folder()).free < upload.announced.size_bytes + _SPARE_BYTES:
        raise no_room()


def too_many() -> Problem:
    """The refusal of one more upload."""
    sentence = "This device has too many unfinished uploads."
    return Problem(429, ProblemType.THROTTLED, sentence, headers={"Retry-After": "3600"})


def find(upload_id: str, ticket: Ticket, device: Device) -> Upload:
    """The upload of that name of this device and ticket. Raise ``unknown-upload`` for any other."""
    try:
        record = _folder(device) / f"{uuid.UUID(hex=upload_id).hex}.json"
        told = json.loads(record.read_bytes())
    except (ValueError, FileNotFoundError):
        raise _unknown() from None
    if told.pop("ticket") != ticket.pk or is_expired(record):
        raise _unknown()
    announced = Announced(**{**told, "bundle_id": uuid.UUID(told["bundle_id"])})
    return Upload(upload_id=record.stem, announced=announced, ticket=ticket, device=device)


def _unknown() -> Problem:
    return Problem(404, ProblemType.UNKNOWN_UPLOAD, "This ticket has no such upload, or no longer.")


def offset_of(upload: Upload) -> int:
    """How many bytes are on the disk. Raise ``Problem`` when it is gone, or being written just now."""
    with locked(upload.record):
        return _offset(upload)


def _offset(upload: Upload) -> int:
    """Also finishes what a crash kept from being finished: told that all has arrived, no device sends again."""
    if not upload.part.exists():
        if earlier(upload.announced, upload.ticket, upload.device) is not None:
            return upload.announced.size_bytes
        upload.record.unlink(missing_ok=True)
        raise _unknown()
    with upload.part.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if os.name == "posix":  # Windows flushes through a handle that may write alone
            os.fsync(file.fileno())
    if size_bytes >= upload.announced.size_bytes:
        _finish(upload)
    return size_bytes


def append(upload: Upload, offset: int, pieces: Iterable[bytes], checksum: Checksum | None) -> int:
    """Write the pieces behind ``offset``; return the new offset, which is on the disk by then.

    What came before a connection broke is kept; what does not have the announced checksum (an algorithm of
    ``hashlib`` and its digest) is not. Raise ``Problem``; all the bytes there make the bundle, or raise what is wrong.
    """
    with locked(upload.record):
        current = _offset(upload)
        if offset != current:
            raise Problem(409, ProblemType.OFFSET_CONFLICT, "Another offset is next.", offset=current)
        os.utime(upload.record)
        if upload.part.exists():
            room_bytes = upload.announced.size_bytes - current
            write_piece(upload.part, current, pieces, room_bytes=room_bytes, checksum=checksum)
        return _offset(upload)


def _finish(upload: Upload) -> None:
    """Make the bundle of it, as one that came by PUT; bytes that are not the announced ones are thrown away."""
    announced, sha256 = upload.announced, ""
    with upload.part.open("rb") as file:
        head = file.read(len(SEVEN_ZIP_MAGIC))
    if head == SEVEN_ZIP_MAGIC:
        sha256 = stored_sha256(upload.part)
    if sha256 != announced.sha256:
        _remove(upload.record)
        if not sha256:
            raise Problem(400, ProblemType.INVALID, "What arrived is not a .7z archive.")
        raise Problem(400, ProblemType.DIGEST_MISMATCH, "The bytes that arrived have another digest than announced.")
    bundle: Bundle = put_in_place(upload.part, announced, upload.ticket, upload.device)[0]
    assert bundle.sha256 == announced.sha256
    upload.part.unlink(missing_ok=True)  # the bundle may have come another way meanwhile


def end(upload: Upload) -> None:
    """Throw the upload away; a bundle it has become stays."""
    with locked(upload.record):
        _remove(upload.record)


def _remove(record: Path) -> None:
    record.with_suffix(".part").unlink(missing_ok=True)
    record.unlink(missing_ok=True)


def is_expired(record: Path) -> bool:
    """Whether it has not been heard of for its lifetime."""
    return record.stat().st_mtime + settings.DESK_UPLOAD_LIFETIME_SECONDS < time.time()


def sweep() -> None:
    """Remove what has not been heard of for its lifetime."""
    for record in uploads_folder().glob("*/*.json"):
        try:
            if is_expired(record):
                with locked(record):
                    if is_expired(record):
                        _remove(record)
                        record.with_suffix(".lock").unlink(missing_ok=True)
        except (FileNotFoundError, Problem):  # another sweep was quicker, or it is in use after all
            continue
    drop_old_locks(uploads_folder())


def drop_old_locks(folder: Path) -> None:
    """Remove the locks of uploads that were refused, or have ended."""
    for lock in folder.glob("*/*.lock"):
        with suppress(FileNotFoundError, Problem):
            is_old = time.time() - lock.stat().st_mtime > _LOCK_LIFETIME_SECONDS
            if is_old and not lock.with_suffix(".json").exists():
                with locked(lock.with_suffix(".json")):
                    lock.unlink()
