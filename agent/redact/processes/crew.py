"""Processes that redact parts of what is collected, while this one reads, hashes and packs.

Started only when there is enough to do. On Linux they are copies of this process ("fork"): the rules are there at once,
in memory that is shared. A copy would also copy a lock that another thread holds, so it is made only while there is no
other thread; else, and elsewhere, they are started anew ("spawn"), which takes seconds and so is worth it later. Each
has a thread of this process that hands it a part and waits for the answer. What a worker was at when it died is handed
to another one; if that dies as well, the artifact is withheld. With none left, or one that cannot be started, this
process goes on alone. A worker whose parent is gone reads the end of its pipe, and ends.
"""

from __future__ import annotations

import gc
import mmap
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

from agent import memory
from agent.cores import cores
from agent.errors import AgentError
from agent.redact.processes.parts import Part, PartDone, PartFailed, redact_part
from agent.redact.processes.shared_pipe import Pipe, SharedPipe, shared_memory
from agent.redact.processes.workers import (
    LEAST_BYTES_PER_WORKER,
    Connection,
    end_worker,
    interrupts_held_back,
    is_met,
    serve,
    spawn_context,
)
from agent.redact.redactor import Redactor
from config.private_files import make_private_folder

MOST_BY_CORES = 2  # each takes some 45 MB, and packing wants a share of the cores
_LEAST_BYTES_TO_COPY = 4 * 2**20
_THREADS = Path("/proc/self/task")
_OPEN_FILES = Path("/proc/self/fd")
_TRIES = 2  # a worker may be ended by the system, for its memory; a part at which a second one dies ended them both
_DIED = PartFailed(reason="its worker ended unexpectedly")
_Answer = PartDone | PartFailed | AgentError
_Work = Callable[[Any, Redactor], object]


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection
    shared: mmap.mmap | None  # memory that a copy has too
    make_redactor: Callable[[], Redactor] | None  # which it must be told
    is_met: bool = False

    def pipe(self) -> Pipe:
        """By which parts and answers go."""
        return self.connection if self.shared is None else SharedPipe(self.connection, self.shared)


