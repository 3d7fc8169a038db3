"""Takes a bundle in: streamed into an owner-only file, hashed on the way, put in its place in one step, or not at all.

    headers checked → incoming/<random>.part → flushed → bundles/<bundle id>.7z + row, inside one write transaction

A row is written only for bytes that arrived whole with the digest that was announced. After a crash the worst
left behind is a ``.part`` file (removed at the next start) or a file without a row (replaced when the device sends
again).
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from helpdesk.models import FollowUp, Ticket

from config.private_files import flush_folder, make_private_folder, open_private
from desk.models import Bundle, Device
from desk.one_writer import alone
from desk.problems import Problem, ProblemType
from desk.shared_connections import give_back
from desk.support_rules import ANSWERED_BY_REQUESTER, ENDED, Status

# The first six bytes of every .7z file: 7-Zip's 7zFormat.txt, "SignatureHeader".
SEVEN_ZIP_MAGIC = b"7z\xbc\xaf\x27\x1c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What the headers of an upload say about the body that follows."""

    bundle_id: uuid.UUID
    size_bytes: int
    sha256: str  # hex
    consent: dict[str, str]


def bundles_folder() -> Path:
    """Where bundles lie."""
    return make_private_folder(_state_folder() / "bundles")


def incoming_folder() -> Path:
    """Where bundles lie while they arrive."""
    return make_private_folder(_state_folder() / "incoming")


def _state_folder() -> Path:
    assert settings.DESK_STATE_FOLDER is not None
    return Path(settings.DESK_STATE_FOLDER)


def earlier(announced: Announced, ticket: Ticket, device: Device) -> Bundle | None:
    """The bundle of that id if it is here already. Raise a conflict if it is another one than announced."""
    bundle = Bundle.objects.filter(bundle_id=announced.bundle_id).first()
    if bundle is None:
        return None
    if (bundle.sha256, bundle.ticket_id, bundle.device_id) != (announced.sha256, ticket.pk, device.pk):
        raise Problem(409, ProblemType.CONFLICT, "Another bundle has that id already.")
    return bundle


def take_in(pieces: Iterable[bytes], announced: Announced, ticket: Ticket, device: Device) -> tuple[Bundle, bool]:
    """Store the body; return its bundle and whether it is new.

    Raise ``Problem``, leaving nothing behind, for a body that is not what was announced.
    """
    part = incoming_folder() / f"{uuid.uuid4()}.part"
    try:
        receive(pieces, announced, part)
        return put_in_place(part, announced, ticket, device)
    finally:
        part.unlink(missing_ok=True)


def receive(pieces: Iterable[bytes], announced: Announced, part: Path) -> None:
    """Write the body to ``part``, flushed. Raise ``Problem`` for one that is not what was announced."""
    give_back()
    with open_private(part) as file:
        for piece in checked(pieces, announced):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def checked(pieces: Iterable[bytes], announced: Announced) -> Iterator[bytes]:
    """The pieces as they are. Raise ``Problem``, at their end at the latest, unless they are the announced archive."""
    digest, size_bytes, head = hashlib.sha256(), 0, b""
    for piece in pieces:
        size_bytes += len(piece)
        if size_bytes > announced.size_bytes:
            raise Problem(400, ProblemType.INVALID, "More arrived than was announced.")
        if len(head) < len(SEVEN_ZIP_MAGIC):
            head += piece[: len(SEVEN_ZIP_MAGIC)]
            if not (head.startswith(SEVEN_ZIP_MAGIC) or SEVEN_ZIP_MAGIC.startswith(head)):
                raise Problem(400, ProblemType.INVALID, "What arrived is not a .7z archive.")
        digest.update(piece)
        yield piece
    if size_bytes != announced.size_bytes:
        raise Problem(400, ProblemType.INVALID, "Less arrived than was announced.")
    if digest.hexdigest() != announced.sha256:
        raise Problem(400, ProblemType.DIGEST_MISMATCH, "The bytes that arrived have another digest than announced.")
    if size_bytes < len(SEVEN_ZIP_MAGIC):
        raise Problem(400, ProblemType.INVALID, "What arrived is not a .7z archive.")


def put_in_place(part: Path | None, announced: Announced, ticket: Ticket, device: Device) -> tuple[Bundle, bool]:
    """Make the file, which is flushed and has the announced digest, a bundle; return that and whether it is new.

    ``None`` for one that was found in the object store. Raise ``Problem`` for a ticket that has ended meanwhile.
    """
    # Of two uploads of one bundle the second finds the first one's row.
    with alone("bundles"):
        known = earlier(announced, ticket, device)
        if known is not None:
            return known, False
        ticket.refresh_from_db()
        refuse_ended(ticket)
        bundle = Bundle(
            bundle_id=announced.bundle_id,
            ticket=ticket,
            device=device,
            sha256=announced.sha256,
            size_bytes=announced.size_bytes,
            consent=announced.consent,
        )
        bundle.save(force_insert=True)
        _tell_on_ticket(bundle, ticket)
        if part is not None:
            part.replace(bundles_folder() / bundle.file.name)
            flush_folder(bundles_folder())
    return bundle, True


def refuse_ended(ticket: Ticket) -> None:
    """Raise ``closed-ticket`` for a ticket that takes nothing more."""
    if ticket.status in ENDED or ticket.merged_to_id is not None:
        raise Problem(409, ProblemType.CLOSED_TICKET, "The ticket is closed and takes nothing more.")


def _tell_on_ticket(bundle: Bundle, ticket: Ticket) -> None:
    """Leave a note on the ticket; a bundle is an answer of the requester, which re-opens the ticket."""
    answered = ticket.status in ANSWERED_BY_REQUESTER
    if answered:
        ticket.status = int(Status.OPEN)
    # Saving a follow-up saves its ticket, hence the new status too. Its title stays its own: only django-helpdesk's
    # update forms carry a title over to the ticket.
    FollowUp(
        ticket=ticket,
        title="Bundle received",
        comment=f"{bundle.size_bytes} bytes, SHA-256 {bundle.sha256}\n\nSee the bundles of this ticket above.",
        public=False,
        new_status=int(Status.OPEN) if answered else None,
    ).save()


def drop_unfinished() -> None:
    """Remove what uploads of an earlier run left half-way; only while no other instance runs."""
    for part in incoming_folder().glob("*.part"):
        part.unlink(missing_ok=True)
