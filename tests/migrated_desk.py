"""The empty database of a desk, made once for a whole run of the tests and copied for each desk that they start.

A first start needs five seconds of processor time for some sixty migrations. All else that it does, it still does.
``tests/system/test_demo.py`` has a desk make everything itself.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

_DATABASE = "desk.sqlite3"


def migrated(state: Path, factory: pytest.TempPathFactory) -> Path:
    """The state folder of a desk to be, made, with its database; both owner-only as the desk makes them."""
    made = _made_once(factory)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (state / _DATABASE).exists():
        shutil.copyfile(made, state / _DATABASE, follow_symlinks=False)
        (state / _DATABASE).chmod(0o600)
    return state


def _made_once(factory: pytest.TempPathFactory) -> Path:
    """Workers that run side by side have folders of their own in one, and share what lies there."""
    mine = factory.getbasetemp()
    shared = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "migrated-desk"
    with FileLock(f"{shared}.lock"):
        if not (shared / _DATABASE).exists():
            shutil.rmtree(shared, ignore_errors=True)
            shared.mkdir(mode=0o700)
            settings = {"SENDLOGS_DESK_STATE": str(shared), "DJANGO_SETTINGS_MODULE": "desk.settings"}
            command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--no-input"]
            subprocess.run(command, env={**os.environ, **settings}, check=True, timeout=300)
    return shared / _DATABASE
