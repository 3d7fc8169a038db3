"""A Windows event log (``.evtx``) as text: one event a line, as JSON, in the order of their numbers.

Windows writes these files in circles, so the newest events may stand anywhere; of a long log the newest are given.
A log that is in use has records half written: these are passed over and counted.
"""

from __future__ import annotations

import heapq
import warnings
from pathlib import Path
from typing import BinaryIO

from evtx import PyEvtxParser

from agent.readers import TEXT_LIMIT_BYTES, CannotRead

_START = b"ElfFile\x00"


def write_events(file: Path, out: BinaryIO) -> str:
    """Write the events of ``file`` to ``out``; return what is left out, in a sentence, or "". Raise ``CannotRead``."""
    with file.open("rb") as stream:
        if stream.read(len(_START)) != _START:
            raise CannotRead("it is no event log")
    newest, read, damaged = _newest(file)
    if not newest and damaged:
        raise CannotRead("the event log is damaged")
    for _, line in newest:
        out.write(line)
    notes = []
    if len(newest) < read:
        notes.append(f"only the newest {len(newest):,} of {read:,} events")
    if damaged:
        notes.append(f"{damaged:,} records that are damaged are not in it")
    return "; ".join(notes)


def _newest(file: Path) -> tuple[list[tuple[int, bytes]], int, int]:
    """Events by number, as many as the limit allows; how many there are; how many could not be read."""
    damaged = 0

    def count(*_: object, **__: object) -> None:
        nonlocal damaged
        damaged += 1

    kept: list[tuple[int, bytes]] = []
    read = size_bytes = 0
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = count
        try:
            # One thread: more would each hold a chunk. No indentation: a line is an event.
            for record in PyEvtxParser(str(file), number_of_threads=1, indent=False, skip_errors=True).records_json():
                assert record is not None
                read += 1
                line = record["data"].replace("\n", " ").encode() + b"\n"
                heapq.heappush(kept, (record["event_record_id"], line))
                size_bytes += len(line)
                while size_bytes > TEXT_LIMIT_BYTES:
                    size_bytes -= len(heapq.heappop(kept)[1])
        except (RuntimeError, OSError, ValueError) as error:
            raise CannotRead("the event log is damaged") from error
    return sorted(kept), read, damaged
