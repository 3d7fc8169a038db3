"""``python -m agent.collect.apart_process``: look for files, read one, or run collectors, where that may never end.

The first line on standard input is the request, as JSON. The answer on standard output is JSON lines, or the bytes
of the file after one such line. Asked to run collectors, it reads a line for each of them and one for each item that
is wanted. When standard input ends the parent has gone, and so do this process and what it has started.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from agent import left_processes
from agent.collect.commands import run_command
from agent.collect.file_search import search
from agent.collect.item_lines import as_json
from agent.collect.machine import MachineContext, head_of, tail_of, this_platform
from collectors import Artifact, CommandFailed, Fact, LeftOut, Limits, Skipped, cause_of

if sys.platform != "win32":
    import resource

_COPY_BYTES = 2**18


def main() -> None:
    """Answer the one request."""
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_hear, args=(requests,), daemon=True).start()
    request = requests.get()
    if request["do"] == "search":
        _search(request)
    elif request["do"] == "read":
        _read(request)
    else:
        collect(requests.get)
    sys.stdout.buffer.flush()
    # Not by way of the interpreter's end, which would wait for the lock of the reader of standard input.
    os._exit(0)


def _hear(requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in sys.stdin.buffer:
        requests.put(json.loads(line))
    with contextlib.suppress(KeyError):
        left_processes.end_marked(os.environ[left_processes.MARK])
    os._exit(1)


def _tell(value: object) -> None:
    # Flushed each time: what was found before a folder that does not answer is of use.
    sys.stdout.buffer.write(json.dumps(value).encode("ascii") + b"\n")
    sys.stdout.buffer.flush()


def _search(request: dict[str, Any]) -> None:
    end = time.monotonic() + request["seconds"]

    def left_out(item: LeftOut) -> None:
        told = {"left_out": str(item.path), "reason": item.reason, "is_folder": item.is_folder, "cause": item.cause}
        _tell(told)

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
        try:
            shutil.copyfileobj(stream, sys.stdout.buffer, _COPY_BYTES)
        except OSError:  # among the bytes there is no room for a word of it: the exit code tells
            os._exit(1)


def collect(next_request: Callable[[], dict[str, Any]]) -> NoReturn:
    """Run one collector after the other, each asked for with a line of what its context holds."""
    while True:
        step = next_request()
        try:
            _run(step, next_request)
            _tell({"kind": "done"})
        # The fail-forward boundary: a collector's bug must not cost the next one. Its message could quote what it
        # read, so only its type is told.
        except Exception as error:
            _tell({"kind": "failed", "type": type(error).__name__})


def _run(step: dict[str, Any], next_request: Callable[[], dict[str, Any]]) -> None:
    left_bytes = step["size_bytes"]
    if sys.platform != "win32":  # of a file that it or its commands write without end
        _, most_bytes = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (left_bytes, most_bytes))
    end = time.monotonic() + next_request()["seconds"]
    context = _context(step, lambda: end - time.monotonic())
    for item in importlib.import_module(step["module"]).COLLECTOR.collect(context):
        left_bytes -= _give(item, left_bytes)
        end = time.monotonic() + next_request()["seconds"]


def _give(item: Artifact | Fact | Skipped, limit_bytes: int) -> int:
    """Say the item, of an artifact with ``limit_bytes`` at most; how many there were."""
    if not isinstance(item, Artifact):
        _tell(as_json(item))
        return 0
    try:
        with item.open() as stream:
            data = stream.read(limit_bytes + 1)
    except OSError as error:
        reason = f"cannot be read: {error.strerror or type(error).__name__}"
        _tell(as_json(Skipped(path=item.path, reason=reason, cause=cause_of(error))))
        return 0
    if len(data) > limit_bytes:
        data = data[:limit_bytes]
        more = "the rest is over the size limit of its collector"
        item = replace(item, truncated=f"{item.truncated}; {more}" if item.truncated else more)
    sys.stdout.buffer.write(json.dumps(as_json(item) | {"data_bytes": len(data)}).encode("ascii") + b"\n" + data)
    sys.stdout.buffer.flush()
    return len(data)


def _context(step: dict[str, Any], time_left: Callable[[], float]) -> MachineContext:
    def run_marked(
        argv: Sequence[str], *, timeout_seconds: float, input_text: str, environment: Mapping[str, str]
    ) -> str:
        mark = os.environ[left_processes.MARK]
        marked = {**environment, left_processes.MARK: mark}
        try:
            return run_command(argv, timeout_seconds=timeout_seconds, input_text=input_text, environment=marked)
        except CommandFailed:
            # One that was being started while its parent was killed is nobody's child, and known by its mark alone.
            left_processes.end_marked(mark)
            raise

    return MachineContext(
        platform=this_platform(),
        now=datetime.fromisoformat(step["now"]),
        not_before=datetime.fromisoformat(step["not_before"]) if step["not_before"] else None,
        options=step["options"],
        limits=Limits(
            time_seconds=step["time_seconds"], size_bytes=step["size_bytes"], memory_bytes=step["memory_bytes"]
        ),
        environment=step["environment"],
        time_left=time_left,
        runner=run_marked,
    )


if __name__ == "__main__":
    main()
