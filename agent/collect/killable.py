"""A process for work that may never end: watched while it is waited for, and killed with all that it started.

It does what ``apart_process`` says to one request or a dialogue of them. It ends when this process does, since its
standard input ends then.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import IO

import psutil

from agent import left_processes
from agent.job import Job

_TEMPORARY = "TEMP" if sys.platform == "win32" else "TMPDIR"  # what goes with this run
_REAP_SECONDS = 2.0  # a process that the kernel does not let go of even so is left to it
_LEAVE_SECONDS = 10.0  # for one that has nothing to do but to end; it may still be starting
_LOOK_SECONDS = 0.1  # between two looks at the memory that it uses


class Killable:
    """The process. ``killed_for`` tells why this side has killed it, as the end of a sentence."""

    def __init__(self, request: Mapping[str, object]) -> None:
        self._mark = left_processes.new_mark()
        self._starts_others = request["do"] == "collect"
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        # -P: the current folder, whatever lies in it, is no place to import from. A group of its own, so that a
        # Ctrl-C is not for it; not a session, for a stopped process of a session that has lost its parent stays.
        self._job = Job()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent.collect.apart_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.environ.get("SYSTEMROOT", "C:\\") if sys.platform == "win32" else "/",
            env={**os.environ, left_processes.MARK: self._mark, _TEMPORARY: tempfile.gettempdir()},
            process_group=None if sys.platform == "win32" else 0,
            creationflags=flags,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: IO[bytes] = self._process.stdin
        self.output: IO[bytes] = self._process.stdout
        self.process_id = self._process.pid
        self.killed_for: str | None = None
        self._job.take(self.process_id)  # before its request: it has started nothing yet
        self.say(request)

    def __enter__(self) -> Killable:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def say(self, request: Mapping[str, object]) -> None:
        """Hand it a request; one that has ended does not hear it, and that shows when it does not answer."""
        with contextlib.suppress(OSError, ValueError):  # ValueError: the pipe is closed on our side, too
            self._input.write(json.dumps(request, default=_plain).encode("ascii") + b"\n")
            self._input.flush()

    @contextlib.contextmanager
    def within(self, seconds: float, memory_bytes: int | None = None) -> Iterator[None]:
        """What is done with the process inside the block ends when ``seconds`` are over: it is killed.

        So it is when it and all that it started hold more than ``memory_bytes`` of memory.
        """
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done, seconds, memory_bytes), daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()

    def _watch(self, done: threading.Event, seconds: float, memory_bytes: int | None) -> None:
        end = time.monotonic() + seconds
        while True:
            left_seconds = max(0.0, end - time.monotonic())
            if done.wait(left_seconds if memory_bytes is None else min(left_seconds, _LOOK_SECONDS)):
                return
            if time.monotonic() >= end:
                self._kill("it did not answer in its time")
                return
            if memory_bytes is not None and self._memory_bytes() > memory_bytes:
                self._kill(f"it used more than {memory_bytes // 2**20} MiB of memory")
                return

    def _memory_bytes(self) -> int:
        """What it and its children hold in memory; what they share counts for each."""
        total = 0
        with contextlib.suppress(psutil.Error, OSError):  # psutil lets some of Windows' own errors pass
            process = psutil.Process(self.process_id)
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error, OSError):
                    total += each.memory_info().rss
        return total

    def ended_well(self) -> bool:
        """Whether it has come to its end by itself; only to be asked when its output has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_REAP_SECONDS) == 0
        return False

    def _kill(self, reason: str | None = None) -> None:
        self.killed_for = self.killed_for or reason
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process_id, signal.SIGKILL)
        self._process.kill()
        self._job.end()
        # After it, so that it starts no more of them. What holds its output's other end would hold up its reader.
        if self._starts_others:
            left_processes.end_marked(self._mark)

    def leave(self) -> None:
        """Let it end by itself, and all that it started with it; kill it if it does not at once."""
        with contextlib.suppress(OSError):
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LEAVE_SECONDS)
        self.end()

    def end(self) -> None:
        """Kill it if it is still there, and take leave of it, so that no zombie stays."""
        if self._process.poll() is None:
            self._kill()
        self._job.end()
        for pipe in (self._input, self.output):
            with contextlib.suppress(OSError):
                pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_SECONDS)

    def end_with_all(self) -> None:
        """As ``end``, and also end what it started if it has come to its end before."""
        self.end()
        left_processes.end_marked(self._mark)


def _plain(value: object) -> object:
    """A mapping or a sequence of any kind, as JSON knows it."""
    return dict(value) if isinstance(value, Mapping) else list(value)  # type: ignore[call-overload]  # or it raises
