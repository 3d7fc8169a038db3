"""A log in cells of some kibibytes: how much trouble each shows, and the log written anew with some of them only.

What the size planner keeps or leaves is a cell: small enough that a burst of errors costs little room, and few
enough (a number that does not grow with the logs) to be ranked at once. Linear in the log, and bounded whatever its
lines are: a line longer than a cell is cut between words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import BinaryIO

import re2

from agent.report.log_text import utf8_chunks
from agent.report.troubled_lines import troubled_lines
from config.private_files import open_private

_WINDOW_BYTES = 4096  # some thirty lines: errors that stand closer together than elsewhere are a burst
_ERROR, _WARNING, _CRASH = 1.0, 0.1, 4.0
_FEW_CELLS = 4  # too few to tell what is usual in a log
_CRASHES = re2.compile(
    rb"Traceback \(most recent call last\)|\bException in thread \"|\b(?:FATAL|PANIC|EMERG|SIGSEGV|SIGABRT|SIGBUS)\b"
    rb"|(?i)\b(?:segfault|segmentation fault|core dumped|unhandled exception|out of memory|panic:|assertion failed)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A stretch of a log as UTF-8; ``line`` (from 1) is the one it begins in.

    ``trouble`` is the weight of errors and crashes in it, ``peak`` that of its worst few lines.
    """

    size_bytes: int
    line: int
    line_feeds: int
    trouble: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What a log came to. ``lines`` holds for each stretch kept its first line before, after, and their number."""

    size_bytes: int
    sha256: str
    lines: tuple[tuple[int, int, int], ...]


def cells_of(source: BinaryIO, cell_bytes: int) -> list[Cell]:
    """The cells of ``source``, which can be sought, each about ``cell_bytes``. Raise ``NotLookedInto``."""
    cells: list[Cell] = []
    line = 1
    for piece in _pieces(utf8_chunks(source), cell_bytes):
        trouble, peak = _trouble(piece)
        feeds = piece.count(b"\n")
        cells.append(Cell(size_bytes=len(piece), line=line, line_feeds=feeds, trouble=trouble, peak=peak))
        line += feeds
    return cells


def _pieces(chunks: Iterator[bytes], cell_bytes: int) -> Iterator[bytes]:
    carried = b""
    for chunk in chunks:
        data, position = carried + chunk, 0
        while len(data) - position >= 2 * cell_bytes:
            end = _border(data, position, cell_bytes)
            yield data[position:end]
            position = end
        carried = data[position:]
    if carried:
        yield carried


def _border(data: bytes, start: int, cell_bytes: int) -> int:
    """Behind a line feed, else behind a blank or a comma, else before a character; never at ``start``."""
    end = start + cell_bytes
    for sign in (b"\n", b" ", b","):
        found = data.rfind(sign, start + cell_bytes // 2, end) + 1
        if found:
            return found
    while end > start + 1 and data[end] & 0xC0 == 0x80:
        end -= 1
    return end


def _trouble(piece: bytes) -> tuple[float, float]:
    windows = [0.0] * (len(piece) // _WINDOW_BYTES + 1)
    for start, level, *_ in troubled_lines(piece):
        windows[start // _WINDOW_BYTES] += _ERROR if level == "error" else _WARNING
    for found in _CRASHES.finditer(piece):
        windows[found.start() // _WINDOW_BYTES] += _CRASH
    # A burst may stand across the border of two windows.
    peak = max(first + second for first, second in zip(windows, [*windows[1:], 0.0], strict=True))
    return sum(windows), peak


def unusual(cells: Sequence[Cell]) -> list[float]:
    """For each cell how far its worst lines stand out of what is usual in this log: 0, or from 1 on.

    In the unit of what chance does to errors that come independently of one another (their square root).
    """
    densities = [2 * _WINDOW_BYTES * cell.trouble / max(cell.size_bytes, 2 * _WINDOW_BYTES) for cell in cells]
    usual = median_low(densities) if len(cells) >= _FEW_CELLS else 0.0
    scores = [float((cell.peak - usual) / (usual + 1) ** 0.5) for cell in cells]
    return [score if score >= 1 else 0.0 for score in scores]


def write_cells(source: Path, target: Path, cells: Sequence[Cell], kept: Set[int]) -> Cut:
    """Write the ``cells`` of ``source`` whose numbers are ``kept`` to ``target``, an owner-only file, as UTF-8.

    Where something is left out stands a line that says which lines are. Raise ``OSError``.
    """
    with source.open("rb") as opened, open_private(target) as out:
        pieces, writer = _Pieces(utf8_chunks(opened)), _Writer(out)
        for number, cell in enumerate(cells):
            data = pieces.read(cell.size_bytes)
            if number in kept:
                writer.keep(data, cell)
            else:
                writer.leave_out(data, cell)
        writer.tell_what_is_left_out()
    return Cut(
        size_bytes=writer.size_bytes,
        sha256=writer.digest.hexdigest(),
        lines=tuple((before, after, number) for before, after, number in writer.stretches),
    )


class _Pieces:
    """Text that comes in chunks, read by length."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._data = b""
        self._position = 0

    def read(self, size_bytes: int) -> bytes:
        while len(self._data) - self._position < size_bytes and (chunk := next(self._chunks, b"")):
            self._data = self._data[self._position :] + chunk
            self._position = 0
        data = self._data[self._position : self._position + size_bytes]
        self._position += len(data)
        return data


class _Writer:
    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._line = 1
        self._at_line_start = True
        self._left_out: tuple[int, int, int] | None = None  # first line, last line, bytes
        self.digest = hashlib.sha256()
        self.size_bytes = 0
        self.stretches: list[list[int]] = []

    def keep(self, data: bytes, cell: Cell) -> None:
        if self._left_out or not self.stretches:
            self.tell_what_is_left_out()
            self.stretches.append([cell.line, self._line, 0])
        self._write(data)
        self.stretches[-1][2] = self._line - self.stretches[-1][1] + (not self._at_line_start)

    def leave_out(self, data: bytes, cell: Cell) -> None:
        first, _, size_bytes = self._left_out or (cell.line, 0, 0)
        last = cell.line + cell.line_feeds - data.endswith(b"\n")
        self._left_out = first, last, size_bytes + len(data)

    def tell_what_is_left_out(self) -> None:
        if self._left_out is None:
            return
        first, last, size_bytes = self._left_out
        which = f"line {first}" if first == last else f"lines {first} to {last}"
        start = "" if self._at_line_start else "\n"
        self._write(f"{start}[sendlogs: {which} left out here, {size_bytes} bytes, to fit the size limit]\n".encode())
        self._left_out = None

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self.digest.update(data)
        self.size_bytes += len(data)
        self._line += data.count(b"\n")
        self._at_line_start = data.endswith(b"\n")
