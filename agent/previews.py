"""Finished bundles that wait for a person to look at them: open to any 7-Zip, owner-only, at most one for a request.

    STATE/previews/<bundle id>/sendlogs-<bundle id>.7z   what leaves, byte for byte, if the person agrees
    STATE/previews/<bundle id>/preview.json              what is in it, and where it would go (a ``Preview``)

A preview appears by one rename and goes by one, into a hidden folder that whoever comes next removes. Who keeps or
removes one holds a lock (``agent.cli.errand_requests``).
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.errors import InvalidBundle, StorageError
from agent.finished_file import sha256_of
from agent.flow import Archive, Member
from agent.storage import storage_errors
from collectors import Skipped
from config.private_files import flush_folder, make_private_folder, move, write_private

_NOTE_NAME = "preview.json"
_HIDDEN = ".partial-"
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A bundle that is kept to be looked at, and what its delivery needs beside it."""

    archive: Archive
    endpoint: str
    ticket: str
    pseudonym_scope: str

    def require_unchanged(self) -> None:
        """Raise ``InvalidBundle`` unless the file is, byte for byte, the one that was gathered."""
        with storage_errors(self.archive.file):
            is_same = sha256_of(self.archive.file) == self.archive.sha256
        if not is_same:
            raise InvalidBundle(f"{self.archive.file} is not the bundle that was gathered: it has changed since.")


def folder_of(state: Path, bundle_id: str) -> Path:
    """Where the preview of that id lies, if there is one."""
    return state / "previews" / bundle_id


def keep(state: Path, preview: Preview) -> Preview:
    """Take over the archive's file, which lies in the state folder; tell where it is kept. Raise ``StorageError``.

    There must be no preview of that id: ``remove`` it before another is gathered.
    """
    archive, folder = preview.archive, folder_of(state, preview.archive.bundle_id)
    with storage_errors(folder):
        hidden = make_private_folder(make_private_folder(folder.parent) / f"{_HIDDEN}{uuid.uuid4()}")
        try:
            move(archive.file, hidden / archive.file.name)
            write_private(hidden / _NOTE_NAME, _note(preview))
            move(hidden, folder)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        flush_folder(folder.parent)
    return _at(preview, folder)


def read(folder: Path) -> Preview:
    """The preview in ``folder``. Raise ``StorageError`` for none, and for one that cannot be read."""
    with storage_errors(folder):
        data = (folder / _NOTE_NAME).read_bytes()
    try:
        return _at(_preview(json.loads(data)), folder)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise StorageError(f"{folder / _NOTE_NAME} is damaged: it tells no bundle.") from fault


def remove(state: Path, bundle_id: str) -> None:
    """Remove the preview of that id, if there is one. Raise ``StorageError`` if something of it stays."""
    folder = folder_of(state, bundle_id)
    with storage_errors(folder):
        if os.path.lexists(folder):
            move(folder, folder.with_name(f"{_HIDDEN}{uuid.uuid4()}"))
            flush_folder(folder.parent)
        for hidden in folder.parent.glob(f"{_HIDDEN}*"):
            if hidden.is_symlink():
                hidden.unlink()
            else:
                shutil.rmtree(hidden)


def _at(preview: Preview, folder: Path) -> Preview:
    archive = preview.archive
    return dataclasses.replace(preview, archive=dataclasses.replace(archive, file=folder / archive.file.name))


def _note(preview: Preview) -> bytes:
    archive = preview.archive
    told = {
        "bundle_id": archive.bundle_id,
        "file": archive.file.name,
        "size_bytes": archive.size_bytes,
        "sha256": archive.sha256,
        "made_at": archive.made_at.isoformat(),
        "members": [dataclasses.asdict(member) for member in archive.members],
        "skipped": [dataclasses.asdict(skipped) for skipped in archive.skipped],
        "counts": dict(archive.counts),
        "volume_bytes": archive.volume_bytes,
    }
    names = ("endpoint", "ticket", "pseudonym_scope")
    more = {name: getattr(preview, name) for name in names}
    return json.dumps({"format": _FORMAT, "archive": told, **more}, indent=1).encode("ascii")


def _preview(values: dict[str, Any]) -> Preview:
    if values.pop("format") != _FORMAT:
        raise ValueError("another format")
    told = values.pop("archive")
    archive = Archive(
        **{
            **told,
            "file": Path(Path(told["file"]).name),
            "made_at": datetime.fromisoformat(told["made_at"]),
            "members": tuple(Member(**member) for member in told["members"]),
            "skipped": tuple(Skipped(**skipped) for skipped in told["skipped"]),
            "facts": {},  # stand in the manifest; a bundle for a ticket that is there needs none beside it
        }
    )
    return Preview(archive=archive, **values)
