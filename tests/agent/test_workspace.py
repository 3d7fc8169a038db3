"""The private work folder is owner-only, vanishes with its run, and outlives no dead one."""

import subprocess
import sys
import tempfile
from pathlib import Path

from agent import workspace
from agent.workspace import private_work_folder, sweep, work_root
from config.private_files import is_open_to_others, new_private_folder


def test_the_folder_is_gone_after_the_run(tmp_path):
    """Nothing of a run is left, not even its files."""
    with private_work_folder(tmp_path) as folder:
        (folder / "half.7z").write_bytes(b"x")
    assert not folder.exists()


def test_the_folder_is_gone_after_an_exception(tmp_path):
    """An error midway leaves nothing behind."""
    run = private_work_folder(tmp_path)
    folder = run.__enter__()
    (folder / "half.7z").write_bytes(b"x")
    assert run.__exit__(RuntimeError, RuntimeError("midway"), None) is not True
    assert not folder.exists()


def test_the_folder_is_owner_only(tmp_path):
    """Nobody else may look into it, and its parents below the state folder are private as well."""
    with private_work_folder(tmp_path / "state") as folder:
        assert not is_open_to_others(folder)
        assert not is_open_to_others(work_root(tmp_path / "state"))


def test_two_runs_do_not_meet(tmp_path):
    """A second run neither shares nor sweeps the folder of the first."""
    with private_work_folder(tmp_path) as first, private_work_folder(tmp_path) as second:
        assert first != second
        assert first.is_dir()


def test_who_counts_what_was_left_keeps_no_run_from_starting(tmp_path, monkeypatch):
    """It looks at a folder by taking its lock, which a run that has just made it must find free."""
    monkeypatch.setattr(workspace, "_LOOK_SECONDS", 0.0)
    (tmp_path / "work" / "run-left").mkdir(parents=True)
    assert workspace.leftovers(tmp_path) == 1
    counted = []

    def make(folder):
        new_private_folder(folder)
        counted.append(workspace.leftovers(tmp_path))

    monkeypatch.setattr(workspace, "new_private_folder", make)
    monkeypatch.setattr(workspace, "_sweep", lambda _root: 0)
    with private_work_folder(tmp_path):
        assert counted == [0], "it looked while a folder was being made"
        assert workspace.leftovers(tmp_path) == 1
    assert workspace.leftovers(tmp_path / "elsewhere") == 0


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path):
    """After SIGKILL the folder stays, and the next start removes it."""
    program = (
        "import sys, pathlib\n"
        "from agent.workspace import private_work_folder\n"
        "with private_work_folder(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half.7z').write_bytes(b'x')\n"
        "    print(folder, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        folder = child.stdout.readline().strip()
        assert sweep(tmp_path) == 0, "a folder in use was swept"
        child.kill()
        child.wait()
    assert Path(folder).is_dir()
    assert sweep(tmp_path) == 1
    assert not Path(folder).exists()


def test_temporary_files_go_into_it_and_so_with_it(tmp_path):
    """Whoever makes them: what is in them may not have been redacted yet."""
    before = tempfile.gettempdir()
    with private_work_folder(tmp_path) as folder:
        assert tempfile.gettempdir() == str(folder)
    assert tempfile.gettempdir() == before
