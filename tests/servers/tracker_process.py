"""A ticket tracker as a process of the test's own: started on a free port, waited for, ended by its id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

START_SECONDS = 180.0  # two busy cores; alone each of them starts within ten
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class RunningTracker:
    """A tracker with two accounts that see their own tickets alone, and what its keeper can do."""

    address: str  # as it stands after the scheme
    ours: str  # a token
    theirs: str
    close: Callable[[str], None]
    damage: Callable[[str], None]  # the stored bytes of the attachment of that name rot


def needed(present: object, what: str) -> None:
    """Skip without the tracker, but never on the build machine, where it must be; no tracker here runs on Windows."""
    if sys.platform == "win32":
        pytest.skip(f"{what} is met on Linux alone")
    if not present:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{what} is not on this machine (see .ci/run)")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def state_folder(name: str) -> Iterator[Path]:
    """A folder with a short path, since some of them put sockets into it."""
    folder = Path(tempfile.mkdtemp(prefix=f"sendlogs-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    argv: list[str],
    url: str,
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    stop_seconds: float = STOP_SECONDS,
) -> Iterator[None]:
    """The server, from when it answers at ``url`` until the block ends. All it started ends with it."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            argv,
            env={**os.environ, **environment},
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            assert server.poll() is None, log.read_text("utf-8", "replace")[-2000:]
            assert time.monotonic() < deadline, (
                f"{argv[0]} does not answer: {log.read_text('utf-8', 'replace')[-2000:]}"
            )
        yield
    finally:
        server.terminate()
        try:
            server.wait(stop_seconds)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(STOP_SECONDS)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5, allow_redirects=False).status_code < 500
    except requests.RequestException:
        return False


def run(argv: list[str], folder: Path, environment: Mapping[str, str] | None = None, stdin: str = "") -> str:
    """What the program prints; a failure shows what it said."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{argv}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout


def rot(stored: Path) -> None:
    """Change the last byte of a file in place."""
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
