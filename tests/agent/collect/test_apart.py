"""Looking for files and reading them in a process that is killed when it does not answer."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from agent import left_processes
from agent.collect import apart, killable
from collectors import LeftOut

ODD = "b\u0101d.log" if sys.platform == "win32" else "bad\udcff\n.log"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    for name in ("b.log", "a.log", "sub/c.log", ODD):
        (tmp_path / "tree" / name).write_text(f"{name!a} line\n")
    return tmp_path / "tree"


def search(folder: Path, seconds: float = 20.0) -> tuple[list[str], list[LeftOut]]:
    told: list[LeftOut] = []
    found = list(apart.search(folder, ("**",), ignore_case=False, seconds=seconds, left_out=told.append))
    assert all(item.status.size_bytes for item in found)
    return [item.path.as_posix() for item in found], told


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "agent.collect.apart_process" in child.cmdline()]


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every process that is started is stopped at once, as one that hangs."""
    numbers: list[int] = []
    start = killable.subprocess.Popen

    def stopping(*arguments: object, **options: object) -> object:
        process = start(*arguments, **options)  # type: ignore[call-overload]  # passed on as it came
        os.kill(process.pid, signal.SIGSTOP)
        numbers.append(process.pid)
        return process

    monkeypatch.setattr(killable.subprocess, "Popen", stopping)
    monkeypatch.setattr(apart, "ANSWER_SECONDS", 0.3)
    return numbers


def test_a_search_apart_finds_what_one_here_does(tree: Path) -> None:
    if sys.platform != "win32":  # where links need a right
        (tree / "link.log").symlink_to("absent")
    found, told = search(tree)
    assert found == ["a.log", "b.log", ODD, "sub/c.log"]
    if sys.platform != "win32":
        assert [(item.path.name, item.reason) for item in told] == [("link.log", "a link that leads nowhere")]
    assert not children()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user without all rights")
def test_what_a_search_apart_may_not_look_into_is_told_with_its_cause(tree: Path) -> None:
    (tree / "sub").chmod(0)
    try:
        _, (told,) = search(tree)
    finally:
        (tree / "sub").chmod(0o700)
    shut = LeftOut(path=Path("sub"), reason="no right to read this folder", is_folder=True, cause="no-right")
    assert told == shut


def test_a_file_is_read_apart(tree: Path) -> None:
    (tree / "big.log").write_bytes(b"x" * 99 + b"\n" + b"0123456789\n" * 200_000)
    with apart.open_tail(tree / "big.log", tree, 1_100_000) as stream:
        assert stream.read() == b"0123456789\n" * 100_000
    with apart.open_tail(tree / "a.log", None, 5) as stream:
        assert stream.read() == b"'a.lo"
    assert not children()


def test_what_cannot_be_opened_is_refused_with_its_reason(tree: Path) -> None:
    with pytest.raises(FileNotFoundError):
        apart.open_tail(tree / "absent", tree, 5)
    with pytest.raises(OSError, match="not a regular file"):
        apart.open_tail(tree / "sub", tree, 5)
    assert not children()


@POSIX
def test_a_search_that_is_stopped_is_killed_and_told(tree: Path, stopped: list[int]) -> None:
    found, told = search(tree)
    assert found == []
    assert [item.reason.partition(" 0.3")[0] for item in told] == ["no answer from this file system; given up after"]
    assert [number for number in stopped if psutil.pid_exists(number)] == []  # neither an orphan nor a zombie


@POSIX
def test_a_reader_that_is_stopped_is_killed(tree: Path, stopped: list[int]) -> None:
    with pytest.raises(TimeoutError, match="no answer"):
        apart.open_tail(tree / "a.log", tree, 5)
    assert [number for number in stopped if psutil.pid_exists(number)] == []


@POSIX
def test_a_reader_that_is_stopped_midway_is_killed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before is with the caller; then comes an error, and not an end that looks like the file's."""
    (tree / "big.log").write_bytes(b"0123456789\n" * 1_000_000)
    with apart.open_tail(tree / "big.log", tree, 20_000_000) as stream:
        assert stream.read(11) == b"0123456789\n"
        (child,) = children()
        child.suspend()
        monkeypatch.setattr(apart, "ANSWER_SECONDS", 0.3)
        with pytest.raises(TimeoutError, match="no answer"):
            stream.read()
    assert not psutil.pid_exists(child.pid)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


BREAKING = """
import errno, io
from agent.collect import apart_process
class Breaking(io.BytesIO):
    def read(self, size):
        raise OSError(errno.EIO, "Input/output error")
apart_process.tail_of = lambda *_: Breaking()
apart_process.main()
"""


def test_a_file_that_breaks_midway_is_told_as_such(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = killable.subprocess.Popen
    command = [sys.executable, "-P", "-c", BREAKING]
    monkeypatch.setattr(killable.subprocess, "Popen", lambda _, **options: start(command, **options))
    with apart.open_tail(tree / "a.log", tree, 5) as stream:
        with pytest.raises(OSError, match="could not be read to its end"):
            stream.read()
        assert stream.raw._process._process.returncode == 1  # type: ignore[attr-defined]  # and was not aborted


@POSIX
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_reader_ends_with_a_parent_that_is_killed(tree: Path, is_stopped: bool) -> None:
    """In the middle of a file; one that is stopped cannot see that its parent has gone: the next start ends it."""
    (tree / "big.log").write_bytes(b"x\n" * 5_000_000)
    script = (
        "import sys, pathlib; from agent.collect import apart; tree = pathlib.Path(sys.argv[1])\n"
        "stream = apart.open_tail(tree / 'big.log', tree, 20_000_000)\n"
        "print(stream.raw._process.process_id, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-P", "-c", script, str(tree)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        if is_stopped:
            child.suspend()
        parent.kill()
    if is_stopped:
        left_processes.end_those_of_killed_runs()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert all(process.status() == psutil.STATUS_ZOMBIE for process in alive)  # of whom init takes leave, at leisure
