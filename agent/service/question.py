"""One question of a person's program and the service's answer, as they stand on the channel: a line of JSON each.

    {"version": 1, "ask": "status"}
    {"version": 1, "agent_version": …}    or {"version": 1, "error": "a sentence"}

What carries them is a ``socket_door`` or, on Windows, a ``pipe_door``: a program comes in, writes one line, gets one
line, and is hung up on. Whoever is silent, slow or long-winded is hung up on as well, and keeps nobody waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

VERSION = 1
LONGEST_LINE_BYTES = 2**16
PATIENCE_SECONDS = 5.0
MOST_PEERS = 16

Answer = Callable[[dict[str, Any], str], dict[str, Any]]
"""Makes the answer to a question of the account of that name; raises ``ValueError`` with a sentence."""


class PathTooLong(OSError):
    """A sentence: the state folder's path leaves no room for the door's, so no service there can be asked anything."""


def asked(question: str, more: Mapping[str, object]) -> bytes:
    """The line that asks ``question``, with ``more`` about it."""
    return json.dumps({"version": VERSION, "ask": question, **more}).encode() + b"\n"


def answered(line: bytes, who: str, answer: Answer) -> bytes:
    """The line that answers ``line``, which came from the account of the name ``who``."""
    return json.dumps({"version": VERSION, **_answer(line, who, answer)}).encode() + b"\n"


def told(line: bytes) -> dict[str, Any]:
    """What an answering line says. Raise ``ValueError`` with the sentence of a no."""
    answer = json.loads(line)
    if not isinstance(answer, dict) or "error" in answer:
        raise ValueError(answer["error"] if isinstance(answer, dict) else "That is no answer.")
    return answer


def _answer(line: bytes, who: str, answer: Answer) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        if not isinstance(asked, dict) or asked.get("version") != VERSION:
            raise ValueError(f"The service speaks version {VERSION} of its channel: update the older of the two.")
        return answer(asked, who)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return {"error": "That is no question."}
    except ValueError as no:
        return {"error": str(no)}
    except OSError as error:
        return {"error": f"The disk does not keep that answer: {error.strerror}."}
