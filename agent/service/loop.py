"""The one place where the service waits: for files, for what threads hand over, for moments, for signals.

Not ``asyncio``: that costs 5 MB of the 25 that the service may have, and there is little here to wait for. Everything
but the two threads that speak to the desk runs in this loop, one thing after the other, so nothing else needs a lock.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue

Act = Callable[[], None]

_HANDED_OVER_BYTES = 4096  # one byte for each wake-up; what they were for is in the queue


class Loop:
    """Waits and acts. Only ``post`` may be called from another thread.

    ``troubled`` hears of what an act raised, and the loop goes on; without it, the loop raises it.
    """

    def __init__(self, troubled: Callable[[Exception], None] | None = None) -> None:
        self._troubled = troubled
        self._selector = selectors.DefaultSelector()
        self._posted: SimpleQueue[Act] = SimpleQueue()
        self._moments: dict[str, tuple[float, Act]] = {}
        self._on_signal: dict[int, Act] = {}
        self._goes_on = True
        self.turns = 0  # how often it went round; tells whether it does
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.settimeout(0)
        self._selector.register(self._reader, selectors.EVENT_READ, self._woken)

    def post(self, act: Act) -> None:
        """Let ``act`` be done in the loop, soon. May be called from any thread."""
        self._posted.put(act)
        with contextlib.suppress(OSError):  # full: it wakes up anyhow; closed: it is over
            self._writer.send(b"\0")

    def at(self, name: str, seconds: float, act: Act) -> None:
        """Let ``act`` be done once, in so many seconds (of the clock that only goes on); ``name`` has one moment."""
        self._moments[name] = (time.monotonic() + max(0.0, seconds), act)

    def forget(self, name: str) -> None:
        """Let the moment of that name pass without anything being done."""
        self._moments.pop(name, None)

    def watch(self, file: int | socket.socket, act: Act, *, writing: bool = False) -> None:
        """Do ``act`` whenever ``file`` can be read (or written), until ``unwatch``."""
        event = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
        self._selector.register(file, event, act)

    def unwatch(self, file: int | socket.socket) -> None:
        """Watch ``file`` no more; one that was not watched is none of our business."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(file)

    def on_signals(self, numbers: Iterable[int], act: Act) -> None:
        """Do ``act`` in the loop when one of these signals comes (Python's wake-up file tells which)."""
        for number in numbers:
            self._on_signal[number] = act
            signal.signal(number, lambda *_: None)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def do(self, act: Act) -> None:
        """Act now; what goes wrong in it ends nothing but itself."""
        try:
            act()
        except Exception as error:  # whatever nobody foresaw: one peer, child or answer, not the whole service
            if self._troubled is None:
                raise
            self._troubled(error)

    def stop(self) -> None:
        """Let ``run`` end after what is just being done."""
        self._goes_on = False

    def run(self, *, until: Callable[[], bool] = lambda: False, within_seconds: float | None = None) -> None:
        """Wait and act until ``stop``, until ``until()`` is true, or for so many seconds."""
        deadline = None if within_seconds is None else time.monotonic() + within_seconds
        self._goes_on = True
        while self._goes_on and not until():
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                break
            self._turn(left)

    def close(self) -> None:
        """Give the files back."""
        if self._on_signal:
            signal.set_wakeup_fd(-1)
        self._selector.close()
        self._reader.close()
        self._writer.close()

    def _turn(self, most_seconds: float | None) -> None:
        self.turns += 1
        waits = [due - time.monotonic() for due, _ in self._moments.values()]
        if most_seconds is not None:
            waits.append(most_seconds)
        for key, _ in self._selector.select(max(0.0, min(waits)) if waits else None):
            if self._selector.get_map().get(key.fileobj) is key:  # else what came before it has closed it
                self.do(key.data)
        with contextlib.suppress(Empty):
            while self._goes_on:
                self.do(self._posted.get_nowait())
        now = time.monotonic()
        for name in [name for name, (due, _) in self._moments.items() if due <= now]:
            if name in self._moments:  # one that was due as well may have let it pass
                self.do(self._moments.pop(name)[1])

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for number in self._reader.recv(_HANDED_OVER_BYTES):
                if number in self._on_signal:
                    self.do(self._on_signal[number])
