"""Where finished bundles wait until there is a receipt: crash-safe, owner-only, bounded.

    STATE/outbox/<bundle id>/archive.7z      the bundle, byte for byte as it was agreed to
    STATE/outbox/<bundle id>/delivery.json   where it goes, who agreed, what was tried (an ``Entry``)
    STATE/receipts/<bundle id>.json          proof of delivery; stays

An entry is built in a hidden folder and appears by one rename; each change of ``delivery.json`` is one
rename; an entry goes by one rename into a hidden folder, and only after its receipt is on the disk. So at
whatever moment the power fails, a bundle is in the work folder, waiting, or receipted, and what lies in hidden
folders is rubbish that the next start sweeps away.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agent import file_lock, identity
from agent.delivery_records import (
    ARCHIVE_NAME,
    DamagedRecord,
    Entry,
    entry_from_json,
    entry_to_json,
    receipt_from_json,
    receipt_to_json,
)
from agent.errors import StorageError, UsageError
from agent.flow import Archive, Consent, Receipt, TicketDraft
from agent.storage import storage_errors
from config.private_files import flush_folder, make_private_folder, open_private, read_private, write_private

__all__ = ["Damaged", "Entry", "Outbox"]

_ENTRY_NAME = "delivery.json"
_HIDDEN = ".partial-"  # one rename away from being an entry, or from having been one
_PUT_WAIT_SECONDS = 30.0  # a put moves a file; it is slow only where it must copy between disks


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A file or folder of the outbox that cannot be used, and why. It is left as it is, for a person to see."""

    name: str
    path: Path
    reason: str


