"""A door of this system, open in a loop that runs in another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.service.channel import Door
from agent.service.loop import Loop
from agent.service.question import Answer


def repeat(asked: dict, who: str) -> dict:
    """The answer that repeats what was asked, or says no."""
    if asked["ask"] == "no":
        raise ValueError("No, it says.")
    return {"asked": asked, "who": who}


@contextmanager
def open_door(state: Path, answer: Answer = repeat) -> Iterator[Path]:
    """A door of that state folder that answers so; closed again at the end."""
    (state / "service").mkdir(mode=0o700, parents=True, exist_ok=True)
    loop = Loop()
    opened = Door(state, loop, answer)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield state
    finally:
        loop.post(opened.close)
        loop.post(loop.stop)
        thread.join(10)
        loop.close()
