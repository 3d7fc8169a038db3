"""Databases of Hyperscan that were compiled once, kept for the next runs: compiling takes seconds, reading a moment.

A database is found by the digest of exactly what it was compiled from and by the library's version, so that a changed
rule cannot meet an old one. What only this computer looks for (its names) is never kept: it changes, and is compiled
in no time. The folder is owner-only, as the keys beside it are: who can write there could as well change the program.
A file that does not read as it was written counts as missing, and so does one for another processor.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import hyperscan

from agent import file_lock
from agent.errors import StorageError
from config.private_files import make_private_folder, read_private, write_private

_MOST_KEPT = 16  # four belong to one set of rules: room for some versions and folders of rules
_DIGEST_BYTES = 32
FLAGS = hyperscan.HS_FLAG_MULTILINE  # of every expression: ^ and $ mean the line

Expressions = Sequence[tuple[bytes, int]]
"""What a database is compiled from: each text with the number by which its matches are told."""


class CompiledPatterns:
    """The databases in ``folder``, which is made when the first is kept; without a folder none is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Let one process at a time compile what all can read then. Raise ``Busy`` while another does."""
        if self._folder is None:
            yield
            return
        with contextlib.ExitStack() as held:
            with contextlib.suppress(OSError, StorageError):  # then each compiles for itself, and keeps nothing
                make_private_folder(self._folder)
                held.enter_context(file_lock.hold(self._folder / "compiling.lock", "Another run compiles the rules."))
                for cut_short in self._folder.glob(".*.new"):  # by a kill; the lock's holder alone writes
                    cut_short.unlink()
            yield

    def read(self, expressions: Expressions) -> hyperscan.Database | None:
        """The database of these expressions, ready to scan; ``None`` if it is not kept."""
        if self._folder is None:
            return None
        try:
            stored = read_private(self._file(self._folder, expressions))
        except OSError:
            return None
        digest, serialised = stored[:_DIGEST_BYTES], stored[_DIGEST_BYTES:]
        if hashlib.sha256(serialised).digest() != digest:
            return None
        try:
            database = hyperscan.loadb(serialised, hyperscan.HS_MODE_BLOCK)
        except hyperscan.error:
            return None
        database.scratch = hyperscan.Scratch(database)
        return database

    def keep(self, expressions: Expressions, database: hyperscan.Database) -> None:
        """Keep it, ``compiling``; where that cannot be, it is compiled again next time."""
        if self._folder is None:
            return
        serialised = hyperscan.dumpb(database)
        with contextlib.suppress(OSError):
            write_private(self._file(self._folder, expressions), hashlib.sha256(serialised).digest() + serialised)
            kept = sorted(self._folder.glob("*.patterns"), key=lambda file: file.stat().st_mtime)
            for oldest in kept[:-_MOST_KEPT]:
                oldest.unlink(missing_ok=True)

    @staticmethod
    def _file(folder: Path, expressions: Expressions) -> Path:
        digest = hashlib.sha256(f"{version('hyperscan')} {FLAGS}".encode())
        for text, number in expressions:
            digest.update(number.to_bytes(4, "big") + len(text).to_bytes(4, "big") + text)
        return folder / f"{digest.hexdigest()}.patterns"