class Outbox:
    """The outbox of one state folder. Every method may raise ``StorageError``."""

    def __init__(self, state: Path, limit_bytes: int) -> None:
        self._entries = state / "outbox"
        self._receipts = state / "receipts"
        self._limit_bytes = limit_bytes

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the one deliverer; left-overs of crashed ones are swept. Raise ``Busy``."""
        self._make_folders()
        with file_lock.hold(self._entries / ".deliver.lock", "Another sendlogs is delivering just now."):
            with storage_errors(self._receipts), self._put_lock():
                self._sweep()
                for half_written in self._receipts.glob(".*"):  # the holder of this lock alone writes receipts
                    half_written.unlink()
            yield

    def put(
        self, archive: Archive, target: TicketDraft | str, consent: Consent, endpoint: str, pseudonym_scope: str
    ) -> Entry:
        """Take the archive's file over and queue it for ``target``: a draft, or the number of a ticket.

        When this returns, the bundle survives a power cut. The same bundle again is the entry that is there. Raise
        ``StorageError`` when the outbox is full; the archive then stays where it was.
        """
        entry = Entry(
            archive=dataclasses.replace(archive, file=self._entries / archive.bundle_id / ARCHIVE_NAME),
            consent=consent,
            endpoint=identity.normalised_endpoint(endpoint),
            pseudonym_scope=pseudonym_scope,
            draft=target if isinstance(target, TicketDraft) else None,
            ticket=target if isinstance(target, str) else None,
            queued_at=datetime.now(UTC),
        )
        self._make_folders()
        with storage_errors(self._entries), self._put_lock():
            self._sweep()
            if not self._folder(archive.bundle_id).exists():
                self._require_room(archive.size_bytes)
                self._build(entry, archive.file)
            waiting = self.entry(archive.bundle_id)
            if waiting.archive.sha256 != archive.sha256:
                raise StorageError(f"Another bundle {archive.bundle_id} waits in the outbox already.")
            archive.file.unlink(missing_ok=True)  # only now: until here a crash must find it where it was
        return waiting

    def entries(self) -> list[Entry]:
        """Everything that waits, oldest first; the damaged are told by ``damaged`` alone."""
        return sorted((e for e in self._all() if isinstance(e, Entry)), key=lambda entry: entry.queued_at)

    def damaged(self) -> list[Damaged]:
        """Entries that cannot be read; ``drop`` removes them by their names."""
        return [e for e in self._all() if isinstance(e, Damaged)]

    def entry(self, bundle_id: str) -> Entry:
        """The entry as it now is on the disk. Raise ``UsageError`` when there is none, or it is damaged."""
        found = self._read(self._folder(bundle_id)) if self._waits(bundle_id) else None
        if isinstance(found, Entry):
            return found
        raise UsageError(f"No bundle {bundle_id} waits in the outbox{': ' + found.reason if found else '.'}")

    def update(self, entry: Entry) -> Entry:
        """Put the entry's new state on the disk, in one step, and return it."""
        with storage_errors(self._entries):
            write_private(self._folder(entry.bundle_id) / _ENTRY_NAME, entry_to_json(entry))
        return entry

    def drop(self, bundle_id: str) -> None:
        """Remove a waiting bundle for good, damaged or not.

        Raise ``UsageError`` when there is none of that id, ``Busy`` while anything is being delivered.
        """
        with self.lock():
            if not self._waits(bundle_id):
                raise UsageError(f"No bundle {bundle_id} waits in the outbox.")
            self._remove(bundle_id)

    def record(self, receipt: Receipt) -> None:
        """Put the receipt on the disk, then let its entry go. To be called under ``lock``."""
        self._make_folders()
        with storage_errors(self._receipts):
            write_private(self._receipts / f"{receipt.bundle_id}.json", receipt_to_json(receipt))
        if self._waits(receipt.bundle_id):
            self._remove(receipt.bundle_id)

    def receipts(self) -> list[Receipt]:
        """Every readable receipt, newest first."""
        found = (r for r in self._all_receipts() if isinstance(r, Receipt))
        return sorted(found, key=lambda receipt: receipt.delivered_at, reverse=True)

    def damaged_receipts(self) -> list[Damaged]:
        """Receipts that cannot be read. Their bundles were delivered; nothing is to be done but to know."""
        return [r for r in self._all_receipts() if isinstance(r, Damaged)]

    def receipt(self, bundle_id: str) -> Receipt | None:
        """The receipt of this bundle, if it was delivered."""
        return next((r for r in self.receipts() if r.bundle_id == bundle_id), None)

    def scope_of(self, endpoint: str, number: str) -> str | None:
        """What the stand-ins of earlier bundles of this ticket were keyed by; ``None`` for a ticket new to us."""
        wanted = (identity.normalised_endpoint(endpoint), number.lstrip("#"))
        known = [(r.endpoint, r.ticket, r.pseudonym_scope) for r in self.receipts()]
        known += [(e.endpoint, (e.ticket or "").lstrip("#"), e.pseudonym_scope) for e in self.entries()]
        return next((scope for address, ticket, scope in known if (address, ticket) == wanted), None)

    def _folder(self, bundle_id: str) -> Path:
        return self._entries / bundle_id

    def _waits(self, bundle_id: str) -> bool:
        return bundle_id in {folder.name for folder in self._entry_folders()}  # no path can be smuggled in as an id

    def _entry_folders(self) -> list[Path]:
        with storage_errors(self._entries):
            if not self._entries.exists():
                return []
            return sorted(f for f in self._entries.iterdir() if f.is_dir() and not f.name.startswith("."))

    def _all(self) -> list[Entry | Damaged]:
        return [self._read(folder) for folder in self._entry_folders()]

    def _read(self, folder: Path) -> Entry | Damaged:
        try:
            entry = entry_from_json(read_private(folder / _ENTRY_NAME), folder)
            size_bytes = entry.archive.file.stat().st_size
        except (OSError, DamagedRecord) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Damaged(name=folder.name, path=folder, reason=f"its files cannot be read: {reason}")
        if entry.bundle_id != folder.name or size_bytes != entry.archive.size_bytes:
            return Damaged(name=folder.name, path=folder, reason="its archive is not the one that was queued")
        return entry

    def _all_receipts(self) -> list[Receipt | Damaged]:
        with storage_errors(self._receipts):
            files = sorted(self._receipts.glob("[!.]*.json")) if self._receipts.exists() else []
        return [self._read_receipt(file) for file in files]

    def _read_receipt(self, file: Path) -> Receipt | Damaged:
        try:
            return receipt_from_json(read_private(file))
        except (OSError, DamagedRecord) as error:
            return Damaged(name=file.stem, path=file, reason=f"the receipt cannot be read: {error}")

    def _make_folders(self) -> None:
        for folder in (self._entries, self._receipts):
            with storage_errors(folder):
                make_private_folder(folder)

    @contextmanager
    def _put_lock(self) -> Iterator[None]:
        lock = self._entries / ".put.lock"
        with file_lock.hold(lock, "Another sendlogs is filling the outbox.", wait_seconds=_PUT_WAIT_SECONDS):
            yield

    def _sweep(self) -> None:
        """Remove what crashed processes left. Under the put lock: a hidden folder then has no live builder."""
        for folder in self._entries.glob(f"{_HIDDEN}*"):
            shutil.rmtree(folder, ignore_errors=True)  # what is still in use goes the next time
        delivered = {receipt.bundle_id for receipt in self.receipts()}
        for folder in self._entry_folders():
            if folder.name in delivered:
                self._remove(folder.name)

    def _remove(self, bundle_id: str) -> None:
        with storage_errors(self._entries):
            going = self._entries / f"{_HIDDEN}{uuid.uuid4()}"
            self._folder(bundle_id).rename(going)
            flush_folder(self._entries)
            shutil.rmtree(going, ignore_errors=True)

    def _require_room(self, size_bytes: int) -> None:
        used = sum(file.stat().st_size for file in self._entries.glob(f"*/{ARCHIVE_NAME}"))
        if used + size_bytes > self._limit_bytes:
            raise StorageError(
                f"The outbox holds {used:,} of at most {self._limit_bytes:,} bytes; {size_bytes:,} more do not fit.",
                advice="Deliver what waits with 'sendlogs outbox retry', or drop what is no longer needed.",
            )

    def _build(self, entry: Entry, source: Path) -> None:
        hidden = self._entries / f"{_HIDDEN}{uuid.uuid4()}"
        make_private_folder(hidden)
        _link_or_copy(source, hidden / ARCHIVE_NAME)
        write_private(hidden / _ENTRY_NAME, entry_to_json(entry))
        hidden.rename(self._folder(entry.bundle_id))
        flush_folder(self._entries)


def _link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under a second name: the first must stay until the entry is visible."""
    try:
        os.link(source, target)
    except OSError:  # another disk, or a file system without links
        with source.open("rb") as reader, open_private(target) as writer:
            shutil.copyfileobj(reader, writer, 2**20)
    with target.open("rb+") as file:  # writable: Windows flushes no file opened for reading
        os.fsync(file.fileno())
