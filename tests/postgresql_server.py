"""A PostgreSQL server of the tests' own, for those of a desk that keeps its rows there."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_START_SECONDS = 60


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The address of a database on it; skips where there is none, but never on the build machine."""
    if not (_PROGRAMS and shutil.which("setpriv")):
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("PostgreSQL is not on this machine")
    is_root = os.geteuid() == 0  # whom PostgreSQL refuses to serve
    leading = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if is_root else []
    # Not under pytest's own folder, into which the user postgres cannot look.
    with tempfile.TemporaryDirectory(prefix="sendlogs-desk-") as folder:
        if is_root:
            shutil.chown(folder, "postgres", "postgres")
        data = f"{folder}/data"
        making = [*leading, str(_PROGRAMS[0] / "initdb"), "-D", data, "-U", "desk", "-A", "trust", "--no-sync"]
        subprocess.run(making, check=True, capture_output=True, cwd="/")
        serving = [*leading, str(_PROGRAMS[0] / "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses="]
        serving += ["-c", "fsync=off"]
        with subprocess.Popen(serving, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                asking = [str(_PROGRAMS[0] / "psql"), "-h", folder, "-U", "desk", "-c", "SELECT 1", "postgres"]
                deadline = time.monotonic() + _START_SECONDS
                while subprocess.run(asking, capture_output=True, check=False).returncode:
                    assert time.monotonic() < deadline, "PostgreSQL does not answer"
                yield f"postgresql://desk@/postgres?host={folder}"
            finally:
                server.send_signal(signal.SIGINT)  # at SIGTERM it would wait for its callers to let go of it
                server.wait(30)
