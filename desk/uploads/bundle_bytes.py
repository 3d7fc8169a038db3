"""Where the bytes of a bundle are: in the state folder, else in the object store; nowhere is that written down.

Whatever reads a bundle here (the reader of archives, a download, the relay) wants a file in which it can seek. So one
from the store is fetched when it is first asked for, proved on the way to be what arrived, and kept for a while.

    fetched/<bundle id>.7z   a copy; its time of change is when it was last asked for
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from filelock import FileLock, Timeout

from config.private_files import FILE_MODE, make_private_folder, open_private
from desk.models import Bundle
from desk.problems import Problem
from desk.uploads import object_store, read_back
from desk.uploads.bundle_store import Announced, checked, incoming_folder

_SPARE_BYTES = 64 << 20  # stays free for the database
_IN_USE_SECONDS = 600  # a copy asked for so lately may be being read
_PATIENCE_SECONDS = 60  # while another request fetches it


class BytesAway(Exception):
    """A sentence that says why a bundle's bytes cannot be had now."""


class BytesGone(BytesAway):
    """They are nowhere."""


def stored_sha256(bundle: Bundle) -> str:
    """The digest of the bytes that are stored now, in hex: computed anew, so that it proves the storage.

    Raise ``FileNotFoundError`` for bytes that are nowhere, ``StoreTrouble``.
    """
    store = None if bundle.file.exists() else object_store.configured()
    if store is None:
        return read_back.stored_sha256(bundle.file)
    digest = hashlib.sha256()
    for piece in store.pieces(bundle.object_key):
        digest.update(piece)
    return digest.hexdigest()


def on_disk(bundle: Bundle) -> Path:
    """A file with the bundle's bytes, fetched if need be. Raise ``BytesAway``."""
    if bundle.file.exists():
        return bundle.file
    copy = _fetched_folder() / bundle.file.name
    lock = FileLock(copy.with_suffix(".lock"), mode=FILE_MODE)
    try:
        with lock.acquire(timeout=_PATIENCE_SECONDS):
            if not copy.exists():
                _fetch(bundle, copy)
            os.utime(copy)
    except Timeout:
        raise BytesAway("The bundle is being fetched from the store; look again in a minute.") from None
    return copy


def _fetched_folder() -> Path:
    assert settings.DESK_STATE_FOLDER is not None
    return make_private_folder(Path(settings.DESK_STATE_FOLDER) / "fetched")


def _fetch(bundle: Bundle, copy: Path) -> None:
    store = object_store.configured()
    if store is None:
        raise BytesGone("The bundle is missing from the desk's storage.")
    _make_room(bundle.size_bytes)
    arrived = Announced(
        bundle_id=bundle.bundle_id, size_bytes=bundle.size_bytes, sha256=bundle.sha256, consent=bundle.consent
    )
    part = incoming_folder() / f"{uuid.uuid4()}.part"
    try:
        with open_private(part) as file:
            for piece in checked(store.pieces(bundle.object_key), arrived):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())  # a copy that is there is not looked at again
        part.replace(copy)
    except object_store.NoSuchObject:
        raise BytesGone("The bundle is missing from the desk's storage.") from None
    except object_store.StoreTrouble as trouble:
        raise BytesAway(trouble.text) from None
    except Problem:
        raise BytesAway("The store gives other bytes than those that arrived.") from None
    finally:
        part.unlink(missing_ok=True)


def _make_room(size_bytes: int) -> None:
    """Drop the copies that were asked for longest ago until one of that size has room. Raise ``BytesAway``."""
    copies = sorted(_fetched_folder().glob("*.7z"), key=lambda copy: copy.stat().st_mtime)
    kept_bytes = sum(copy.stat().st_size for copy in copies)
    while kept_bytes and not _fits(size_bytes, kept_bytes):
        oldest = copies.pop(0)
        if time.time() - oldest.stat().st_mtime < _IN_USE_SECONDS:
            break
        kept_bytes -= oldest.stat().st_size
        with suppress(OSError):  # Windows removes nothing that is open
            oldest.unlink()
    if shutil.disk_usage(_fetched_folder()).free < size_bytes + _SPARE_BYTES:
        raise BytesAway("The desk has no room to fetch this bundle from the store now.")


def _fits(size_bytes: int, kept_bytes: int) -> bool:
    free_bytes = shutil.disk_usage(_fetched_folder()).free
    return kept_bytes + size_bytes <= settings.DESK_FETCHED_LIMIT_BYTES and free_bytes >= size_bytes + _SPARE_BYTES
