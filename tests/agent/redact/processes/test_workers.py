"""Redactors that die, fail or hang by the name of a file, in processes that import this file."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from multiprocessing import util
from pathlib import Path

import psutil
import pytest

from agent.errors import StorageError
from agent.redact import Crew, LocalFacts, Redactor, RuleSet, Workers, make_redactor, redact_tree
from agent.redact.patterns import LazyPattern
from agent.redact.processes import workers as workers_module
from agent.redact.processes.file_job import FileJob
from agent.redact.processes.workers import LEAST_BYTES_PER_WORKER, MOST_WORKERS, redact_files
from agent.redact.rules import Rule

ROOT = Path(__file__).parents[4]
KEY = b"a key for tests, of 32 bytes...."
REDACTOR = partial(make_redactor, (), KEY, LocalFacts())
LINE = b"user=jsmith password=hunter2x from 203.0.113.9\n"


class Fated(Redactor):
    """Meets the fate that the name of a file says, when half of it is written."""

    def stream(self, source, target, *, path, **more):
        fate = path.partition(".")[0]
        if fate in ("die", "full", "fail", "interrupt"):
            target.write(b"half\n")
            target.flush()
        if fate == "die":
            psutil.Process().kill()
        elif fate == "full":
            raise StorageError("the disk is full")
        elif fate == "fail":
            raise ValueError("hunter2x")
        elif fate == "interrupt":
            os.kill(os.getppid(), signal.SIGINT)
            signal.pause()  # at work until it is ended
        return super().stream(source, target, path=path, **more)


def few_rules(kind=Redactor, _padding=b""):
    """By two rules that are made in no time: starting eight workers with all of them takes half a minute."""
    made = [
        Rule(name=name, family="few", why="w", source="s", since=1, kind=kind_of, trigger=trigger, pattern=pattern)
        for name, kind_of, trigger, pattern in (
            ("secret", None, "password=", LazyPattern(rb"password=(?P<value>\S+)")),
            ("user", "user", "user=|home", LazyPattern(rb"(?:user=|home/)(?P<value>\w+)")),
        )
    ]
    return kind(RuleSet(version=1, families=("few",), rules=tuple(made)), KEY, LocalFacts())


FATED = partial(few_rules, Fated)


def jobs_of(tmp_path, *names):
    """A job for each name, each with something to redact."""
    (tmp_path / "out").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(LINE)
    return [FileJob(file=tmp_path / name, into=tmp_path / "out" / name, shown=name) for name in names]


def workers_of(count, maker=REDACTOR):
    return Workers(count=count, make_redactor=maker)


@pytest.fixture
def _any_size(monkeypatch):
    """Is enough for a worker."""
    monkeypatch.setattr(workers_module, "LEAST_BYTES_PER_WORKER", 1)


def children():
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent to one process")


@pytest.fixture
def tree(tmp_path, zipped, program):
    source = tmp_path / "in"
    (source / "home" / "jsmith").mkdir(parents=True)
    for number in range(12):
        (source / "home" / "jsmith" / f"{number}.log").write_bytes(LINE * (number + 1))
    (source / "in.zip").write_bytes(zipped({"a.log": LINE, "tool": program}))
    (source / "tool").write_bytes(program)
    return source


@pytest.mark.usefixtures("_any_size")
def test_workers_redact_by_the_rules_that_ship(tree, tmp_path, redactor):
    alone = redact_tree(tree, tmp_path / "alone", redactor)
    assert redact_tree(tree, tmp_path / "out", redactor, workers_of(2)) == alone
    for file in (tmp_path / "alone").rglob("*.log"):
        assert (tmp_path / "out" / file.relative_to(tmp_path / "alone")).read_bytes() == file.read_bytes()


@pytest.mark.usefixtures("_any_size")
def test_trees_and_reports_are_the_same_for_any_number_of_workers(tree, tmp_path):
    reports, contents = [], []
    for count in (1, 2, 8):
        out = tmp_path / f"out-{count}"
        reports.append(redact_tree(tree, out, few_rules(), workers_of(count, few_rules)))
        files = [path for path in sorted(out.rglob("*")) if path.is_file()]
        contents.append({path.relative_to(out): path.read_bytes() for path in files})
        assert len(files) == 13
    assert reports[0] == reports[1] == reports[2]
    assert list(reports[0].counts) == list(reports[2].counts)
    assert contents[0] == contents[1] == contents[2]
    assert [path for path, _ in reports[0].withheld] == ["in.zip/tool", "tool"]
    assert children() == []


def test_small_input_starts_no_worker(tree, tmp_path, redactor):
    def never():
        raise AssertionError

    assert redact_tree(tree, tmp_path / "out", redactor, Workers(count=8, make_redactor=never)).files == 13


def test_each_worker_has_enough_to_do(tmp_path, monkeypatch):
    jobs = jobs_of(tmp_path, "a", "b", "c")
    os.truncate(jobs[0].file, 2 * LEAST_BYTES_PER_WORKER)
    assert [workers_of(count).worth(jobs) for count in (1, 2, 8)] == [1, 2, 2]
    monkeypatch.setattr(workers_module, "LEAST_BYTES_PER_WORKER", 1)
    assert workers_of(8).worth(jobs) == 3
    assert workers_of(500).worth(jobs * 100) == MOST_WORKERS
    assert workers_of(8).worth([]) == 1


def test_the_file_at_which_a_worker_dies_is_withheld_and_the_others_are_not(tmp_path):
    jobs = jobs_of(tmp_path, "a.log", "die.log", "b.log", "die.txt", "c.log", "fail.log")
    done = redact_files(jobs, workers_of(2, FATED), 2)
    died = "could not be redacted: its worker ended unexpectedly"
    unforeseen = "could not be redacted: an unforeseen ValueError"
    assert [one.withheld for one in done] == [None, died, None, died, None, unforeseen]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.log", "b.log", "c.log"]
    assert b"hunter2x" not in (tmp_path / "out" / "b.log").read_bytes()
    assert children() == []


def test_workers_that_cannot_even_begin_are_not_tried_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(workers_module, "_MOST_DEATHS", 2)
    done = redact_files(jobs_of(tmp_path, *"abcdefgh"), workers_of(2, partial(os._exit, 3)), 2)
    assert all(one.withheld for one in done)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_ends_all_and_leaves_nothing_half_written(tmp_path):
    jobs = jobs_of(tmp_path, "full.log", *(f"{number}.log" for number in range(6)))
    with pytest.raises(StorageError, match="disk is full"):
        redact_files(jobs, workers_of(2, FATED), 2)
    assert not (tmp_path / "out" / "full.log").exists()
    assert all(len(file.read_bytes().splitlines()) == 1 for file in (tmp_path / "out").iterdir())
    assert children() == []


@needs_posix
def test_ctrl_c_ends_all_workers_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    folders = tmp_path / "temporary"
    folders.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folders))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            redact_files(jobs_of(tmp_path, "interrupt.log", "a.log", "b.log"), workers_of(2, FATED), 2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert children() == []
    assert "interrupt.log" not in [path.name for path in (tmp_path / "out").iterdir()]
    assert all(b"hunter2x" not in file.read_bytes() for file in (tmp_path / "out").iterdir())
    assert list(folders.iterdir()) == []


@needs_posix
def test_an_interrupt_that_another_thread_takes_waits_until_the_worker_is_known():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = threading.Thread(target=_interrupt_me)
    try:
        with pytest.raises(KeyboardInterrupt):
            _wait_for(sender)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not sender.is_alive()


def _wait_for(sender):
    with workers_module.interrupts_held_back():
        sender.start()
        sender.join()


def _interrupt_me():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    os.kill(os.getpid(), signal.SIGINT)


def started_anew_then(monkeypatch, then):
    """Let ``then`` be done to the first worker as soon as it is started, when nothing of it has run yet."""
    start = util.spawnv_passfds

    def start_then(path, arguments, numbers):
        worker = start(path, arguments, numbers)
        if any(b"spawn_main" in os.fsencode(argument) for argument in arguments):
            monkeypatch.setattr(util, "spawnv_passfds", start)
            then(worker)
        return worker

    monkeypatch.setattr(util, "spawnv_passfds", start_then)


# More than a pipe takes: who writes it waits for a reader.
LARGE_MAKER = partial(few_rules, Redactor, bytes(2**20))


@needs_posix
@pytest.mark.parametrize("starts", ["files", "crew"])
def test_ctrl_c_to_all_processes_while_the_first_worker_starts_ends_all(starts, tmp_path):
    module = "from tests.agent.redact.processes import test_workers; test_workers"
    code = f"{module}.interrupted_at_start({starts!r}, {str(tmp_path)!r})"
    for _ in range(3):
        own_group = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, start_new_session=True)
        try:
            assert own_group.wait(60) == 130
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(own_group.pid, signal.SIGKILL)  # nothing is left but what hangs, and the tracker
            own_group.wait()


def interrupted_at_start(starts, folder):
    """In a process group of its own, which gets a Ctrl-C when its first worker has begun to start; ends with 130."""
    crew = Crew(few_rules(), LARGE_MAKER, Path(folder), count=2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("agent.redact.processes.crew.LEAST_BYTES_PER_WORKER", 0)
        patched.setattr(
            "agent.redact.processes.crew._THREADS", Path("/proc/self/fd")
        )  # so many threads: no copies then
        started_anew_then(patched, lambda _worker: os.killpg(0, signal.SIGINT))
        try:
            if starts == "crew":
                crew.is_at_work(1)
            else:
                redact_files(
                    [FileJob(file=Path(folder), into=Path(folder) / "o", shown="o")], workers_of(1, LARGE_MAKER), 1
                )
        except KeyboardInterrupt:
            crew.close()
            sys.exit(130 if not children() else 1)


@needs_posix
def test_a_worker_that_dies_as_it_starts_is_not_waited_for(tmp_path, monkeypatch):
    started_anew_then(monkeypatch, lambda worker: os.kill(worker, signal.SIGKILL))
    done = redact_files(jobs_of(tmp_path, "a.log", "b.log"), workers_of(1, LARGE_MAKER), 1)
    assert [one.withheld is None for one in done] == [False, True]
