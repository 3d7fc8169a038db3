"""Where finished bundles wait until there is a receipt: crash-safe, owner-only, sealed, bounded.

    STATE/outbox-key                         32 random bytes: what is in the outbox can be read with them alone
    STATE/outbox/<bundle id>/archive.sealed  the bundle, byte for byte as it was agreed to, once it is opened
    STATE/outbox/<bundle id>/delivery.json   where it goes, who agreed, what was tried (an ``Entry``)

An entry is built in a hidden folder and appears by one rename; each change of ``delivery.json`` is one
rename; an entry goes by one rename into a hidden folder, and only after its receipt, or the record of its being given
up, is on the disk (``agent.delivery_ledger``). So at whatever moment the power fails, a bundle is in the work folder,
waiting, or recorded, and what lies in hidden folders is rubbish that the next start sweeps away.
"""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from agent import file_lock, identity
from agent.delivery_ledger import Damaged, Ledger, make_lasting_folder
from agent.delivery_progress import Delivering, ProgressFile
from agent.delivery_records import SEALED_NAME, DamagedRecord, Dropped, Entry, entry_from_json, entry_to_json
from agent.errors import Busy, StorageError, UsageError
from agent.events import GivenUp, Progress, ignore_progress
from agent.flow import Archive, Consent, Receipt, TicketDraft
from agent.sealed_archive import KEY_BYTES, kept_bytes, read_key, seal, sealed_bytes
from agent.storage import storage_errors
from config.private_files import flush_folder, make_private_folder, move, read_private, write_private

__all__ = ["Damaged", "Entry", "Outbox"]

_ENTRY_NAME = "delivery.json"
_HIDDEN = ".partial-"  # one rename away from being an entry, or from having been one
_ROOM_WAIT_SECONDS = 15.0  # most deliveries are over by then
_PUT_WAIT_SECONDS = 30.0  # a put writes one archive; so long does another wait for its turn


