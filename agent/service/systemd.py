"""What systemd wants to hear of a service of ``Type=notify``, and when its watchdog wants to be fed.

The protocol (sd_notify(3), systemd 183 and later): a datagram of ``NAME=VALUE`` lines to the Unix socket in
``NOTIFY_SOCKET``; a first ``@`` stands for the NUL of an abstract one. Ten lines, so no library.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Mapping


class Systemd:
    """Tells the systemd that started this process, if one did; else every call does nothing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.feed_seconds = _feed_seconds(environment)

    def ready(self) -> None:
        """The service is up (also: has finished reloading)."""
        self._tell("READY=1")

    def reloading(self) -> None:
        """The settings are being read anew. The time is systemd's own condition (sd_notify(3), since 253)."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The service is about to end."""
        self._tell("STOPPING=1")

    def status(self, sentence: str) -> None:
        """What ``systemctl status`` is to show: one line."""
        self._tell("STATUS=" + " ".join(sentence.split()))

    def alive(self) -> None:
        """Feed the watchdog."""
        if self.feed_seconds is not None:
            self._tell("WATCHDOG=1")

    def _tell(self, text: str) -> None:
        if sys.platform != "win32" and self._address.startswith(("/", "@")):
            address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(text.encode(), address)


def _feed_seconds(environment: Mapping[str, str]) -> float | None:
    """Half of what the watchdog waits, as sd_watchdog_enabled(3) advises; ``None`` when none waits for us."""
    told = environment.get("WATCHDOG_USEC", "")
    meant = environment.get("WATCHDOG_PID", str(os.getpid()))
    return int(told) / 2e6 if told.isdigit() and int(told) and meant == str(os.getpid()) else None
