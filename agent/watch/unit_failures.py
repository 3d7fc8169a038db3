"""Asks systemd whether units that started or stopped did so because they failed.

A unit has failed when its ``Result`` says so, and also when it runs because systemd has started it anew by itself:
then ``Result`` is that of the new start, but ``NRestarts`` counts. It begins at nothing when a person starts the unit,
not yet when one stops it, hence the look at ``ActiveState`` (org.freedesktop.systemd1(5), ``Restart=`` in
systemd.service(5)).
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

_PROPERTIES = "Id,ActiveState,Result,NRestarts"
_SECONDS = 5.0


def failed(units: Sequence[str]) -> str | None:
    """What became of the first of these units that failed, in words; ``None`` for none, or without an answer."""
    argv = ["systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", "--", *units]
    try:
        asked = subprocess.run(argv, capture_output=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    for told in asked.stdout.decode("utf-8", "replace").split("\n\n"):
        if words := _failure(dict(line.partition("=")[::2] for line in told.splitlines())):
            return words
    return None


def _failure(told: dict[str, str]) -> str | None:
    unit, result, restarts = told.get("Id", ""), told.get("Result", "success"), told.get("NRestarts", "0")
    if result != "success":
        return f"{unit} ({result})"
    if restarts not in ("", "0") and told.get("ActiveState") in ("active", "activating", "reloading"):
        return f"{unit} (started anew by systemd)"
    return None
