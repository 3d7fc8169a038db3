"""A child process of the service: what it is told, what it says, and its end with all that it started.

It reads one line from its standard input, which then stays open: its end tells the child that the service is gone. On
Linux and macOS it leads a process group, and the service's loop watches its pipes. On Windows it is in a job object,
which Windows ends as a whole, also when the service's process is gone ("Job Objects", ``KILL_ON_JOB_CLOSE``); pipes
cannot be watched there together with sockets, so two threads wait for them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial

from agent.job import Job
from agent.service.loop import Loop

END_SECONDS = 1.2  # the service has 2 s to end in
_READ_BYTES = 2**16

Heard = Callable[[bytes], None]
"""Gets what the child writes, in the loop; nothing when that has ended."""


def _environment() -> dict[str, str]:
    """The service's own, without what keeps its heap small (``agent.cli.service``)."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}


if sys.platform == "win32":

    class Child:
        """A running child; ``told`` is what its standard input holds. Raise ``OSError`` when it cannot be started."""

        def __init__(self, command: Sequence[str], told: bytes, loop: Loop, heard: Heard) -> None:
            self._loop, self._heard, self._told = loop, heard, told
            self._is_to_end, self._job = threading.Event(), Job()
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                # Its own group: a Ctrl-C meant for the service ends the service, which then ends its children in order.
                creationflags=subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP,
            )
            self._job.take(self._process.pid)
            for work in (self._feed, self._read):
                threading.Thread(target=work, daemon=True).start()

        def ask_to_end(self) -> None:
            """Let it end in order: the end of its input tells it so."""
            self._is_to_end.set()

        def kill(self) -> None:
            """End it by force, with all that it started."""
            self._job.end()
            with contextlib.suppress(OSError):  # where the service lies in a job that takes no other in it
                self._process.kill()

        def reap(self) -> int:
            """Its exit code, once its output has ended; by force where it does not end soon."""
            self._is_to_end.set()
            try:
                code = self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
                code = self._process.wait()
            self.kill()  # what it has started and left behind
            return code

        def _feed(self) -> None:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError), self._process.stdin as pipe:  # it has ended: its output says why
                pipe.write(self._told)
                pipe.flush()
                self._is_to_end.wait()

        def _read(self) -> None:
            assert self._process.stdout is not None
            with self._process.stdout as pipe:
                while data := os.read(pipe.fileno(), _READ_BYTES):
                    self._loop.post(partial(self._heard, data))
            self._loop.post(partial(self._heard, b""))

    def run_beside(command: Sequence[str]) -> int:
        """Run ``command`` until it ends, which it does with this process at the latest; return its exit code.

        A Ctrl-C reaches both: this one waits on.
        """
        job = Job()
        with subprocess.Popen(list(command)) as process:
            job.take(process.pid)
            while True:
                with contextlib.suppress(KeyboardInterrupt):
                    code = process.wait()
                    job.end()
                    return code

else:

    class Child:
        """A running child; ``told`` is what its standard input holds. Raise ``OSError`` when it cannot be started."""

        def __init__(self, command: Sequence[str], told: bytes, loop: Loop, heard: Heard) -> None:
            self._loop, self._heard, self._unsent = loop, heard, told
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,
            )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._in, self._out = self._process.stdin, self._process.stdout
            loop.watch(self._out.fileno(), self._read)
            # A pipe holds less than it may be told: a child that does not read yet must not hold up the loop.
            os.set_blocking(self._in.fileno(), False)
            loop.watch(self._in.fileno(), self._feed, writing=True)

        def ask_to_end(self) -> None:
            """Let it, and all that it started, end in order."""
            self._signal(signal.SIGTERM)

        def kill(self) -> None:
            """End it by force, with all that it started."""
            self._signal(signal.SIGKILL)

        def reap(self) -> int:
            """Its exit code, once its output has ended; by force where it does not end soon."""
            for pipe in (self._in, self._out):
                self._loop.unwatch(pipe.fileno())
            try:
                code = self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                code = self._process.wait()
            self._out.close()
            with contextlib.suppress(OSError):
                self._in.close()
            return code

        def _feed(self) -> None:
            with contextlib.suppress(BlockingIOError):
                try:
                    self._unsent = self._unsent[os.write(self._in.fileno(), self._unsent) :]
                except BrokenPipeError:  # it has ended: its output says why
                    self._unsent = b""
            if not self._unsent:
                self._loop.unwatch(self._in.fileno())

        def _read(self) -> None:
            self._heard(os.read(self._out.fileno(), _READ_BYTES))

        def _signal(self, number: int) -> None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
