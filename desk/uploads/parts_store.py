"""Large bundles that go past the desk, from the device into the object store, in parts, over days.

    parts/<device>/<upload>.json   the store's name for the upload; its time of change is when it was last heard of
    parts/<device>/<upload>.lock   held by who works at it; the system frees it when a process dies

What has come, the store is asked each time; so nothing can disagree with it after a crash. A device says again and
again what it has, and is told what is missing. When nothing is, the parts become an object, *its bytes are read back*
through the same checks as any bundle's, and then it is a bundle; else nothing of it stays.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from django.conf import settings
from helpdesk.models import Ticket

from config.private_files import make_private_folder, write_private
from desk.models import Bundle, Device, object_key
from desk.problems import Problem
from desk.shared_connections import give_back
from desk.uploads.bundle_bytes import stored_sha256
from desk.uploads.bundle_store import Announced, checked, earlier, put_in_place, refuse_ended
from desk.uploads.object_store import NoSuchObject, ObjectStore, StoreTrouble
from desk.uploads.resumable_store import drop_old_locks, is_expired, locked, named, too_many

# A part costs the store some 25 ms besides its bytes, and a line that breaks the part under way. AWS takes 10,000.
_USUAL_PARTS = 64
_URLS_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPart:
    """A part that has not come; ``number`` counts from 1, ``offset`` and size are in bytes."""

    number: int
    offset: int
    size_bytes: int
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How far an upload is: the next parts that are missing, or the bundle and the SHA-256 of its stored bytes."""

    held_bytes: int
    wanted: tuple[WantedPart, ...] = ()
    stored: tuple[Bundle, str] | None = None


def announce(store: ObjectStore, announced: Announced, ticket: Ticket, device: Device) -> Told:
    """What is missing of this bundle; with nothing missing it becomes one. The same again is the same upload.

    Raise ``Problem``: the ticket is closed, the device has too many open, what is stored is not what was announced.
    """
    sweep(store)
    upload = _Upload(store=store, announced=announced, ticket=ticket, device=device)
    with locked(upload.record):
        known = earlier(announced, ticket, device)
        if known is not None:
            _throw_away(store, upload.record)
            return Told(held_bytes=announced.size_bytes, stored=(known, stored_sha256(known)))
        refuse_ended(ticket)
        give_back()
        # An object is one that a crash left unread, or a caller who could not wait for the end of it.
        wanted, held_bytes = ((), 0) if store.holds(upload.key) else upload.missing()
        if wanted:
            return Told(held_bytes=held_bytes, wanted=wanted)
        return Told(held_bytes=announced.size_bytes, stored=(upload.finish(), announced.sha256))


def parts_of(size_bytes: int) -> Iterator[WantedPart]:
    """The parts of a bundle of that size: all of one size but the last, which may be smaller."""
    part_bytes = max(settings.DESK_PART_BYTES, -(-size_bytes // _USUAL_PARTS))
    for number, offset in enumerate(range(0, size_bytes, part_bytes), 1):
        yield WantedPart(number=number, offset=offset, size_bytes=min(part_bytes, size_bytes - offset))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    """One upload, while its lock is held."""

    store: ObjectStore
    announced: Announced
    ticket: Ticket
    device: Device

    @property
    def key(self) -> str:
        return object_key(self.device.pk, self.announced.bundle_id, self.announced.sha256)

    @property
    def record(self) -> Path:
        return make_private_folder(_folder() / str(self.device.pk)) / f"{named(self.announced, self.ticket)}.json"

    def missing(self) -> tuple[tuple[WantedPart, ...], int]:
        """The next missing parts with their addresses, and how many bytes are there; with none the object is made."""
        name = self._begun()
        held = self.store.held(self.key, name)
        if held is None:  # thrown away at the store
            self.record.unlink()
            name, held = self._begun(), {}
        os.utime(self.record)
        parts = tuple(parts_of(self.announced.size_bytes))
        come = {part: held[part.number][1] for part in parts if held.get(part.number, (-1,))[0] == part.size_bytes}
        if len(come) == len(parts):
            self.store.complete(self.key, name, {part.number: etag for part, etag in come.items()})
        next_ones = [part for part in parts if part not in come][:_URLS_AT_ONCE]
        wanted = tuple(
            replace(part, url=self.store.part_url(self.key, name, part.number, part.size_bytes)) for part in next_ones
        )
        return wanted, sum(part.size_bytes for part in come)

    def _begun(self) -> str:
        """The store's name for the upload, begun now if it was not."""
        with suppress(FileNotFoundError):
            kept: str = json.loads(self.record.read_bytes())["upload"]
            return kept
        if len(list(self.record.parent.glob("*.json"))) >= settings.DESK_UPLOADS_PER_DEVICE:
            raise too_many()
        name = self.store.begin(self.key)
        told = {"key": self.key, "upload": name, "bundle_id": str(self.announced.bundle_id)}
        write_private(self.record, json.dumps(told).encode())
        return name

    def finish(self) -> Bundle:
        """The bundle, once it was read back. Raise ``Problem``, leaving nothing, where that is not as announced."""
        try:
            for _ in checked(self.store.pieces(self.key), self.announced):
                pass  # neither a 2xx nor an ETag says what lies there: of an object made of parts it is no hash
            bundle = put_in_place(None, self.announced, self.ticket, self.device)[0]
        except NoSuchObject:
            raise StoreTrouble from None  # it said that it holds it
        except StoreTrouble:
            raise
        except Problem:
            _delete_unless_a_bundles(self.store, self.key, str(self.announced.bundle_id))
            self.record.unlink(missing_ok=True)
            raise
        with suppress(StoreTrouble):  # it is a bundle all the same, and the record is swept away later
            _throw_away(self.store, self.record)
        return bundle


def _folder() -> Path:
    assert settings.DESK_STATE_FOLDER is not None
    return make_private_folder(Path(settings.DESK_STATE_FOLDER) / "parts")


def sweep(store: ObjectStore | None) -> None:
    """Throw away at the store, and here, what has not been heard of for its lifetime."""
    if store is None:
        return
    for record in _folder().glob("*/*.json"):
        with suppress(FileNotFoundError, Problem):  # another sweep was quicker, it is in use, or the store is away
            if is_expired(record):
                with locked(record):
                    if is_expired(record):
                        _throw_away(store, record)
    drop_old_locks(_folder())


def _throw_away(store: ObjectStore, record: Path) -> None:
    """End the upload of a record, if there is one; an object that is a bundle's bytes stays."""
    if not record.exists():
        return
    kept = json.loads(record.read_bytes())
    store.abort(kept["key"], kept["upload"])
    _delete_unless_a_bundles(store, kept["key"], kept["bundle_id"])
    record.unlink()


def _delete_unless_a_bundles(store: ObjectStore, key: str, bundle_id: str) -> None:
    """Delete the object, unless it is where a bundle lies: perhaps of another ticket, to which it went as well."""
    bundle = Bundle.objects.filter(bundle_id=bundle_id).first()
    if bundle is None or bundle.object_key != key or bundle.file.exists():  # the last: it came another way
        store.delete(key)
