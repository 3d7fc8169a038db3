"""What became of bundles that left the outbox: the receipts of those delivered, the records of those given up.

    STATE/receipts/<bundle id>.json   proof of delivery
    STATE/dropped/<bundle id>.json    what was given up, and why

Both are written before the bundle goes, and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from agent.delivery_records import (
    DamagedRecord,
    Dropped,
    dropped_from_json,
    dropped_to_json,
    receipt_from_json,
    receipt_to_json,
)
from agent.flow import Receipt
from agent.storage import storage_errors
from config.private_files import flush_folder, make_private_folder, read_private, write_private

_Record = TypeVar("_Record", Receipt, Dropped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A file or folder of the outbox that cannot be used, and why. It is left as it is, for a person to see."""

    name: str
    path: Path
    reason: str


def make_lasting_folder(folder: Path) -> None:
    """Make ``folder``, owner-only, and let it survive a power cut. Raise ``StorageError``."""
    with storage_errors(folder):
        if not folder.exists():
            make_private_folder(folder)
            flush_folder(folder.parent)
        make_private_folder(folder)  # narrows one that was opened to others


class Ledger:
    """The receipts and drop records of one state folder. Every method may raise ``StorageError``."""

    def __init__(self, state: Path) -> None:
        self._receipts, self._dropped = state / "receipts", state / "dropped"

    def write(self, record: Receipt | Dropped) -> None:
        """Put the record on the disk. By the holder of the lock on deliveries alone."""
        folder, data = (
            (self._receipts, receipt_to_json(record))
            if isinstance(record, Receipt)
            else (self._dropped, dropped_to_json(record))
        )
        make_lasting_folder(folder)
        with storage_errors(folder):
            write_private(folder / f"{record.bundle_id}.json", data)

    def sweep(self) -> None:
        """Remove what a killed writer left half written. By the holder of the lock on deliveries alone."""
        for folder in (self._receipts, self._dropped):
            with storage_errors(folder):
                for half_written in folder.glob(".*.new"):  # not what a system or a sync program keeps there
                    half_written.unlink()

    def receipts(self) -> list[Receipt]:
        """Every readable receipt, newest first."""
        found = [r for r in _read_all(self._receipts, receipt_from_json) if isinstance(r, Receipt)]
        return sorted(found, key=lambda receipt: receipt.delivered_at, reverse=True)

    def dropped(self) -> list[Dropped]:
        """Every readable record of what was given up, newest first."""
        found = [r for r in _read_all(self._dropped, dropped_from_json) if isinstance(r, Dropped)]
        return sorted(found, key=lambda record: record.dropped_at, reverse=True)

    def damaged_receipts(self) -> list[Damaged]:
        """Receipts that cannot be read. Their bundles were delivered; nothing is to be done but to know."""
        return [r for r in _read_all(self._receipts, receipt_from_json) if isinstance(r, Damaged)]

    def receipt(self, bundle_id: str) -> Receipt | None:
        """The readable receipt of this bundle, if there is one."""
        found = _read_all(self._receipts, receipt_from_json, {bundle_id})
        return next((r for r in found if isinstance(r, Receipt) and r.bundle_id == bundle_id), None)

    def settled(self, bundle_ids: Set[str]) -> set[str]:
        """Those of these bundles that have a readable receipt or record: what is still in the outbox of them may go."""
        found = [
            *_read_all(self._receipts, receipt_from_json, bundle_ids),
            *_read_all(self._dropped, dropped_from_json, bundle_ids),
        ]
        return {r.bundle_id for r in found if not isinstance(r, Damaged)} & bundle_ids


def _read_all(folder: Path, read: Callable[[bytes], _Record], only: Set[str] | None = None) -> list[_Record | Damaged]:
    """What is in the folder, or of these bundles alone: years of records are listed, and not opened."""
    with storage_errors(folder):
        files = sorted(folder.glob("[!.]*.json")) if folder.exists() else []
    return [_read(file, read) for file in files if only is None or file.stem in only]


def _read(file: Path, read: Callable[[bytes], _Record]) -> _Record | Damaged:
    try:
        return read(read_private(file))
    except (OSError, DamagedRecord) as error:
        return Damaged(name=file.stem, path=file, reason=f"the receipt cannot be read: {error}")
