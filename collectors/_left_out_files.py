"""What a search for files met and did not give: named in the manifest, so that nothing is missing without a word."""

from __future__ import annotations

from collections.abc import Container, Iterator
from os.path import normcase
from pathlib import Path

from collectors import LeftOut, Skipped
from collectors._bundle_paths import BundlePaths

_MOST_NAMED = 200  # a folder of links (a package store) has thousands, which tell no more than the first ones do


class LeftOutFiles:
    """Collects from several searches; each path is told once."""

    def __init__(self) -> None:
        self._items: dict[Path, LeftOut] = {}

    def note(self, item: LeftOut) -> None:
        """For ``Context.files``."""
        self._items.setdefault(item.path, item)

    def note_file(self, item: LeftOut) -> None:
        """As ``note``, for a search that does not look into folders: what a folder is does not matter to it."""
        if not item.is_folder:
            self.note(item)

    def skipped(self, paths: BundlePaths, found: Container[str]) -> Iterator[Skipped]:
        """A ``Skipped`` for each, in order; one for all that are too many to name.

        What is among ``found`` (texts as ``normcase`` writes them) was found another way: none for that.
        """
        left = [item for path, item in sorted(self._items.items()) if normcase(path) not in found]
        for item in left[:_MOST_NAMED]:
            yield Skipped(path=paths.of(str(item.path)), reason=item.reason, cause=item.cause)
        if len(left) > _MOST_NAMED:
            more = f"and {len(left) - _MOST_NAMED:,} more"
            yield Skipped(path=more, reason="links, no regular files, or folders that could not be looked into")
