"""A thread that works ahead of this one, by a bounded number of steps.

It pays where the work mostly runs without Python's lock, as liblzma does: the thread unpacks the next piece while this
one looks at the last. Everything that is handed over is done by the caller's own thread, in order, one step at a time,
so that it need know nothing of threads, and comes to the same as if there were none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

Step = Callable[[], object]
HandOver = Callable[[Step], None]


class _GivenUpError(Exception):
    """Nobody does the steps any more."""


def done_in_step(work: Callable[[HandOver], object], *, most_ahead: int) -> None:
    """Let a thread do ``work``, and do here what it hands over, of which up to ``most_ahead`` steps wait.

    Return when the work and all its steps are done. Raise what either of them raises, an interrupt too; the thread has
    ended then, at the next step that it would hand over.
    """
    steps: SimpleQueue[Step | None] = SimpleQueue()
    room = threading.Semaphore(most_ahead)
    given_up = threading.Event()

    def hand_over(step: Step) -> None:
        if not given_up.is_set():
            room.acquire()
        if given_up.is_set():
            raise _GivenUpError
        steps.put(step)

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        try:
            worked = thread.submit(work, hand_over)
            worked.add_done_callback(lambda _: steps.put(None))
            while (step := steps.get()) is not None:
                room.release()
                step()
        finally:
            given_up.set()
            room.release()
        worked.result()
