"""The local audit: what was asked of this computer and what came of it, as lines that each hold the one before.

    STATE/audit.jsonl   one JSON object a line, each with the SHA-256 of itself and of the line before

*What the chain proves*: that no line was altered, taken out, put in or moved after the fact by somebody who did not
also write every later line anew. *What it does not*: whoever owns the account owns the file and can write all of it
anew, or cut its end off. Against that stand the heads: each is told to the desk with what it is about, and ``verify``
can be given one that the desk holds. Nor does the chain say that what a line tells is true; that is as good as the
program.

A kill, or a power cut, in the middle of a write leaves a line cut short. It is never removed: the next line names its
length and its SHA-256, so that a cut is told for ever, and cannot be used to hide something else.

The file is not cut and not turned over: a request that is acted on costs some ten lines of a few hundred bytes, the
rate bounds those, and ``agent.remote.refusal_lines`` bounds what refused ones cost.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from agent import file_lock
from agent.errors import StorageError
from agent.storage import storage_errors
from config.private_files import FILE_MODE, flush_folder, make_private_folder

NO_HEAD = "0" * 64  # stands in the first line for the one before it
_LONGEST_CHARACTERS = 2000  # of each text; what is longer is cut, and ends with …
_LONGEST_LINE_BYTES = 2**16  # more than three such texts have, each character as six bytes
_WAIT_SECONDS = 10.0  # for another process in the middle of its line, which takes some milliseconds
_CUT_SHORT = "line-cut-short"
_MOST_TORN_BYTES = 2 * _LONGEST_LINE_BYTES  # no kill leaves more behind: each is told by the line after it


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. ``digest`` is the head of the chain up to here, as 64 hexadecimal digits."""

    at: str  # 2026-11-26T09:00:00Z
    what: str  # such as "request-accepted"
    about: str  # such as "request 0b0e…"
    detail: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What ``verify`` found: the number of lines that fit, the head they end with, and the first that does not fit."""

    lines: int
    head: str
    fault: str = ""  # a sentence that names the line; empty when all fit
    cut_short: bool = False  # the last line is not whole, as a kill leaves it: no fault, and told


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    raw: bytes
    entry: Entry | None  # None: not one that this program wrote, or not whole


def append(state: Path, what: str, about: str, detail: str = "", *, at: datetime | None = None) -> str:
    """Write a line and put it on the disk; return the new head, in hexadecimal.

    ``at`` is when it happened: now, unless given. Raise ``StorageError`` when the line may not last, ``Busy`` when
    another process holds the file for longer than it can need.
    """
    with storage_errors(state):
        make_private_folder(state)
    when = f"{(at or datetime.now(UTC)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with _alone(state):
        file = _file(state)
        with storage_errors(file), _opened(file) as stream:
            head, torn, missing_end = _end(stream, file)
            lines = missing_end
            if torn:
                told = _entry(when, _CUT_SHORT, "what stands before this line", _cut_detail(torn), head)
                lines, head = lines + _written(told), told.digest
            entry = _entry(when, _shown(what), _shown(about), _shown(detail), head)
            stream.write(lines + _written(entry))
            stream.flush()
            os.fsync(stream.fileno())
    return entry.digest


def head(state: Path) -> str:
    """The digest of the newest line, "" before the first. Raise ``StorageError``, ``Busy``."""
    file = _file(state)
    if not file.exists():
        return ""
    with _alone(state), storage_errors(file), file.open("rb") as stream:
        newest, _, _ = _end(stream, file)
    return "" if newest == NO_HEAD else newest


def entries(state: Path) -> list[Entry]:
    """Every line that can be read, oldest first; ``verify`` tells whether they are all, and as written."""
    return [line.entry for line in _lines(state) if line.entry is not None]


def verify(state: Path, *, held: str = "") -> Verdict:
    """Whether every line is as written and follows the one before; ``held`` is a head that must be among them.

    Raise ``StorageError`` when the file cannot be read.
    """
    head, count, seen = NO_HEAD, 0, {NO_HEAD}
    torn, torn_at = b"", 0
    for line in _lines(state):
        if line.entry is None and len(torn) < _MOST_TORN_BYTES:
            torn_at = torn_at if torn else line.number
            torn += line.raw
            continue
        fault = _misfit(line, torn, torn_at, head)
        if line.entry is None or fault:
            return Verdict(lines=count, head=head, fault=fault)
        head, count, torn = line.entry.digest, count + 1, b""
        seen.add(head)
    fault = _NOT_OURS.format(torn_at) if torn.endswith(b"\n") else ""
    if held not in {"", *seen}:
        fault = fault or f"No line has the head {held}."
    return Verdict(lines=count, head=head, fault=fault, cut_short=bool(torn) and not fault)


_NOT_OURS = "Line {} is not as it was written."


def _misfit(line: _Line, torn: bytes, torn_at: int, head: str) -> str:
    """What is wrong with a line that comes after ``torn``, which is none, and after the line of that ``head``."""
    entry = line.entry
    tells_cut = entry is not None and entry.what == _CUT_SHORT
    if torn and not (entry is not None and tells_cut and entry.detail == _cut_detail(torn)):
        return _NOT_OURS.format(torn_at)
    if entry is None or (tells_cut and not torn):
        return f"Line {line.number} tells of a cut that is not there."
    return "" if entry.previous == head else f"Line {line.number} does not follow the one before it."


def _cut_detail(torn: bytes) -> str:
    cut = torn.removesuffix(b"\n")
    return f"{len(cut)} bytes, SHA-256 {hashlib.sha256(cut).hexdigest()}"


def _file(state: Path) -> Path:
    return state / "audit.jsonl"


def _alone(state: Path) -> AbstractContextManager[None]:
    busy = "Another sendlogs writes its audit."
    return file_lock.hold(state / ".audit.lock", busy, wait_seconds=_WAIT_SECONDS)


def _opened(file: Path) -> BinaryIO:
    """The file, for reading and appending. A link in its place is not followed; one that is new lasts."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    is_new = not file.exists()
    stream = os.fdopen(os.open(file, flags, FILE_MODE), "r+b")
    if is_new:
        flush_folder(file.parent)
    return stream