class Crew:
    """Up to ``count`` processes (without it, one for each core, up to two) with redactors equal to ``redactor``.

    ``make_redactor`` makes one from nothing else, and can be pickled; ``folder`` is private and takes the workers'
    temporary files. Ends with ``close``.
    """

    def __init__(
        self,
        redactor: Redactor,
        make_redactor: Callable[[], Redactor],
        folder: Path,
        *,
        count: int | None = None,
    ) -> None:
        self._redactor = redactor
        self._make_redactor = make_redactor
        self._folder = folder / "workers"
        self._count = min(cores(), MOST_BY_CORES) if count is None else count
        self._seen_bytes = 0
        self._workers: list[_Worker] = []
        self._free: SimpleQueue[_Worker | None] = SimpleQueue()
        self._alive = 0
        self._counting = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._is_over = self._count < 2

    def is_at_work(self, more_bytes: int, expected_bytes: int = 0) -> bool:
        """Whether parts may be handed in; starts the workers once there is enough, with these ``more_bytes``.

        ``expected_bytes`` is what may come in all, as far as is known.
        """
        self._seen_bytes += more_bytes
        if not self._is_over and self._threads is None:
            copies = sys.platform == "linux" and len(list(_THREADS.iterdir())) == 1
            if self._seen_bytes >= (_LEAST_BYTES_TO_COPY if copies else LEAST_BYTES_PER_WORKER):
                try:
                    # Before there are workers: what they get of this process is there once for all of them.
                    self._expect(expected_bytes // self._count, copies=copies)
                    self._start(copies=copies)
                except OSError:  # the system has no process, memory or file left for one; for this process it has
                    self.close()
                finally:
                    gc.unfreeze()
        return not self._is_over and self._threads is not None

    def _expect(self, size_bytes: int, *, copies: bool) -> None:
        """Have compiled what so much makes worth it: by a copy, where there is one, with which all that it took ends.

        What compiling leaves between the things in use would stay with this process and each of its workers.
        """
        if copies and self._redactor.would_keep(size_bytes):
            self._redactor.let_go()
            _share_what_is_there()
            started: list[_Worker] = []
            try:
                self._worker(_compile, started, copies=True)
                for compiler in started:
                    if is_met(compiler.process, compiler.connection, None):
                        compiler.pipe().send(size_bytes)
                        compiler.pipe().recv()
            except (EOFError, ConnectionError):
                pass  # it has died, and this process compiles
            finally:
                _end(started)
        self._redactor.expect(size_bytes)

    def _start(self, *, copies: bool) -> None:
        if copies:
            _share_what_is_there()
        for _ in range(self._count):
            self._worker(redact_part, self._workers, copies=copies)
        for worker in self._workers:
            self._free.put(worker)
        self._alive = self._count
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="redact")

    def _worker(self, does: _Work, started: list[_Worker], *, copies: bool) -> None:
        """Start one that ``does`` this, and add it to those that were ``started``."""
        make_private_folder(self._folder)
        context: Any = get_context("fork") if copies else spawn_context()  # of each kind, or of none it is known
        mine, its = context.Pipe()
        target: Callable[..., None] = partial(serve, does)
        shared = shared_memory() if copies else None
        if shared is not None:
            # Listed before the start, in which the pipe is made by whose end this process hears of its death.
            target = partial(_as_copy, partial(target, redactor=self._redactor), _open_files(), shared)
        process = context.Process(target=target, args=(its, str(self._folder)), daemon=True)
        with interrupts_held_back():
            process.start()
            started.append(_Worker(process, mine, shared, None if copies else self._make_redactor))
        its.close()

    def submit(self, part: Part) -> Future[PartDone | PartFailed | None]:
        """Hand in ``part``, when ``is_at_work``; the answer is ``None`` if nobody is left who could do it.

        The answer raises ``StorageError`` as ``redact_part`` does.
        """
        assert self._threads is not None
        return self._threads.submit(self._ask, part)

    def _ask(self, part: Part) -> PartDone | PartFailed | None:
        answer: _Answer | None = None
        for _ in range(_TRIES):
            worker = self._free.get()
            if worker is None:
                self._free.put(None)
                return cast("PartFailed | None", answer)  # after a death this process had better not try it
            answer = self._asked(worker, part)
            if answer is not _DIED:
                break
        if isinstance(answer, AgentError):
            raise answer
        return answer

    def _asked(self, worker: _Worker, part: Part) -> _Answer:
        try:
            if not worker.is_met and not is_met(worker.process, worker.connection, worker.make_redactor):
                raise EOFError
            worker.is_met = True
            pipe = worker.pipe()
            pipe.send(part)
            answer = cast("_Answer", pipe.recv())
        except (EOFError, OSError):
            self._has_died()
            return _DIED
        except Exception:  # of what cannot be sent
            self._has_died()
            raise
        self._free.put(worker)
        return answer

    def _has_died(self) -> None:
        with self._counting:
            self._alive -= 1
            if not self._alive:
                self._is_over = True
                self._free.put(None)  # who waits for a worker need not wait any more

    def close(self) -> None:
        """Let no worker go on; what they were at is given up."""
        self._is_over = True
        for worker in self._workers:
            worker.process.terminate()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        _end(self._workers)


def _share_what_is_there() -> None:
    """What the collector of garbage never looks at stays shared with the copies that are made next."""
    gc.collect()
    gc.freeze()
    memory.give_back_what_is_free()


def _compile(expected_bytes: int, redactor: Redactor) -> None:
    redactor.expect(expected_bytes)


def _end(workers: list[_Worker]) -> None:
    """Let none of them go on, and none be listed any more."""
    for worker in workers:
        worker.process.terminate()
    for worker in workers:
        end_worker(worker.process, worker.connection)
    workers.clear()


def _open_files() -> frozenset[int]:
    """The numbers of the files that this process holds open, but for the standard streams."""
    listed = {int(each.name) for each in _OPEN_FILES.iterdir()} - {0, 1, 2}
    return frozenset(number for number in listed if _is_open(number))  # the one by which they were listed is not


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _as_copy(
    serves: Callable[..., None], held: frozenset[int], shared: mmap.mmap, connection: Connection, folder: str
) -> None:
    """What ``serves``, in a copy: it lets go of ``held``, what was open in its original.

    Else pipes would not end there, whose readers end with them, and locks would outlive it. What was open becomes
    the empty device under its old number, so that no number is given to another file.
    """
    empty = os.open(os.devnull, os.O_RDWR)
    for number in held - {connection.fileno()}:
        if _is_open(number):
            os.dup2(empty, number)
    os.close(empty)
    serves(SharedPipe(connection, shared), folder)
