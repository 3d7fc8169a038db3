"""Tickets in a folder, such as a share that support reads: for sites without a desk, and for trying things out.

    FOLDER/ticket-000001/ticket.json              what the ticket says; support may set its "status" to "closed"
    FOLDER/ticket-000001/<bundle id>.7z           a bundle
    FOLDER/ticket-000001/<bundle id>.json         its hash, its size, and who consented

It keeps the whole contract of an endpoint: files appear by one rename, a bundle's hash is told by reading it
back, one idempotency key gives one ticket, and two processes may write at once. What it cannot do is keep one
device from another's tickets against their will: whoever may write to the folder may change everything in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent import file_lock, identity
from agent.endpoints import Capabilities, Connection, EndpointKind, UploadProgress
from agent.endpoints._ticket_number import ticket_number
from agent.endpoints._upload_body import UploadBody
from agent.errors import Busy, ClosedTicket, EndpointError, StorageError, UnknownTicket, Unreachable, UsageError
from agent.flow import Archive, Consent, Ticket, TicketDraft
from config.private_files import flush_folder, move, new_private_folder, open_private, write_private

_TICKET_NAME = "ticket.json"
_TICKET_LIMIT_BYTES = 2**20  # of ticket.json: it comes from a place where others write
_CLOSED_ADVICE = "Get the right to do so, or choose another folder."
_LOCK_SECONDS = 30.0  # opening a ticket writes one small file; on a slow share that still takes no half minute


class FolderEndpoint:
    """The tickets under one folder, as this device may see them."""

    def __init__(self, connection: Connection) -> None:
        self._root = Path(connection.address).expanduser().absolute()
        self._credential_file = connection.credential_file
        self._has_opened = self._credential_file.with_name(f"{self._credential_file.name}.opened")

    def look_up(self, number: str) -> Ticket:
        """See ``Endpoint.look_up``."""
        known = ticket_number(number, ENDPOINT.capabilities)
        with self._reachable():
            raw = self._read_ticket(self._folder(known))
            if raw is None:
                self._require_what_was_there()
        if raw is None or raw.get("device") != self._device():
            raise UnknownTicket(f"There is no ticket {known} of this computer in {self._root}.")
        return self._ticket(raw)

    def open(self, draft: TicketDraft) -> Ticket:
        """See ``Endpoint.open``."""
        with self._reachable(), self._alone():
            device = self._device()
            for raw in self._all():
                if raw["device"] == device and raw["request_id"] == draft.idempotency_key:
                    return self._ticket(raw)
            self._require_what_was_there()
            told = {"number": self._next_number(), "status": "open", "device": device}
            raw = {**asdict(draft), **told, "request_id": draft.idempotency_key}
            self._publish(raw)
            identity.made_once(self._has_opened, lambda: b"a ticket\n")
            return self._ticket(raw)

    def attach(self, ticket: Ticket, archive: Archive, consent: Consent, progress: UploadProgress) -> str:
        """See ``Endpoint.attach``. Raise ``EndpointError`` when another bundle of that id is there."""
        current = self.look_up(ticket.number)
        target = self._folder(current.number) / f"{archive.bundle_id}.7z"
        with self._reachable():
            if not target.exists():
                if not current.accepts_bundles:
                    raise ClosedTicket(f"Ticket {current.number} is {current.status} and takes no bundle.")
                self._store(archive, consent, target, progress)
            with target.open("rb") as stored:
                found = hashlib.file_digest(stored, "sha256").hexdigest()
        if found != archive.sha256:
            raise EndpointError(f"{target} does not hold the bundle that was put there: its SHA-256 is {found}.")
        return target.as_uri()

    def tickets(self) -> list[Ticket]:
        """See ``Endpoint.tickets``."""
        with self._reachable():
            device = self._device()
            mine = [raw for raw in self._all() if raw["device"] == device]
        return [self._ticket(raw) for raw in sorted(mine, key=lambda raw: int(raw["number"]), reverse=True)]

    def check(self) -> str:
        """See ``Endpoint.check``."""
        with self._reachable():
            probe = self._root / f".check-{uuid.uuid4()}"
            open_private(probe).close()
            probe.unlink()
            self._device()
        return f"The folder {self._root} is there and can be written to."

    def require_place(self) -> None:
        """See ``PlacedEndpoint``: this device's mark is only made once the folder takes something, so then it was."""
        if self._credential_file.exists():
            return
        if not self._root.is_dir():
            raise UsageError(f"There is no folder {self._root}.", advice="Make it, or mount it, and try again.")
        if self._is_closed():
            raise UsageError(self._closed, advice=_CLOSED_ADVICE)

    def _is_closed(self) -> bool:
        return self._root.is_dir() and not os.access(self._root, os.R_OK | os.W_OK | os.X_OK)

    @property
    def _closed(self) -> str:
        return f"Your account may not read and write in the folder {self._root}."

    def _device(self) -> str:
        """What marks this device's tickets: a random name, made once, where a credential would lie."""
        return identity.made_once(self._credential_file, lambda: secrets.token_hex(16).encode()).decode(
            "ascii", "replace"
        )

    def _require_what_was_there(self) -> None:
        """Where a share is not mounted just now, an empty folder often stands: no ticket in it is gone for good."""
        if self._has_opened.exists() and next(self._root.glob("ticket-*"), None) is None:
            raise Unreachable(
                f"The folder {self._root} holds no ticket, and this computer has opened one there.",
                advice=f"Mount what belongs there. If its tickets were taken away for good, remove {self._has_opened}.",
            )

    def _folder(self, number: str) -> Path:
        return self._root / f"ticket-{int(number):06}"

    def _next_number(self) -> str:
        taken = (folder.name.removeprefix("ticket-") for folder in self._root.glob("ticket-*"))
        return str(max((int(digits) for digits in taken if digits.isascii() and digits.isdecimal()), default=0) + 1)

    def _all(self) -> Iterator[dict[str, Any]]:
        for folder in sorted(self._root.glob("ticket-*")):
            try:
                raw = self._read_ticket(folder)
            except Unreachable:  # one damaged ticket is no reason to refuse all others
                continue
            if raw is not None:
                yield raw

    def _read_ticket(self, folder: Path) -> dict[str, Any] | None:
        """What ticket.json holds, or ``None`` when there is no such ticket."""
        file = folder / _TICKET_NAME
        try:
            with file.open("rb") as source:
                raw = json.loads(source.read(_TICKET_LIMIT_BYTES))
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError):
            raw = None
        if isinstance(raw, dict) and all(isinstance(raw.get(key), str) for key in _TICKET_TEXTS):
            return raw
        raise Unreachable(f"{file} is damaged.", advice="Ask whoever keeps that folder to mend the file.")

    def _ticket(self, raw: dict[str, Any]) -> Ticket:
        severity = raw.get("severity")
        return Ticket(
            number=raw["number"],
            link=self._folder(raw["number"]).as_uri(),
            subject=raw["subject"],
            status=raw["status"],
            severity=severity if isinstance(severity, int) else None,
            accepts_bundles=raw["status"].lower() != "closed",
        )

    def _publish(self, raw: dict[str, Any]) -> None:
        """Make the ticket's folder, complete, under its name. Under the lock, what else is unnamed has no owner."""
        for left_over in self._root.glob(".new-*"):
            shutil.rmtree(left_over, ignore_errors=True)
        hidden = self._root / f".new-{uuid.uuid4()}"
        new_private_folder(hidden)  # not narrowed: on a share what is ours may belong to another account's name
        try:
            write_private(hidden / _TICKET_NAME, json.dumps(raw, indent=2).encode("ascii"))
            move(hidden, self._folder(raw["number"]))
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        flush_folder(self._root)

    def _store(self, archive: Archive, consent: Consent, target: Path, progress: UploadProgress) -> None:
        """Copy the archive beside its place, then move it there; its consent is there before it."""
        about = {"sha256": archive.sha256, "size_bytes": archive.size_bytes, "consent": asdict(consent)}
        write_private(target.with_suffix(".json"), json.dumps(about, indent=2, default=str).encode("ascii"))
        partial = target.with_name(f".{archive.bundle_id}.{uuid.uuid4()}.partial")
        try:
            with UploadBody(archive, progress) as source, open_private(partial) as writer:
                writer.writelines(source)
                writer.flush()
                os.fsync(writer.fileno())
            move(partial, target)
        finally:
            for left_over in target.parent.glob(f".{archive.bundle_id}.*"):  # also of killed attempts
                left_over.unlink(missing_ok=True)
        flush_folder(target.parent)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Without another computer that opens a ticket. A folder that takes no lock is as one that is away."""
        lock = self._root / ".open.lock"
        try:
            with file_lock.hold(lock, "Another computer is opening a ticket.", wait_seconds=_LOCK_SECONDS):
                yield
        except StorageError as error:
            if self._is_closed():
                raise Unreachable(self._closed, advice=_CLOSED_ADVICE) from error
            raise Unreachable(str(error), advice=error.advice) from error

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """Say every trouble with the folder as "try again later": it may be a share that is away just now.

        A folder that is not there is not made: it may be where a share will be mounted.
        """
        try:
            if not self._root.is_dir():
                raise Unreachable(
                    f"The folder {self._root} is not there.", advice="Mount it, or make it, and try again."
                )
            yield
        except OSError as error:
            if self._is_closed():
                raise Unreachable(self._closed, advice=_CLOSED_ADVICE) from error
            raise Unreachable(
                f"The folder {self._root} cannot be used: {error.strerror or error}.",
                advice="See that what belongs there is mounted, and has room.",
            ) from error
        except Busy as busy:
            raise Unreachable(str(busy)) from busy


_TICKET_TEXTS = ("number", "status", "subject", "device", "request_id")

ENDPOINT = EndpointKind(
    title="Folder",
    address_help="DIR (such as folder:/mnt/support)",
    capabilities=Capabilities(),
    connect=FolderEndpoint,
)
