"""Files redacted by several processes at once; each makes its redactor once and is given one file at a time.

Written by hand on pipes and not with a pool of the standard library: that one does not tell which file a worker was at
when it died, and here exactly that file must be withheld. Workers are started anew ("spawn"), as Windows and macOS want
it, and since a copy of this process would copy its threads' locks. Their temporary files lie in one private folder, so
that nothing stays of a worker that was ended. A worker whose parent is gone reads the end of its pipe, and ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection as connections
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from agent.errors import AgentError
from agent.redact.processes.file_job import FileDone, FileJob, kept_back, redact_file
from agent.redact.processes.shared_pipe import Pipe
from agent.redact.redactor import Redactor

if sys.platform == "win32":
    Connection = connections.PipeConnection
else:
    Connection = connections.Connection

# A worker takes two to three seconds to start, in which this process would redact some twenty megabytes.
LEAST_BYTES_PER_WORKER = 24 * 10**6
MOST_WORKERS = 60  # Windows waits for 63 things at most
_MOST_DEATHS = 10  # of workers; whatever ends them would end the next ones too, and each takes seconds to start
_END_SECONDS = 10.0
_DIED = "could not be redacted: its worker ended unexpectedly"
_Answer = FileDone | AgentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """How many processes at most, and how each makes its redactor: a function that can be pickled."""

    count: int
    make_redactor: Callable[[], Redactor]

    def worth(self, jobs: Sequence[FileJob]) -> int:
        """How many workers to start for these files: 1 means none, do them here."""
        total_bytes = sum(_size_bytes(job) for job in jobs)
        return max(1, min(self.count, MOST_WORKERS, len(jobs), total_bytes // LEAST_BYTES_PER_WORKER))


def redact_files(jobs: Sequence[FileJob], workers: Workers, count: int) -> list[FileDone]:
    """What became of each job, in order, done by ``count`` processes.

    The file at which a worker died is withheld. Raise ``UsageError`` and ``StorageError`` as ``redact_file``; then, and
    when interrupted, no worker is left, and nothing of the files they were at.
    """
    with tempfile.TemporaryDirectory(prefix="sendlogs-", ignore_cleanup_errors=True) as folder:
        pool = _Pool(workers.make_redactor, folder, jobs)
        try:
            pool.run(count)
        finally:
            pool.end()
    return [pool.done[number] for number in range(len(jobs))]


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    number: int | None = None  # of the job that it is at


@dataclass(slots=True)
class _Pool:
    make_redactor: Callable[[], Redactor]
    folder: str
    jobs: Sequence[FileJob]
    done: dict[int, FileDone] = field(default_factory=dict)
    _busy: dict[Connection, _Worker] = field(default_factory=dict)
    _deaths: int = 0

    def run(self, count: int) -> None:
        """Do all jobs, the largest first: the end is then not one long file."""
        waiting = sorted(range(len(self.jobs)), key=lambda number: -_size_bytes(self.jobs[number]))
        waiting.reverse()
        while waiting or self._busy:
            self._start_up(waiting, count)
            for ready in wait(list(self._busy)) if self._busy else ():  # of none, it would wait for ever
                worker = self._busy[cast("Connection", ready)]
                died = self._note(worker, _answer_of(worker))
                if died or not waiting:
                    self._let_go(worker)
                else:
                    self._give(worker, waiting.pop())

    def _start_up(self, waiting: list[int], count: int) -> None:
        """Give jobs to new workers until there are ``count``, which get ready beside one another."""
        started = []
        while waiting and len(self._busy) < count:
            number = waiting.pop()
            if self._deaths >= _MOST_DEATHS:
                self.done[number] = kept_back(_DIED)
            else:
                started.append((self._start(), number))
        for worker, number in started:
            if is_met(worker.process, worker.connection, self.make_redactor):
                self._give(worker, number)
            else:
                worker.number = number
                self._note(worker, None)
                self._let_go(worker)

    def _let_go(self, worker: _Worker) -> None:
        with interrupts_held_back():  # between the two, nobody would know of it
            del self._busy[worker.connection]
            end_worker(worker.process, worker.connection)

    def _note(self, worker: _Worker, answer: _Answer | None) -> bool:
        """What became of the job it was at; whether the worker has died. Raise the answer if it is an error."""
        number, worker.number = worker.number, None
        if isinstance(answer, AgentError):
            raise answer
        if number is not None:
            if answer is None:
                self.jobs[number].into.unlink(missing_ok=True)
            self.done[number] = answer or kept_back(_DIED)
        self._deaths += answer is None
        return answer is None

    def _start(self) -> _Worker:
        context = spawn_context()
        mine, its = context.Pipe()
        process = context.Process(target=serve, args=(redact_file, its, self.folder), daemon=True)
        worker = _Worker(process, mine)
        with interrupts_held_back():
            process.start()
            self._busy[mine] = worker
        its.close()
        return worker

    def _give(self, worker: _Worker, number: int) -> None:
        worker.number = number
        send_if_alive(worker.connection, self.jobs[number])

    def end(self) -> None:
        """Let no worker go on, and nothing half-written stay. Jobs that were done stay done."""
        for worker in self._busy.values():
            worker.process.terminate()
        for worker in self._busy.values():
            end_worker(worker.process, worker.connection)
            if worker.number is not None:
                self.jobs[worker.number].into.unlink(missing_ok=True)
        self._busy.clear()


def _answer_of(worker: _Worker) -> _Answer | None:
    """What it says of its job; ``None`` if it has died."""
    try:
        return cast("_Answer", worker.connection.recv())
    except (EOFError, OSError):
        return None


def end_worker(process: BaseProcess, connection: Connection) -> None:
    """Close the pipe of a worker, at which it ends, and see to it that it does."""
    connection.close()
    process.join(_END_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
    process.close()


def is_met(process: BaseProcess, connection: Connection, make_redactor: Callable[[], Redactor] | None) -> bool:
    """Wait until a worker says its first word, and hand it how its redactor is made; false if it has died before.

    Before that word, its pipe alone would not tell: on Windows this process holds the worker's end of it as well until
    the worker has taken it over, so that a read or a large write would wait for ever for one that died on the way.
    """
    wait([connection, process.sentinel])
    try:
        if not connection.poll():
            return False
        connection.recv()
    except (EOFError, OSError):
        return False
    if make_redactor is not None:
        send_if_alive(connection, make_redactor)
    return True


def send_if_alive(connection: Connection, thing: object) -> None:
    """Send ``thing`` to a worker; of one that has died, the next reading from it will tell.

    What is large must go this way and not as an argument of the process: the library writes those into a pipe whose
    other end this process holds as well, and would wait for ever for a worker that died before it read them.
    """
    with contextlib.suppress(OSError):
        connection.send(thing)


def spawn_context() -> SpawnContext:
    """By which workers are started anew, while interrupts are held back.

    With its first process the library starts a tracker as well, and lets SIGINT through again behind that (CPython,
    multiprocessing/resource_tracker.py): the worker would not inherit what is held back. So the tracker comes first.
    """
    if sys.platform != "win32":
        resource_tracker.ensure_running()
    return get_context("spawn")


if sys.platform == "win32":

    @contextlib.contextmanager
    def interrupts_held_back() -> Iterator[None]:
        """Windows cannot hold one back: a worker that is just starting ends by it, as this process does."""
        yield

else:

    @contextlib.contextmanager
    def interrupts_held_back() -> Iterator[None]:
        """A Ctrl-C goes to all processes of a terminal: workers inherit what holds it back; this one gets it after."""
        held: list[int] = []
        in_main = threading.current_thread() is threading.main_thread()
        # The mask is for the workers, which inherit it. This process needs more: another of its threads may take the
        # signal, and Python then interrupts the main thread all the same, mask or not.
        handler = signal.signal(signal.SIGINT, lambda number, _frame: held.append(number)) if in_main else None
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            if in_main:
                signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
                if held:
                    signal.raise_signal(signal.SIGINT)


def serve(
    redact: Callable[[Any, Redactor], object], connection: Pipe, folder: str, redactor: Redactor | None = None
) -> None:
    """A worker's life: how its redactor is made, if it has none; then ``redact`` one thing after the other.

    Until the pipe ends. Each is answered, by an ``AgentError`` too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a copy has what its original does at that
    tempfile.tempdir = folder
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - to its end; of its death the parent tells
    with contextlib.suppress(EOFError):
        with contextlib.suppress(OSError):  # the next read tells
            connection.send(None)  # what ``is_met`` waits for
        redactor = redactor or cast("Callable[[], Redactor]", connection.recv())()
        while True:
            wanted = connection.recv()
            answer: object
            try:
                answer = redact(wanted, redactor)
            except AgentError as error:
                answer = error
            with contextlib.suppress(BrokenPipeError):  # nobody wants to know any more; the next read ends it
                connection.send(answer)


def _size_bytes(job: FileJob) -> int:
    try:
        return job.file.lstat().st_size
    except OSError:
        return 0
