"""When devices that wait were last seen, written for many at once.

A write is a flush to the disk, and thousands that wait end a call each minute: written one by one, they would keep all
others from writing. What was not written yet when a process ends is a few seconds' worth, of a time told to the minute.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterable

from django.utils import timezone

from desk.models import Device

_WRITE_EVERY_SECONDS = 5.0


class Seen:
    """The devices that were seen since they were last written; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._devices: set[uuid.UUID] = set()
        self._write_at = 0.0

    def note(self, device_ids: Iterable[uuid.UUID]) -> None:
        """Take them in; write all there are if that is some time ago."""
        with self._lock:
            self._devices.update(device_ids)
            if time.monotonic() < self._write_at:
                return
            devices, self._devices = self._devices, set()
            self._write_at = time.monotonic() + _WRITE_EVERY_SECONDS
        Device.objects.filter(pk__in=devices).update(last_seen_at=timezone.now())


seen = Seen()
