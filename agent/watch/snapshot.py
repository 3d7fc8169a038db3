"""The neighbourhood of a crash in the logs, copied at once: rotation may take it before anybody answers.

    STATE/watch/snapshots/<time>-<profile>/   the ends of the application's logs, as they were, and index.json

*Not redacted*: it is a copy of what lies on this computer anyway, for the owner of the state folder alone, and leaves
only as any log does: through redaction, in a bundle. *Bounded*: the newest ``MOST_FILES`` logs, ``FILE_BYTES`` of
each, ``TOTAL_BYTES`` in all; ``KEPT`` snapshots, of which the oldest goes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.collect.machine import MachineContext, this_platform
from agent.storage import storage_errors
from collectors import Limits
from config.private_files import FOLDER_MODE, make_private_folder, open_private, read_private, write_private

MOST_FILES = 20
FILE_BYTES = 256 * 2**10
TOTAL_BYTES = 4 * 2**20
KEPT = 10
LONGEST_SECONDS = 1.5  # for the whole of it: what is not reached is left out
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]")
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}Z-.+")
_LONGEST_NAME_CHARACTERS = 100


def take(state: Path, profile: str, log_patterns: Sequence[str], crash: str, at: datetime) -> Path:
    """Copy the ends of the logs that ``log_patterns`` (whole paths) match; return the folder. Raise ``StorageError``.

    ``crash`` (a path, or words) and ``at`` are what was noticed, for the index. A log that cannot be read is left out
    and named there.
    """
    end = time.monotonic() + LONGEST_SECONDS
    context = MachineContext(
        platform=this_platform(),
        now=at,
        not_before=None,
        options={},
        limits=Limits(),
        environment=os.environ,
        time_left=lambda: end - time.monotonic(),
    )
    place = state / "watch" / "snapshots"
    folder = place / f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{profile}"
    with storage_errors(folder):
        make_private_folder(place)
        folder.mkdir(mode=FOLDER_MODE)
        taken = _copy(context, log_patterns, folder, end)
        index = {"profile": profile, "crash": crash, "crashed_at": at.isoformat(), "logs": taken}
        write_private(folder / "index.json", json.dumps(index, indent=1).encode("ascii"))
        for old in snapshots(state)[:-KEPT]:
            shutil.rmtree(old)
    return folder


def snapshots(state: Path) -> list[Path]:
    """The folders of the snapshots that are kept, oldest first."""
    place = state / "watch" / "snapshots"
    found = place.iterdir() if place.is_dir() else ()
    return sorted(folder for folder in found if _NAME.fullmatch(folder.name))


def told(folder: Path) -> dict[str, Any]:
    """What its index says (``profile``, ``crash``, ``crashed_at``, ``logs``, ``bundle_id``); empty if it is damaged."""
    try:
        index = json.loads(read_private(folder / "index.json"))
    except (OSError, ValueError, RecursionError):
        return {}
    return index if isinstance(index, dict) else {}


def note_bundle(folder: Path, bundle_id: str) -> None:
    """Write down in which bundle a snapshot is about to leave (``told`` has it). Raise ``StorageError``."""
    with storage_errors(folder):
        write_private(
            folder / "index.json", json.dumps(told(folder) | {"bundle_id": bundle_id}, indent=1).encode("ascii")
        )


def _copy(context: MachineContext, patterns: Sequence[str], folder: Path, end: float) -> list[dict[str, object]]:
    """Copy the newest logs; what is returned tells each, and why one is not there."""
    found: dict[Path, float] = {}
    for pattern in patterns:
        for path in context.files(pattern):
            changed = context.origin(path).modified_at
            found[path] = changed.timestamp() if changed else 0.0
    left_bytes, lines = TOTAL_BYTES, []
    for number, path in enumerate(sorted(found, key=lambda each: (-found[each], each))[:MOST_FILES], 1):
        line: dict[str, object] = {"source": str(path)}
        lines.append(line)
        try:
            with context.open_tail(path, limit_bytes=min(FILE_BYTES, left_bytes)) as stream:
                content = stream.read() if left_bytes > 0 and time.monotonic() < end else None
        except OSError as error:
            line["left_out"] = error.strerror or "it cannot be read"
            continue
        if content is None:
            line["left_out"] = "no room or no time was left"
            continue
        name = f"{number:02}-{_NOT_PLAIN.sub('_', path.name)[-_LONGEST_NAME_CHARACTERS:]}"
        with open_private(folder / name) as copy:
            copy.write(content)
        left_bytes -= len(content)
        line |= {"file": name, "size_bytes": len(content), "changed_at": found[path]}
    return lines


def forget(folder: Path) -> None:
    """Remove a snapshot that was sent, or that nobody wants."""
    with suppress(OSError):
        shutil.rmtree(folder)
