"""Bundles whose ticket is gone: kept for a while, in bounds, until a champion hangs them on a ticket or deletes them.

    quarantine/<bundle id>.7z + row   of a device whose ticket was deleted, merged away, or never was

Nothing here looks at whether the ticket that a device names exists: whatever it names, the answer is the same, so that
nobody learns of a ticket that is not theirs. Count and bytes are bounded per device and in all, and time by an expiry,
so that this fills no disk. Bytes come in as those of any bundle do (``desk.uploads.bundle_store``): whole, with the
announced digest, owner-only.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone
from helpdesk.models import Ticket

from config.private_files import flush_folder, make_private_folder
from desk.models import Bundle, Device, QuarantinedBundle
from desk.one_writer import alone
from desk.problems import Problem, ProblemType
from desk.support_rules import ENDED
from desk.uploads.bundle_store import Announced, incoming_folder, put_in_place, receive

_SPARE_BYTES = 64 << 20  # stays free for the database, as with uploads
_MOST_PLACES = 200  # tickets a champion chooses among
_STRAY_SECONDS = 3600  # a file without a row is one that is just arriving, or was left by a crash


def quarantine_folder() -> Path:
    """Where the bytes lie."""
    assert settings.DESK_STATE_FOLDER is not None
    return make_private_folder(Path(settings.DESK_STATE_FOLDER) / "quarantine")


def held(bundle_id: uuid.UUID, device: Device) -> QuarantinedBundle | Bundle | None:
    """What the desk has of that id from this device: in quarantine, or on a ticket, perhaps hung there since."""
    known = _of_any_device(bundle_id)
    return known if known is not None and known.device_id == device.pk else None


def earlier(announced: Announced, device: Device) -> QuarantinedBundle | Bundle | None:
    """The bundle if it is here already. Raise a conflict if that id is another's, or another bundle's."""
    known = _of_any_device(announced.bundle_id)
    if known is not None and (known.sha256, known.device_id) != (announced.sha256, device.pk):
        raise Problem(409, ProblemType.CONFLICT, "Another bundle has that id already.")
    return known


def _of_any_device(bundle_id: uuid.UUID) -> QuarantinedBundle | Bundle | None:
    """What has that id, by one look at each table: the same bundle may arrive a second time between two.

    First the one that a bundle leaves, then the one it goes to, so that it is not missed on its way.
    """
    sweep()
    kept = QuarantinedBundle.objects.filter(bundle_id=bundle_id).first()
    return kept or Bundle.objects.filter(bundle_id=bundle_id).first()


def take_in(
    pieces: Iterable[bytes], announced: Announced, number: str, device: Device
) -> tuple[QuarantinedBundle | Bundle, bool]:
    """Keep the body; return what is kept and whether it is new. ``number`` is the ticket that the device meant.

    Raise ``Problem``, leaving nothing behind, for a body that is not what was announced, and beyond the bounds.
    """
    require_room(announced, device)
    part = incoming_folder() / f"{uuid.uuid4()}.part"
    try:
        receive(pieces, announced, part)
        with alone("quarantine"):  # so that the bounds hold for uploads side by side
            known = earlier(announced, device)
            if known is not None:
                return known, False
            require_room(announced, device)
            kept = QuarantinedBundle(
                bundle_id=announced.bundle_id,
                device=device,
                number=number,
                sha256=announced.sha256,
                size_bytes=announced.size_bytes,
                consent=announced.consent,
                expires_at=timezone.now() + timedelta(seconds=settings.DESK_QUARANTINE_LIFETIME_SECONDS),
            )
            kept.save(force_insert=True)
            part.replace(quarantine_folder() / kept.file.name)
            flush_folder(quarantine_folder())
        return kept, True
    finally:
        part.unlink(missing_ok=True)


def require_room(announced: Announced, device: Device) -> None:
    """Raise ``quarantine-full`` or ``no-room`` when this one may not be kept beside the others."""
    everything = QuarantinedBundle.objects.exclude(bundle_id=announced.bundle_id)  # itself may be arriving twice
    own = everything.filter(device=device)
    if (
        own.count() >= settings.DESK_QUARANTINE_PER_DEVICE
        or _bytes(own) + announced.size_bytes > settings.DESK_QUARANTINE_BYTES_PER_DEVICE
        or _bytes(everything) + announced.size_bytes > settings.DESK_QUARANTINE_BYTES
    ):
        raise Problem(409, ProblemType.QUARANTINE_FULL, "The desk keeps no more bundles without a ticket now.")
    if shutil.disk_usage(quarantine_folder()).free < announced.size_bytes + _SPARE_BYTES:
        raise Problem(507, ProblemType.NO_ROOM, "The desk has no room for this bundle now.")


def _bytes(kept: QuerySet[QuarantinedBundle]) -> int:
    return int(kept.aggregate(total=Sum("size_bytes"))["total"] or 0)


def places_for(kept: QuarantinedBundle) -> list[Ticket]:
    """The tickets that a champion may hang it on: those of its device that take bundles, the newest first."""
    own = Ticket.objects.filter(support_request__device=kept.device, merged_to=None).exclude(status__in=ENDED)
    return list(own.order_by("-pk")[:_MOST_PLACES])


def hang(kept: QuarantinedBundle, ticket: Ticket) -> Bundle:
    """Make it a bundle of the ticket, as one that had come for it. Raise ``Problem`` for a ticket that has ended.

    The bytes get a second name first, so that a crash in between leaves them in quarantine.
    """
    announced = Announced(
        bundle_id=kept.bundle_id, size_bytes=kept.size_bytes, sha256=kept.sha256, consent=kept.consent
    )
    part = incoming_folder() / f"{uuid.uuid4()}.part"
    try:
        os.link(kept.file, part)
        with transaction.atomic():
            bundle, _ = put_in_place(part, announced, ticket, kept.device)
            kept.delete()
    finally:
        part.unlink(missing_ok=True)
    _file_of(bundle.bundle_id).unlink(missing_ok=True)
    return bundle


def delete(kept: QuarantinedBundle) -> None:
    """Throw it away."""
    file = kept.file
    kept.delete()
    file.unlink(missing_ok=True)


def sweep() -> None:
    """Delete what has expired, and files that a crash left without a row."""
    for kept in QuarantinedBundle.objects.filter(expires_at__lte=timezone.now()):
        delete(kept)
    for file in quarantine_folder().glob("*.7z"):
        with suppress(FileNotFoundError, ValueError):
            is_old = time.time() - file.stat().st_mtime > _STRAY_SECONDS
            if is_old and not QuarantinedBundle.objects.filter(bundle_id=uuid.UUID(file.stem)).exists():
                file.unlink()


def _file_of(bundle_id: uuid.UUID) -> Path:
    return quarantine_folder() / f"{bundle_id}.7z"
