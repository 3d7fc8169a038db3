"""``python -m agent.collect.apart_process``: look for files, or read one, where that may never end.

The first line on standard input is the request, as JSON. The answer on standard output is JSON lines, or the bytes
of the file after one such line. When standard input ends the parent has gone, and so does this process.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

from agent.collect.file_search import search
from agent.collect.machine import head_of, tail_of
from collectors import LeftOut

_COPY_BYTES = 2**18


def main() -> None:
    """Answer the one request."""
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    if request["do"] == "search":
        _search(request)
    else:
        _read(request)
    sys.stdout.buffer.flush()
    # Not by way of the interpreter's end, which would wait for the lock of the reader of standard input.
    os._exit(0)


def _end_with_the_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _tell(value: object) -> None:
    # Flushed each time: what was found before a folder that does not answer is of use.
    sys.stdout.buffer.write(json.dumps(value).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


def _search(request: dict[str, Any]) -> None:
    end = time.monotonic() + request["seconds"]

    def left_out(item: LeftOut) -> None:
        _tell({"left_out": str(item.path), "reason": item.reason, "is_folder": item.is_folder})

    for found in search(
        Path(request["folder"]),
        tuple(request["parts"]),
        ignore_case=request["ignore_case"],
        may_go_on=lambda: time.monotonic() < end,
        left_out=left_out,
        as_found=True,
    ):
        _tell({"found": str(found.path), "status": found.status})
    _tell({"done": True})


def _read(request: dict[str, Any]) -> None:
    path, root, limit_bytes = Path(request["path"]), request["root"], request["limit_bytes"]
    try:
        stream = head_of(path, limit_bytes) if root is None else tail_of(path, Path(root), limit_bytes)
    except OSError as error:
        _tell({"errno": error.errno, "reason": error.strerror})
        return
    with stream:
        _tell({"opened": True})
        shutil.copyfileobj(stream, sys.stdout.buffer, _COPY_BYTES)


if __name__ == "__main__":
    main()
