"""What of a bundle stays when not all of it fits the limit: which files whole, which cut, which left out.

In this order, until the room is used up: everything that is no log; the stretches of logs where errors and crashes
stand out of what is usual there, with their neighbours; the beginning and the end of each log; then the rest, newest
first. So the old and uneventful bulk goes first. Every cut is told in the file, and in what the manifest and the
report say of it. Sizes are estimated by compressing samples; whoever packs measures, and asks again with less room.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, log2
from pathlib import Path

from agent import manifest
from agent.errors import TooLarge
from agent.flow import Redacted
from agent.log_cells import Cell, Cut, cells_of, unusual, write_cells
from agent.replaced_lines import ReplacedLines
from agent.report.log_text import NotLookedInto
from collectors import Skipped

_LOG_FOLDERS = ("logs/", "system_log/", "agent_log/")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")  # a part of such a file means nothing
_MOST_CELLS = 131_072
_LEAST_CELL_BYTES = 4096
_SAMPLES, _SAMPLE_BYTES = 4, 1 << 18
_SAMPLE_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 1}]
_CUT_LINE_BYTES = 60  # what a line that tells of a cut comes to, packed
_TROUBLE_SHARE, _ENDS_SHARE = 0.85, 0.1  # of the room for logs
# Manifest, report and index of a bundle, packed: of any, and per file or thing left out.
_PAGES_BYTES, _ENTRY_BYTES = 12_000, 300
_WORTH_LEAVING_BYTES = 1000  # of a file, packed: to leave out less changes next to nothing
_LISTINGS = 2  # what the manifest says of a file the report says again, more briefly


@dataclass(slots=True, kw_only=True)
class _Candidate:
    item: Redacted
    cells: Sequence[Cell]  # just one if the file cannot be cut
    can_be_cut: bool
    packed_per_byte: float
    age: int  # 0 for what was written last, 1 from an hour before that on, then in doubling steps
    kept: set[int] = field(default_factory=set)

    def cost_bytes(self, number: int) -> float:
        return self.cells[number].size_bytes * self.packed_per_byte + _CUT_LINE_BYTES

    def depth_bytes(self, number: int) -> int:
        """How far before the log's end, about."""
        return (len(self.cells) - 1 - number) * self.cells[0].size_bytes


def fitted(
    items: Sequence[Redacted], *, skipped: Sequence[Skipped], limit_bytes: int, folder: Path
) -> Iterator[Redacted | Skipped]:
    """What of ``items`` is to be packed for a bundle of ``limit_bytes``, in the order given.

    Files that are cut are written anew in the private ``folder``; all others stay as they are. ``skipped`` is what
    the bundle has to list as well. Raise ``TooLarge`` if what is no log does not fit, or nothing does;
    ``OSError`` as the disk does.
    """
    room_bytes = float(limit_bytes - _listing_bytes(items, skipped))
    candidates = _candidates(items)
    room_bytes -= _keep_what_is_no_log(candidates, room_bytes, limit_bytes)
    _keep_of_logs([candidate for candidate in candidates if not candidate.kept], room_bytes)
    if not any(candidate.kept for candidate in candidates):
        raise TooLarge("The size limit leaves no room for any log.", advice="Allow a larger bundle.")
    for number, candidate in enumerate(candidates):
        yield _outcome(candidate, folder / f"{number:06d}.cut")


def _listing_bytes(items: Sequence[Redacted], skipped: Sequence[Skipped]) -> int:
    """What the bundle's own pages come to."""
    listed = json.dumps([*manifest.entries(items), *([item.path, item.reason] for item in skipped)]).encode()
    packed = len(lzma.compress(listed, lzma.FORMAT_RAW, filters=_SAMPLE_FILTERS))
    return _PAGES_BYTES + _LISTINGS * packed + _ENTRY_BYTES * len(items)


