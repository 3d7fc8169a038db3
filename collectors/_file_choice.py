"""Which of many files go into the bundle, and how much of each: newest first, within limits, all cuts said."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from collectors import Artifact, Cause, Context, Origin, ReadAs, Skipped, cause_of, size_text
from collectors._bundle_paths import BundlePaths

_LISTED_BY_REASON = 50  # files left out for one reason that are named one by one; the others are counted
_LONG_AGO = -math.inf  # in POSIX seconds
_COMPRESSED = {
    ".gz": "application/gzip",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
    ".zip": "application/zip",
}
_MEDIA_TYPES = _COMPRESSED | {
    ".json": "application/json",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}
_Why = tuple[str, Cause]
"""Why a file is left out, and of what kind that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What may be taken: bytes of one file and of all, the number of files, the oldest that counts.

    ``whole``: a file over the limit is left out, because a part of it would mean nothing (settings).
    """

    file_bytes: int
    total_bytes: int
    max_files: int
    not_before: datetime | None = None
    whole: bool = False


@dataclass(slots=True)
class Choice:
    """One run over candidates. ``files`` and ``size_bytes`` tell afterwards what was taken.

    ``expected_bytes`` is what may be taken of the candidates that were seen.
    """

    context: Context
    bounds: Bounds
    paths: BundlePaths
    files: int = 0
    size_bytes: int = 0
    expected_bytes: int = 0
    _left_out: Counter[_Why] = field(default_factory=Counter)

    def take(self, candidates: Iterable[str], *, read_as: ReadAs | None = None) -> Iterator[Artifact | Skipped]:
        """Each candidate once, newest first: as an artifact, or as a ``Skipped`` that says why.

        One that is to be ``read_as`` something is taken whole: its reader bounds the text, and a part means nothing.
        """
        # Of very many files only the text of the path and the time are held: a path takes three times the room, and
        # the rest is asked again of those that there is room for.
        ordered = sorted(candidates if isinstance(candidates, set) else set(candidates))
        written_seconds = array("d", (self._written_seconds(Path(each)) for each in ordered))
        for at in sorted(range(len(ordered)), key=written_seconds.__getitem__, reverse=True):
            path = Path(ordered[at])
            if why := self._reason_against_more(written_seconds[at]):
                yield from self._without(path, why)
            else:
                yield from self._one(path, read_as)
        for (reason, cause), count in sorted(self._left_out.items()):
            if count > _LISTED_BY_REASON:
                yield Skipped(path=f"{count - _LISTED_BY_REASON} more files", reason=reason, cause=cause)

    def _written_seconds(self, path: Path) -> float:
        """When that was, in POSIX seconds; the bytes of one that may be taken are expected from then on."""
        origin = self.context.origin(path)
        written_seconds = origin.modified_at.timestamp() if origin.modified_at else _LONG_AGO
        if not self._is_too_old(written_seconds):
            more_bytes = min(origin.size_bytes or 0, self.bounds.file_bytes)
            self.expected_bytes = min(self.expected_bytes + more_bytes, self.bounds.total_bytes)
        return written_seconds

    def _is_too_old(self, written_seconds: float) -> bool:
        not_before = self.bounds.not_before
        return not_before is not None and written_seconds < not_before.timestamp()

    def _one(self, path: Path, read_as: ReadAs | None) -> Iterator[Artifact | Skipped]:
        origin = self.context.origin(path)
        if why := self._reason_against(path, origin, read_as):
            yield from self._without(path, why)
        elif read_as:
            yield self._to_be_read(path, origin, read_as)
        else:
            yield self._artifact(path, origin)

    def _reason_against_more(self, written_seconds: float) -> _Why | None:
        """Why no other file is taken, or none of that time; ``None`` if one may be."""
        bounds = self.bounds
        if self.context.remaining_seconds() <= 0:
            return "no time was left", "other"
        if bounds.not_before and self._is_too_old(written_seconds):
            return f"last written before {bounds.not_before:%Y-%m-%d %H:%M} UTC", "other"
        if self.files >= bounds.max_files:
            return f"over the limit of {bounds.max_files} files", "other"
        if self.size_bytes >= bounds.total_bytes:
            return f"over the limit of {size_text(bounds.total_bytes)} for all files", "over-size"
        return None

    def _reason_against(self, path: Path, origin: Origin, read_as: ReadAs | None) -> _Why | None:
        bounds, size_bytes = self.bounds, origin.size_bytes or 0
        allowed_bytes = bounds.total_bytes - self.size_bytes if read_as else self._allowed_bytes()
        if size_bytes > allowed_bytes and (bounds.whole or read_as or path.suffix.lower() in _COMPRESSED):
            reason = f"{size_text(size_bytes)}, over the limit of {size_text(allowed_bytes)}, and useless in part"
            return reason, "over-size"
        return self._reason_it_cannot_be_read(path)

    def _reason_it_cannot_be_read(self, path: Path) -> _Why | None:
        try:
            self.context.open_tail(path, limit_bytes=1).close()
        except OSError as error:
            return f"cannot be read: {error.strerror or type(error).__name__}", cause_of(error)
        return None

    def _allowed_bytes(self) -> int:
        return min(self.bounds.file_bytes, self.bounds.total_bytes - self.size_bytes)

    def _artifact(self, path: Path, origin: Origin) -> Artifact:
        allowed_bytes, size_bytes = self._allowed_bytes(), origin.size_bytes or 0
        self.files += 1
        self.size_bytes += min(size_bytes, allowed_bytes)
        return Artifact(
            path=self.paths.of(str(path)),
            open=lambda: self.context.open_tail(path, limit_bytes=allowed_bytes),
            origin=origin,
            media_type=media_type(path),
            expected_bytes=self.expected_bytes,
            truncated=None
            if size_bytes <= allowed_bytes
            else f"only whole lines of the last {size_text(allowed_bytes)} of {size_text(size_bytes)}",
        )

    def _to_be_read(self, path: Path, origin: Origin, read_as: ReadAs) -> Artifact:
        size_bytes = origin.size_bytes or 0
        self.files += 1
        self.size_bytes += size_bytes
        return Artifact(
            path=f"{self.paths.of(str(path))}.jsonl",
            open=lambda: self.context.open_tail(path, limit_bytes=size_bytes),
            origin=origin,
            media_type="application/jsonl",
            read_as=read_as,
        )

    def _without(self, path: Path, why: _Why) -> Iterator[Skipped]:
        self._left_out[why] += 1
        if self._left_out[why] <= _LISTED_BY_REASON:
            reason, cause = why
            yield Skipped(path=self.paths.of(str(path)), reason=reason, cause=cause)


def media_type(path: Path) -> str:
    """By the ending; what has none that is known is text (a rotated log ends in a number or a date)."""
    return _MEDIA_TYPES.get(path.suffix.lower(), "text/plain")


def later(first: datetime | None, second: datetime | None) -> datetime | None:
    """The stricter of two bounds on age."""
    bounds = [bound for bound in (first, second) if bound]
    return max(bounds) if bounds else None
