"""The key by which Django signs sessions: made at the first start, kept in an owner-only file."""

from __future__ import annotations

from pathlib import Path

from config.private_files import read_private, write_private


def kept_secret_key(state_folder: Path) -> str:
    """The key of this desk; made if there is none. Raise ``PermissionError`` if others could have read it.

    Called while the instance lock is held, so that two first starts cannot make two keys.
    """
    file = state_folder / "secret-key"
    if not file.exists():
        from django.core.management.utils import get_random_secret_key

        write_private(file, get_random_secret_key().encode())
    return read_private(file).decode()