def _candidates(items: Sequence[Redacted]) -> list[_Candidate]:
    total_bytes = sum(item.size_bytes for item in items)
    cell_bytes = max(_LEAST_CELL_BYTES, total_bytes // _MOST_CELLS)
    newest = max((item.origin.modified_at for item in items if item.origin.modified_at), default=None)
    made = []
    for item in items:
        hours = 0.0
        if newest and item.origin.modified_at:
            hours = (newest - item.origin.modified_at).total_seconds() / 3600
        cells = _cells(item, cell_bytes) if _is_log(item) else []
        whole = Cell(size_bytes=item.size_bytes, line=1, line_feeds=0, trouble=0.0, peak=0.0)
        unpacked_bytes = sum(cell.size_bytes for cell in cells) or item.size_bytes or 1
        made.append(
            _Candidate(
                item=item,
                cells=cells or [whole],
                can_be_cut=bool(cells),
                # Text of two or four bytes a character is cut as UTF-8.
                packed_per_byte=_packed_share(item.file) * max(item.size_bytes / unpacked_bytes, 1.0),
                age=int(log2(1 + hours)),
            )
        )
    return made


def _is_log(item: Redacted) -> bool:
    return item.path.startswith(_LOG_FOLDERS)


def _cells(item: Redacted, cell_bytes: int) -> list[Cell]:
    with item.file.open("rb") as source:
        if source.read(6).startswith(_PACKED):
            return []
        source.seek(0)
        try:
            return cells_of(source, cell_bytes)
        except NotLookedInto:
            return []


def _packed_share(file: Path) -> float:
    """How much of each byte stays when it is packed, by samples from all over the file."""
    size_bytes = file.stat().st_size
    with file.open("rb") as source:
        if size_bytes <= _SAMPLES * _SAMPLE_BYTES:
            samples = [source.read()]
        else:
            samples = []
            for number in range(_SAMPLES):
                source.seek((size_bytes - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
                samples.append(source.read(_SAMPLE_BYTES))
    sample = b"".join(samples)
    return len(lzma.compress(sample, lzma.FORMAT_RAW, filters=_SAMPLE_FILTERS)) / max(len(sample), 1)


def _keep_what_is_no_log(candidates: Sequence[_Candidate], room_bytes: float, limit_bytes: int) -> float:
    """Keep it whole, and return what it comes to. Raise ``TooLarge``."""
    others = [candidate for candidate in candidates if not _is_log(candidate.item)]
    needed_bytes = sum(candidate.cost_bytes(0) for candidate in others)
    if needed_bytes > room_bytes:
        largest = sorted(others, key=lambda candidate: -candidate.cost_bytes(0))[:3]
        worth = [candidate.item.path for candidate in largest if candidate.cost_bytes(0) >= _WORTH_LEAVING_BYTES]
        names = " ".join(f"--exclude '{path}'" for path in worth)
        least_kb = ceil((limit_bytes - room_bytes + needed_bytes) / 1000)
        raise TooLarge(
            f"Even without any log the bundle may come to {least_kb:,} kB, which is over its size limit.",
            advice=f"Leave out the largest files ({names}), or allow more." if names else "Allow a larger bundle.",
        )
    for candidate in others:
        candidate.kept.add(0)
    return needed_bytes


def _keep_of_logs(logs: Sequence[_Candidate], room_bytes: float) -> None:
    """Mark what is kept of ``logs``, the best first."""
    left_bytes = room_bytes

    def keep(order: Sequence[tuple[_Candidate, int]], share_bytes: float) -> None:
        nonlocal left_bytes
        floor_bytes = left_bytes - share_bytes
        for log, number in order:
            cost_bytes = 0 if number in log.kept else log.cost_bytes(number)
            if left_bytes - cost_bytes >= floor_bytes:
                log.kept.add(number)
                left_bytes -= cost_bytes

    keep(_troubled(logs), room_bytes * _TROUBLE_SHARE)
    newest_first = sorted(logs, key=lambda log: log.age)
    ends = [(log, number) for log in newest_first if log.can_be_cut for number in (len(log.cells) - 1, 0)]
    keep(ends, room_bytes * _ENDS_SHARE)
    everything = [(log, number) for log in logs for number in range(len(log.cells))]
    # Logs of one age take turns from their ends on, so that a chatty one does not push out the others.
    everything.sort(key=lambda pair: (pair[0].age, pair[0].depth_bytes(pair[1])))
    keep(everything, left_bytes)


def _troubled(logs: Sequence[_Candidate]) -> list[tuple[_Candidate, int]]:
    """What stands out, the worst first and of equal the newest; each with the cells around it."""
    ranked: list[tuple[int, int, int, _Candidate, int]] = []
    for log in logs:
        for number, score in enumerate(unusual(log.cells)):
            if score:
                ranked.append((-int(log2(score)), log.age, log.depth_bytes(number), log, number))
    ranked.sort(key=lambda entry: entry[:3])
    return [
        (log, near)
        for *_, log, number in ranked
        for near in (number, number - 1, number + 1)
        if 0 <= near < len(log.cells)
    ]


def _outcome(candidate: _Candidate, cut_file: Path) -> Redacted | Skipped:
    item, cells, kept = candidate.item, candidate.cells, candidate.kept
    if len(kept) == len(cells):
        return item
    if not kept:
        why = "older or less telling than what is kept" if candidate.can_be_cut else "useless in part"
        reason = f"left out to fit the size limit: {item.size_bytes} bytes, {why}"
        return Skipped(path=item.path, reason=reason, cause="over-size")
    cut_file.unlink(missing_ok=True)
    cut = write_cells(item.file, cut_file, cells, kept)
    kept_bytes, all_bytes = sum(cells[number].size_bytes for number in kept), sum(cell.size_bytes for cell in cells)
    told = f"cut to fit the size limit: {kept_bytes} of {all_bytes} bytes are kept, around errors and the newest"
    return replace(
        item,
        file=cut_file,
        size_bytes=cut.size_bytes,
        sha256=cut.sha256,
        truncated=f"{item.truncated}; {told}" if item.truncated else told,
        lines=_lines_after(item.lines, cut),
    )


def _lines_after(lines: Mapping[str, ReplacedLines], cut: Cut) -> dict[str, ReplacedLines]:
    """The same lines by their numbers in the cut file, as far as they are in it."""
    moved = {}
    for rule, before in lines.items():
        there = [
            line - first_before + first_after
            for line in before.lines
            for first_before, first_after, count in cut.lines
            if first_before <= line < first_before + count
        ]
        if there:
            moved[rule] = ReplacedLines.of(there)
    return moved