def _end(stream: BinaryIO, file: Path) -> tuple[str, bytes, bytes]:
    """The head of the last line, what stands after that and is none, and the end of line that is missing, if it is."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_LINE_BYTES - _MOST_TORN_BYTES)
    stream.seek(start)
    found = stream.read()
    missing_end = b"" if found.endswith(b"\n") or not found else b"\n"
    lines = (found + missing_end).splitlines(keepends=True)
    torn = b""
    for raw in reversed(lines):
        if (entry := _parsed(raw)) is not None:
            return entry.digest, torn, missing_end
        torn = raw + torn
    if start:
        raise StorageError(f"{file} is damaged: its end is not its own.", advice=_DAMAGED_ADVICE)
    return NO_HEAD, torn, missing_end


_DAMAGED_ADVICE = (
    "See which line with 'sendlogs audit --verify', keep the file for whoever looks into it, and move it away."
)


def _lines(state: Path) -> Iterator[_Line]:
    file = _file(state)
    with storage_errors(file):
        if not file.exists():
            return
        with file.open("rb") as stream:
            number = 0
            while raw := stream.readline(_LONGEST_LINE_BYTES):
                number += 1
                yield _Line(number=number, raw=raw, entry=_parsed(raw))


def _parsed(raw: bytes) -> Entry | None:
    """The entry of a line that is letter by letter as this program writes it."""
    try:
        values = json.loads(raw)
        entry = Entry(**values)
        whole = _entry(entry.at, entry.what, entry.about, entry.detail, entry.previous)
        return entry if entry == whole and _written(entry) == raw else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _entry(at: str, what: str, about: str, detail: str, previous: str) -> Entry:
    told = {"at": at, "what": what, "about": about, "detail": detail, "previous": previous}
    digest = hashlib.sha256(b"sendlogs-audit-1\n" + json.dumps(told, ensure_ascii=True).encode("ascii")).hexdigest()
    return Entry(**told, digest=digest)


def _written(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), ensure_ascii=True).encode("ascii") + b"\n"


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_CHARACTERS else f"{text[: _LONGEST_CHARACTERS - 1]}…"
