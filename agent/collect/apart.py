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
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath
from typing import IO, Any, BinaryIO

from agent.collect.file_search import Found
from agent.collect.safe_open import Status
from collectors import LeftOut

ANSWER_SECONDS = 10.0  # to one question: the start of the process takes a fifth of one
_GRACE_SECONDS = 1.0  # in which a search that has used its time says so itself
_REAP_SECONDS = 2.0  # a process that the kernel does not let go of even so is left to it
_BUFFER_BYTES = 2**18
_UNANSWERED = "no answer from this file system; given up after"


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
    with _Apart(request | {"seconds": limit_seconds}) as process, process.within(limit_seconds + _GRACE_SECONDS):
        for line in process.output:
            answer = _answer(line)
            if "found" in answer:
                found[PurePath(answer["found"])] = Status(*answer["status"])
            elif "left_out" in answer:
                place = Path(answer["left_out"])
                left_out(LeftOut(path=place, reason=answer["reason"], is_folder=answer["is_folder"]))
            done = done or "done" in answer
    if not done:
        reason = f"{_UNANSWERED} {limit_seconds:g} seconds; what is missing of it is not known"
        left_out(LeftOut(path=Path(), reason=reason, is_folder=True))
    yield from (Found(path, found[path]) for path in sorted(found))


def open_tail(path: Path, root: Path | None, limit_bytes: int) -> BinaryIO:
    """As ``machine.tail_of``, or ``machine.head_of`` where there is no root.

    Raise ``OSError``, here or when reading, also where no answer comes in time.
    """
    process = _Apart({"do": "read", "path": str(path), "root": root and str(root), "limit_bytes": limit_bytes})
    try:
        with process.within(ANSWER_SECONDS):
            answer = _answer(process.output.readline())
        if "errno" in answer:
            raise OSError(answer["errno"], answer["reason"], str(path))
        if "opened" not in answer:
            raise _unanswered()
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


def _unanswered() -> OSError:
    return OSError(errno.ETIMEDOUT, f"{_UNANSWERED} {ANSWER_SECONDS:g} seconds")


class _Apart:
    """The process at one request."""

    def __init__(self, request: dict[str, object]) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        # -P: the current folder, whatever lies in it, is no place to import from. A group of its own, so that a
        # Ctrl-C is not for it; not a session, for a stopped process of a session that has lost its parent stays.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent.collect.apart_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.environ.get("SYSTEMROOT", "C:\\") if sys.platform == "win32" else "/",
            process_group=None if sys.platform == "win32" else 0,
            creationflags=flags,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: IO[bytes] = self._process.stdin
        self.output: IO[bytes] = self._process.stdout
        self.process_id = self._process.pid
        with contextlib.suppress(OSError):
            self._input.write(json.dumps(request).encode("ascii") + b"\n")
            self._input.flush()

    def __enter__(self) -> _Apart:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What is read from the process inside the block ends when ``seconds`` are over: it is killed."""
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def ended_well(self) -> bool:
        """Whether it has come to its end by itself; only to be asked when its output has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_REAP_SECONDS) == 0
        return False

    def _kill(self) -> None:
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process_id, signal.SIGKILL)
        self._process.kill()

    def end(self) -> None:
        """Kill it if it is still there, and take leave of it, so that no zombie stays."""
        if self._process.poll() is None:
            self._kill()
        for pipe in (self._input, self.output):
            with contextlib.suppress(OSError):
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_SECONDS)


class _Stream(io.RawIOBase):
    """The bytes that the process reads for us."""

    def __init__(self, process: _Apart) -> None:
        self._process = process

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub's Buffer is 3.12's
        with self._process.within(ANSWER_SECONDS):
            data = self._process.output.read(len(buffer))
        if not data and not self._process.ended_well():
            raise _unanswered()
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._process.end()
        super().close()
