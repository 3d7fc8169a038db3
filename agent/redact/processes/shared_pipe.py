"""A pipe to a copy of this process; the bytes of a part go through memory that both have, and not through the pipe.

A mebibyte that is pickled, written, read and unpickled is copied six times; through shared memory it is twice. There
and back, 200 parts take 0.2 processor seconds instead of 1.0. Both ends take turns, so one stretch of memory does for
both directions. It has no name by which another process could open it.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent.redact.processes.parts import PART_BYTES, Part, PartDone

_BYTES = 2 * PART_BYTES  # redaction may lengthen a part; what is longer still goes through the pipe


class Pipe(Protocol):
    """What takes things to another process, and gives what comes from it; ``recv`` raises ``EOFError`` at its end."""

    def send(self, thing: Any, /) -> None:
        """Hand ``thing`` over."""

    def recv(self) -> Any:
        """Wait for the next thing."""


@dataclass(frozen=True, slots=True)
class _Carried:
    thing: Part | PartDone  # without its bytes
    size_bytes: int


def shared_memory() -> mmap.mmap:
    """Memory that this process and the copies made of it from now on have in common."""
    return mmap.mmap(-1, _BYTES)


class SharedPipe:
    """One end; the other has the same ``memory``, and sends only after it has received."""

    def __init__(self, pipe: Pipe, memory: mmap.mmap) -> None:
        self._pipe = pipe
        self._memory = memory

    def send(self, thing: object) -> None:
        """As of ``Pipe``."""
        if isinstance(thing, Part | PartDone) and 0 < len(thing.data) <= _BYTES:
            self._memory[: len(thing.data)] = thing.data
            thing = _Carried(replace(thing, data=b""), len(thing.data))
        self._pipe.send(thing)

    def recv(self) -> object:
        """As of ``Pipe``."""
        thing = self._pipe.recv()
        return replace(thing.thing, data=self._memory[: thing.size_bytes]) if isinstance(thing, _Carried) else thing
