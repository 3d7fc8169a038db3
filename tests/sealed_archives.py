"""An archive as the outbox keeps it, for tests and measures of what is done with such a one."""

import dataclasses
import secrets
from pathlib import Path

from agent.flow import Archive
from agent.sealed_archive import KEY_BYTES, SealedArchive, read_key, seal
from config.private_files import write_private


def sealed(archive: Archive, folder: Path) -> SealedArchive:
    """``archive`` in ``folder``, sealed with the key ``folder / "key"``, which is made if it is not there."""
    key_file, target = folder / "key", folder / f"{archive.bundle_id}.sealed"
    if not key_file.exists():
        write_private(key_file, secrets.token_bytes(KEY_BYTES))
    seal(archive, target, read_key(key_file))
    fields = {field.name: getattr(archive, field.name) for field in dataclasses.fields(archive)}
    return SealedArchive(**{**fields, "file": target}, key_file=key_file)