class Outbox:
    """The outbox of one state folder. Every method may raise ``StorageError``."""

    def __init__(
        self, state: Path, limit_bytes: int, *, keep_seconds: float = float("inf"), drops_oldest: bool = False
    ) -> None:
        """``keep_seconds``: how long a bundle may wait; ``drops_oldest``: whether one goes when there is no room."""
        self._entries = state / "outbox"
        self._key_file = state / "outbox-key"
        self._ledger = Ledger(state)
        self._progress = ProgressFile(self._entries / ".delivering")
        self._limit_bytes, self._keep_seconds, self._drops_oldest = limit_bytes, keep_seconds, drops_oldest

    @contextmanager
    def lock(self, *, wait_seconds: float = 0.0) -> Iterator[None]:
        """Be the one deliverer; left-overs of crashed ones are swept. Raise ``Busy`` if one still is after the wait."""
        make_lasting_folder(self._entries)
        with self._deliver_lock(wait_seconds):
            with self._put_lock():
                self._sweep()
            self._ledger.sweep()
            self._progress.clear()
            try:
                yield
            finally:
                self._progress.clear()

    def put(
        self,
        archive: Archive,
        target: TicketDraft | str,
        consent: Consent,
        endpoint: str,
        pseudonym_scope: str,
        *,
        progress: Progress = ignore_progress,
    ) -> Entry:
        """Take the archive's file over and queue it for ``target``: a draft, or the number of a ticket.

        When this returns, the bundle survives a power cut. The same bundle again is the entry that is there. Bundles
        that are given up for want of room are told to ``progress``. Raise ``StorageError`` when the outbox is full
        all the same; the archive then stays where it was.
        """
        entry = Entry(
            archive=archive,
            consent=consent,
            endpoint=identity.normalised_endpoint(endpoint),
            pseudonym_scope=pseudonym_scope,
            draft=target if isinstance(target, TicketDraft) else None,
            ticket=target if isinstance(target, str) else None,
            queued_at=datetime.now(UTC),
        )
        make_lasting_folder(self._entries)
        self._await_room(sealed_bytes(archive.size_bytes))
        with storage_errors(self._entries), self._put_lock():
            self._sweep()
            if not self._folder(archive.bundle_id).exists():
                self._make_room(sealed_bytes(archive.size_bytes), progress)
                self._build(entry)
            waiting = self.entry(archive.bundle_id)
            if waiting.archive.sha256 != archive.sha256:
                raise StorageError(f"Another bundle {archive.bundle_id} waits in the outbox already.")
            with suppress(PermissionError):  # Windows, while a person looks into it: who made the folder removes it
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

    def drop(self, bundle_id: str) -> Dropped:
        """Remove a waiting bundle for good, damaged or not, and return what is left of it.

        Raise ``UsageError`` when there is none of that id, ``Busy`` while anything is being delivered.
        """
        with self.lock():
            found = self._read(self._folder(bundle_id)) if self._waits(bundle_id) else None
            if found is None:
                raise UsageError(f"No bundle {bundle_id} waits in the outbox.")
            return self._let_go(found, "A person removed it.")

    def give_up(self, entry: Entry | Damaged, reason: str) -> GivenUp:
        """Put a record on the disk that the bundle was given up, then let it go. To be called under ``lock``."""
        return GivenUp(bundle_id=self._let_go(entry, reason).bundle_id, reason=reason)

    def _let_go(self, entry: Entry | Damaged, reason: str) -> Dropped:
        now = datetime.now(UTC)
        if isinstance(entry, Damaged):
            known = {"bundle_id": entry.name, "endpoint": "", "sha256": "", "reason": f"{reason} ({entry.reason})"}
            record = Dropped(**known, ticket=None, size_bytes=0, queued_at=now, attempts=0, dropped_at=now)
        else:
            record = Dropped.of(entry, reason, now)
        self._ledger.write(record)
        self._remove(record.bundle_id)
        return record

    def is_too_old(self, entry: Entry) -> bool:
        """Whether the entry has waited longer than a bundle may."""
        return entry.waited_seconds > self._keep_seconds

    def record(self, receipt: Receipt) -> None:
        """Put the receipt on the disk, then let its entry go. To be called under ``lock``."""
        self._ledger.write(receipt)
        if self._waits(receipt.bundle_id):
            self._remove(receipt.bundle_id)

    def receipts(self) -> list[Receipt]:
        """Every readable receipt, newest first."""
        return self._ledger.receipts()

    def damaged_receipts(self) -> list[Damaged]:
        """Receipts that cannot be read. Their bundles were delivered; nothing is to be done but to know."""
        return self._ledger.damaged_receipts()

    def receipt(self, bundle_id: str) -> Receipt | None:
        """The receipt of this bundle, if it was delivered."""
        return self._ledger.receipt(bundle_id)

    def dropped(self) -> list[Dropped]:
        """What was given up, newest first."""
        return self._ledger.dropped()

    def note_progress(self, delivering: Delivering) -> None:
        """Let other processes see how far a delivery is. To be called under ``lock``."""
        self._progress.write(delivering)

    def delivering(self) -> Delivering | None:
        """What is being delivered just now, by whichever process, as far as is known."""
        return self._progress.read()

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
            entry = entry_from_json(read_private(folder / _ENTRY_NAME), folder, self._key_file)
            size_bytes = entry.archive.file.stat().st_size
        except (OSError, DamagedRecord) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Damaged(name=folder.name, path=folder, reason=f"its files cannot be read: {reason}")
        if entry.bundle_id != folder.name or size_bytes != kept_bytes(entry.archive):
            return Damaged(name=folder.name, path=folder, reason="its archive is not the one that was queued")
        return entry

    @contextmanager
    def _deliver_lock(self, wait_seconds: float = 0.0) -> Iterator[None]:
        lock, busy = self._entries / ".deliver.lock", "Another sendlogs is delivering just now."
        with file_lock.hold(lock, busy, wait_seconds=wait_seconds):
            yield

    @contextmanager
    def _put_lock(self) -> Iterator[None]:
        lock = self._entries / ".put.lock"
        with file_lock.hold(lock, "Another sendlogs is filling the outbox.", wait_seconds=_PUT_WAIT_SECONDS):
            yield

    def _sweep(self) -> None:
        """Remove what crashed processes left. Under the put lock: a hidden folder then has no live builder."""
        for folder in self._entries.glob(f"{_HIDDEN}*"):
            shutil.rmtree(folder, ignore_errors=True)  # what is still in use goes the next time
        for bundle_id in self._ledger.settled({folder.name for folder in self._entry_folders()}):
            self._remove(bundle_id)

    def _remove(self, bundle_id: str) -> None:
        with storage_errors(self._entries):
            going = self._entries / f"{_HIDDEN}{uuid.uuid4()}"
            with suppress(FileNotFoundError):  # the deliverer and a sweep may be at the same entry
                move(self._folder(bundle_id), going)
            flush_folder(self._entries)
            shutil.rmtree(going, ignore_errors=True)

    def _await_room(self, size_bytes: int) -> None:
        """If there is none, wait for who delivers: what arrives leaves room, and until then nothing is given up."""
        if self._used_bytes() + size_bytes > self._limit_bytes:
            with suppress(Busy), self._deliver_lock(_ROOM_WAIT_SECONDS):
                pass

    def _used_bytes(self) -> int:
        used = 0
        with storage_errors(self._entries):
            for file in self._entries.glob("*/archive.*"):
                with suppress(FileNotFoundError):  # its bundle has just been delivered
                    used += file.stat().st_size
        return used

    def _make_room(self, size_bytes: int, progress: Progress) -> None:
        """Give up what goes first, as far as is needed: the quarantined, then the oldest if the settings say so."""
        used, going, freed = self._used_bytes(), list[Entry](), 0
        for entry in sorted(self.entries(), key=lambda entry: entry.quarantined is None):  # else oldest first
            if used - freed + size_bytes > self._limit_bytes and (entry.quarantined or self._drops_oldest):
                going.append(entry)
                freed += kept_bytes(entry.archive)
        full = StorageError(
            f"The outbox holds {used:,} of at most {self._limit_bytes:,} bytes; {size_bytes:,} more do not fit.",
            advice="Deliver what waits with 'sendlogs outbox retry', or drop what is no longer needed.",
        )
        if used - freed + size_bytes > self._limit_bytes:
            raise full
        if going:
            try:
                with self._deliver_lock():  # nobody is sending what goes
                    for entry in going:
                        if self._waits(entry.bundle_id):  # else it was delivered since
                            progress(self.give_up(entry, "The outbox was full, and it had to make room."))
            except Busy:
                raise full from None

    def _build(self, entry: Entry) -> None:
        identity.made_once(self._key_file, lambda: secrets.token_bytes(KEY_BYTES))
        hidden = make_private_folder(self._entries / f"{_HIDDEN}{uuid.uuid4()}")
        try:
            seal(entry.archive, hidden / SEALED_NAME, read_key(self._key_file))
            write_private(hidden / _ENTRY_NAME, entry_to_json(entry))
            move(hidden, self._folder(entry.bundle_id))
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        flush_folder(self._entries)
