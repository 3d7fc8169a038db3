"""A desk's Django, set up once, that runs each function or command of a test in a copy (fork) of itself.

To set Django up takes a second of processor time, and tests look into a desk hundreds of times. What runs is in a
process of its own, as before: it shares no memory and no connection with another, and several run side by side.
Python's own ``multiprocessing`` forks what imports the tests; this forks what has imported nothing but the desk.
"""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_START_SECONDS = 180  # it takes one; machines under load take longer
_LONGEST_STATUS = 255


@dataclass(frozen=True)
class Ended:
    """How what ran ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str


class DeskInside:
    """The process for one state folder and environment, until ``close``."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory()  # a short path: those of tests are too long for a socket's
        self._address = str(Path(self._folder.name) / "s")
        command = [sys.executable, str(Path(__file__)), self._address]
        self._process = subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            self.close()
            raise AssertionError("the desk's Django could not be set up")

    def function(self, body: str, words: Sequence[Any]) -> Any:
        """What the function with this body, given ``words``, returns (as JSON)."""
        ended = self._run({"body": body, "words": words})
        assert ended.code == 0, ended.err
        return json.loads(ended.out)

    def command(self, words: Sequence[str]) -> Ended:
        """One command of the desk."""
        return self._run({"command": words})

    def _run(self, wanted: Mapping[str, Any]) -> Ended:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_START_SECONDS)
            line.connect(self._address)
            line.sendall(json.dumps(wanted).encode())
            line.shutdown(socket.SHUT_WR)
            return Ended(**json.loads(_read_all(line)))

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._folder.cleanup()


def _read_all(line: socket.socket) -> bytes:
    with line.makefile("rb") as whole:
        return whole.read()


def _serve(address: str) -> None:
    """Be the process: fork for each that calls."""
    import django

    django.setup()
    from django.db import connections

    connections.close_all()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the copies
        print("ready", flush=True)
        while True:
            line, _ = listening.accept()
            with line:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    listening.close()
                    _answer(line)
                    os._exit(0)


def _answer(line: socket.socket) -> None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = _ran(json.loads(_read_all(line)))
    line.sendall(json.dumps(asdict(Ended(code, out.getvalue(), err.getvalue()))).encode())


def _ran(wanted: Mapping[str, Any]) -> int:
    try:
        if "command" in wanted:
            from desk.__main__ import main

            return main(wanted["command"])
        space: dict[str, Any] = {"__name__": "inside"}  # what is defined there has a module
        lines = "".join(f"    {line}\n" for line in wanted["body"].strip().splitlines())
        exec(f"def main(words):\n{lines}", space)
        print(json.dumps(space["main"](wanted["words"]), default=str))
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else _LONGEST_STATUS
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: what the tests have is not the desk's
    _serve(sys.argv[1])
