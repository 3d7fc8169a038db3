"""Look for files, and read them, in a process that can be killed: on what is mounted from elsewhere.

A call into a dead network folder, or into a file system that another program serves (FUSE), may never end, and no
thread can be taken back from it. There, and nowhere else since it costs a process each time, the work is done by
``apart_process``. It is killed with its group when it does not answer in time, and it ends when this process does.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from agent.collect.file_search import Found
from agent.collect.killable import Killable
from agent.collect.safe_open import Status
from collectors import LeftOut

ANSWER_SECONDS = 10.0  # to one question: the start of the process takes a fifth of one
_GRACE_SECONDS = 1.0  # in which a search that has used its time says so itself
_BUFFER_BYTES = 2**18
_UNANSWERED = "no answer from this file system; given up after"
_CUT_SHORT = "it could not be read to its end"


def search(
    folder: Path,
    parts: tuple[str, ...],
    *,
    ignore_case: bool,
    seconds: float,
    left_out: Callable[[LeftOut], object],
) -> Iterator[Found]:
    """As ``file_search.search``, within ``seconds``; what was found before they ended is given."""
    limit_seconds = min(max(seconds, 0.0), ANSWER_SECONDS)
    request = {"do": "search", "folder": str(folder), "parts": parts, "ignore_case": ignore_case}
    found: dict[PurePath, Status] = {}
    done = False
    with Killable(request | {"seconds": limit_seconds}) as process, process.within(limit_seconds + _GRACE_SECONDS):
        for line in process.output:
            answer = _answer(line)
            if "found" in answer:
                found[PurePath(answer["found"])] = Status(*answer["status"])
            elif "left_out" in answer:
                told = {name: answer[name] for name in ("reason", "is_folder", "cause")}
                left_out(LeftOut(path=Path(answer["left_out"]), **told))
            done = done or "done" in answer
    if not done:
        reason = f"{_UNANSWERED} {limit_seconds:g} seconds; what is missing of it is not known"
        left_out(LeftOut(path=Path(), reason=reason, is_folder=True))
    yield from (Found(path, found[path]) for path in sorted(found))


def open_tail(path: Path, root: Path | None, limit_bytes: int) -> BinaryIO:
    """As ``machine.tail_of``, or ``machine.head_of`` where there is no root.

    Raise ``OSError``, here or when reading, also where no answer comes in time.
    """
    process = Killable({"do": "read", "path": str(path), "root": root and str(root), "limit_bytes": limit_bytes})
    try:
        with process.within(ANSWER_SECONDS):
            answer = _answer(process.output.readline())
        if "errno" in answer:
            raise OSError(answer["errno"], answer["reason"], str(path))
        if "opened" not in answer:
            raise _cut_short(process)
        return io.BufferedReader(_Stream(process), _BUFFER_BYTES)
    except BaseException:
        process.end()
        raise


def _answer(line: bytes) -> dict[str, Any]:
    """An answer of the process; one that was cut off by its end is none."""
    with contextlib.suppress(ValueError):
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer
    return {}


def _cut_short(process: Killable) -> OSError:
    """Why the process says no more: it was killed for its time, or the file could not be read on."""
    if process.killed_for is None:
        return OSError(errno.EIO, _CUT_SHORT)
    return OSError(errno.ETIMEDOUT, f"{_UNANSWERED} {ANSWER_SECONDS:g} seconds")


class _Stream(io.RawIOBase):
    """The bytes that the process reads for us."""

    def __init__(self, process: Killable) -> None:
        self._process = process

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub's Buffer is 3.12's
        with self._process.within(ANSWER_SECONDS):
            data = self._process.output.read(len(buffer))
        if not data and not self._process.ended_well():
            raise _cut_short(self._process)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._process.end()
        super().close()
