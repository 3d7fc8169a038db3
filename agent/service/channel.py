"""The channel between the service and a person's own programs, by whatever door this system has.

Only the service's own account and the computer's administrators are served, by what the system says of the other
side, not by what it says of itself. Where a system does not say, there is no door.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.service import question
from agent.service.question import PathTooLong

if sys.platform == "win32":
    from agent.service.pipe_door import PipeDoor as Door
    from agent.service.pipe_door import exchange, is_supported
else:
    from agent.service.socket_door import SocketDoor as Door
    from agent.service.socket_door import exchange, is_supported

__all__ = ["Door", "PathTooLong", "ask", "exchange", "is_supported"]


def ask(state: Path, asked: str, more: Mapping[str, object], timeout_seconds: float = 10.0) -> dict[str, Any]:
    """What the service of that state folder answers. Raise ``ConnectionError`` when none runs, ``ValueError`` for a no.

    Raise ``OSError`` also where the folder is another user's, ``PathTooLong`` where its path is.
    """
    return question.told(exchange(state, question.asked(asked, more), timeout_seconds))
