"""A private folder for one run, gone when the run is over, however it ended.

Redacted files and the unfinished archive live here until they are packed or moved to the outbox. The
folder is owner-only. A run that is killed cannot clean up after itself; so each folder has a lock file that
its owner holds, and every new run first removes the folders whose lock nobody holds any more.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from agent import file_lock, left_processes
from agent.errors import Busy, StorageError
from agent.finished_file import remove_what_is_beside
from config.private_files import make_private_folder, new_private_folder

_LOCK_NAME = ".lock"
_DOOR_SECONDS = 10.0  # removing what a killed run left takes moments
_LOOK_SECONDS = 3.0  # who only counts has less time


def work_root(state: Path) -> Path:
    """Where the work folders of all runs lie."""
    return state / "work"


def compiled_rules(state: Path) -> Path:
    """Where what was compiled of the redaction rules is kept from run to run; it may be deleted at any time."""
    return state / "compiled-rules"


@contextmanager
def private_work_folder(state: Path) -> Iterator[Path]:
    """A fresh owner-only folder below ``state``, removed with all it holds at the end of the block."""
    root = make_private_folder(work_root(state))
    with ExitStack() as held:
        with _door(root):
            _sweep(root)
            folder = root / f"run-{secrets.token_hex(8)}"
            new_private_folder(folder)
            held.callback(shutil.rmtree, folder, ignore_errors=True)
            held.enter_context(file_lock.hold(folder / _LOCK_NAME, "This run is another's."))
        held.enter_context(_temporary_files_in(folder))
        yield folder


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Whatever makes temporary files meanwhile makes them there, so that they go with it."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def sweep(state: Path) -> int:
    """Remove the work folders of runs that are no more; return how many."""
    root = work_root(state)
    if not root.is_dir():
        return 0
    with _door(root):
        return _sweep(root)


def leftovers(state: Path) -> int:
    """How many work folders belong to runs that are no more; none while another run sweeps them."""
    root = work_root(state)
    if not root.is_dir():
        return 0
    try:
        with _door(root, _LOOK_SECONDS):
            return sum(_is_nobodys(folder) for folder in root.glob("run-*"))
    except (Busy, StorageError):
        return 0  # being swept, or not ours


def _door(root: Path, wait_seconds: float = _DOOR_SECONDS) -> AbstractContextManager[None]:
    """Held for the moment of making, looking or sweeping, so that no folder is seen before it is locked."""
    return file_lock.hold(root / ".door", "Another run is being started or swept.", wait_seconds=wait_seconds)


def _sweep(root: Path) -> int:
    removed = 0
    for folder in root.glob("run-*"):
        if _is_nobodys(folder):
            remove_what_is_beside(folder)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    if removed:  # what a killed run was gathering with may be left as well
        left_processes.end_those_of_killed_runs()
    return removed


def _is_nobodys(folder: Path) -> bool:
    try:
        with file_lock.hold(folder / _LOCK_NAME, "in use"):
            return True
    except (Busy, StorageError):
        return False  # in use, or not ours to remove
