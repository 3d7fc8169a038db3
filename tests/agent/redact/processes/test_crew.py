"""Workers that are copies of this process, or started anew; that die, are told to end, or have nothing to do."""

import errno
import gc
import pickle
import subprocess
import sys
from dataclasses import replace
from functools import partial
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil
import pytest

from agent.errors import StorageError
from agent.redact import Crew, LocalFacts, Redactor, RuleSet
from agent.redact.patterns import LazyPattern
from agent.redact.processes import crew as crew_module
from agent.redact.processes.crew import MOST_BY_CORES
from agent.redact.processes.parts import Part, PartFailed, redact_part
from agent.redact.rules import Rule

ROOT = Path(__file__).parents[4]
KEY = b"a key for tests, of 32 bytes...."
LINE = b"password=hunter2x for you\n"


class Fated(Redactor):
    """Meets the fate that its input says, where nobody but a worker may."""

    def stream(self, source, target, **more):
        fate = source.read()
        source.seek(0)
        if b"die" in fate and parent_process() is not None:
            psutil.Process().kill()
        if b"full" in fate:
            raise StorageError("the disk is full")
        return super().stream(source, target, **more)


def few_rules(kind=Redactor):
    """By one rule, which is made in no time."""
    rule = Rule(
        name="secret",
        family="few",
        why="w",
        source="s",
        since=1,
        kind=None,
        trigger="password=",
        pattern=LazyPattern(rb"password=(?P<value>\S+)"),
    )
    return kind(RuleSet(version=1, families=("few",), rules=(rule,)), KEY, LocalFacts())


MAKE = partial(few_rules, Fated)


@pytest.fixture
def crew(tmp_path, monkeypatch):
    """Crews of two, ended at the end, with no process left; started for any size, or from ``least_bytes`` on."""
    made = []

    def make(count=2, least_bytes=0):
        monkeypatch.setattr(crew_module, "_LEAST_BYTES_TO_COPY", least_bytes)
        monkeypatch.setattr(crew_module, "LEAST_BYTES_PER_WORKER", least_bytes)
        made.append(Crew(MAKE(), MAKE, tmp_path, count=count))
        return made[-1]

    before = psutil.Process().children()
    yield make
    for each in made:
        each.close()
    left = set(psutil.Process().children()) - set(before)
    assert not [child for child in left if "resource_tracker" not in " ".join(child.cmdline())]


def whole(data):
    return Part(data=data, path="a.log", media_type="text/plain", whole=True)


def test_what_is_expected_is_told_before_there_are_workers(crew, monkeypatch):
    at_work = crew(least_bytes=10)
    told = []
    monkeypatch.setattr(at_work._redactor, "expect", lambda size_bytes: told.append((size_bytes, at_work._workers[:])))
    assert not at_work.is_at_work(9, 500)
    assert not told
    assert at_work.is_at_work(1, 500)
    assert at_work.is_at_work(1, 500)
    assert told == [(250, [])]  # half for each of two


def test_workers_do_what_is_done_here(crew):
    at_work = crew()
    assert at_work.is_at_work(1)
    parts = [whole(LINE * count) for count in range(20)]
    asked = [at_work.submit(part) for part in parts]
    assert [each.result() for each in asked] == [redact_part(part, few_rules()) for part in parts]


def test_what_ends_two_workers_is_withheld_and_nobody_is_waited_for(crew):
    at_work = crew(count=3)
    at_work.is_at_work(1)
    died = PartFailed(reason="its worker ended unexpectedly")
    assert at_work.submit(whole(b"die\n")).result() == died
    assert at_work.submit(whole(LINE)).result() == redact_part(whole(LINE), few_rules())
    assert at_work.is_at_work(1)
    assert at_work.submit(whole(b"die\n")).result() == died  # nobody is left for a second try, and this process is none
    assert not at_work.is_at_work(1)
    assert at_work.submit(whole(LINE)).result() is None


def test_what_a_worker_was_at_when_it_was_killed_is_done_by_another(crew):
    at_work = crew()
    at_work.is_at_work(1)
    parts = [whole(LINE * count) for count in range(40)]
    at_work._workers[0].process.kill()
    asked = [at_work.submit(part) for part in parts]
    assert [each.result() for each in asked] == [redact_part(part, few_rules()) for part in parts]
    assert at_work._alive == 1


def test_a_full_disk_is_told_as_it_is_here(crew):
    at_work = crew()
    at_work.is_at_work(1)
    with pytest.raises(StorageError, match="the disk is full"):
        at_work.submit(whole(b"full\n")).result()


def test_what_cannot_be_sent_is_an_error_and_nobody_is_waited_for(crew):
    at_work = crew()
    at_work.is_at_work(1)
    unsendable = replace(whole(LINE), path=lambda: "no text")
    asked = [at_work.submit(unsendable) for _ in range(2)]
    for each in asked:
        with pytest.raises((AttributeError, pickle.PicklingError)):
            each.result(timeout=60)
    assert at_work.submit(whole(LINE)).result(timeout=60) is None
    assert not at_work.is_at_work(1)


def test_no_process_is_started_for_little_or_for_one(crew, tmp_path):
    assert not Crew(MAKE(), MAKE, tmp_path, count=2).is_at_work(2**20)
    assert not crew(count=1).is_at_work(2**40)
    assert list(tmp_path.iterdir()) == []


def test_where_not_all_can_be_started_this_process_goes_on_alone(crew, monkeypatch):
    tried, start = [], BaseProcess.start

    def refusing(process):
        tried.append(process)
        if len(tried) > 1:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        start(process)

    monkeypatch.setattr(BaseProcess, "start", refusing)
    at_work = crew()
    assert not at_work.is_at_work(1)
    assert not at_work.is_at_work(1)
    assert (len(tried), at_work._workers, gc.get_freeze_count()) == (2, [], 0)


def test_what_comes_bit_by_bit_is_enough_in_the_end(crew):
    at_work = crew(least_bytes=100)
    assert not at_work.is_at_work(60)
    assert at_work.is_at_work(40)


def test_closing_gives_up_what_is_on_its_way(crew):
    at_work = crew()
    at_work.is_at_work(1)
    asked = [at_work.submit(whole(LINE * 1000)) for _ in range(50)]
    at_work.close()
    assert all(each.cancelled() or each.done() for each in asked)
    assert not at_work.is_at_work(1)


def test_many_cores_do_not_mean_many_processes():
    assert MOST_BY_CORES == 2


# Copies are made only where there is no other thread, as there may be here.
STARTED = """
import os, sys
from pathlib import Path
from tests.agent.redact.processes.test_crew import MAKE
from agent.redact import Crew
from agent.redact.processes import crew
crew._LEAST_BYTES_TO_COPY = 0
folder = Path(sys.argv[1])
reader, writer = os.pipe()
crew = Crew(MAKE(), MAKE, folder, count=2)
assert crew.is_at_work(1)
print(*(worker.process.pid for worker in crew._workers), flush=True)
"""


def started(folder, then):
    """A program of its own with two copies at work, whose process ids it tells first."""
    argv = [sys.executable, "-c", STARTED + then, str(folder)]
    return subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
def test_workers_end_with_their_parent(tmp_path):
    """A parent that is killed in the middle leaves none."""
    with started(tmp_path, "sys.stdin.read()") as parent:
        workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        parent.kill()
        assert len(workers) == 2
        assert psutil.wait_procs(workers, timeout=20)[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
def test_a_copy_at_work_is_not_taken_for_one_that_has_died(tmp_path):
    """The pipe that ends with it must end with it, and no sooner: it is heard while the copy says its first word."""
    then = """
from multiprocessing.connection import wait
from tests.agent.redact.processes.test_crew import LINE, whole
for worker in crew._workers:
    worker.connection.recv()  # its first word: it has let go of what it does not need
print(wait([worker.process.sentinel for worker in crew._workers], timeout=0), flush=True)
for worker in crew._workers:
    worker.is_met = True
answers = [crew.submit(whole(LINE)).result() for _ in range(8)]
print(crew._alive, flush=True)
crew.close()
"""
    with started(tmp_path, then) as parent:
        said = parent.communicate(timeout=60)[0].splitlines()
    assert (said[1:], parent.returncode) == (["[]", "2"], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
def test_a_copy_that_was_stopped_does_not_stop_the_end(tmp_path):
    then = """
import signal
from agent.redact.processes import workers as module
module._END_SECONDS = 0.1
for worker in crew._workers:
    worker.connection.recv()
    os.kill(worker.process.pid, signal.SIGSTOP)
crew.close()
print("closed", flush=True)
"""
    with started(tmp_path, then) as parent:
        said = parent.communicate(timeout=60)[0].splitlines()
    assert (said[1:], parent.returncode) == (["closed"], 0)


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
def test_copies_hold_nothing_open_of_their_parent(tmp_path):
    """Whoever reads the end of a pipe as a sign to end would wait for them; so would the next run for a lock."""
    with started(tmp_path, "os.close(writer); print(os.read(reader, 1) == b'', flush=True); crew.close()") as parent:
        said = parent.communicate(timeout=60)[0].splitlines()
    assert (said[1:], parent.returncode) == (["True"], 0)


def compiling_crew(folder, dies):
    """Who kept what was compiled, this process or a copy; how much is kept; whether that is all."""
    from agent.redact.picking.compiled_patterns import CompiledPatterns  # which not every computer can import

    kept, keep = [], CompiledPatterns.keep

    def noted(patterns, *compiled):
        if dies and parent_process() is not None:
            psutil.Process().kill()
        kept.append(compiled)
        keep(patterns, *compiled)

    make = partial(few_rules, partial(Fated, compiled=folder / "kept"))
    crew = Crew(make(), make, folder, count=2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(CompiledPatterns, "keep", noted)
        patched.setattr(crew_module, "_LEAST_BYTES_TO_COPY", 0)
        print(crew.is_at_work(1, 2**27), "here" if kept else "by a copy", flush=True)
    print(len(list((folder / "kept").glob("*.patterns"))), crew._redactor.would_keep(2**27))
    print(crew.submit(whole(LINE)).result() == redact_part(whole(LINE), few_rules()))
    crew.close()


@pytest.mark.skipif(sys.platform != "linux", reason="copies are made on Linux only")
@pytest.mark.parametrize(("dies", "where"), [(False, "by a copy"), (True, "here")])
def test_what_is_worth_compiling_is_compiled_by_a_copy(dies, where, tmp_path):
    """What compiling leaves in memory ends with it. If it dies, this process compiles."""
    code = "import sys, pathlib; from tests.agent.redact.processes.test_crew import compiling_crew as run; "
    argv = [sys.executable, "-c", f"{code}run(pathlib.Path(sys.argv[1]), {dies})", str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == [f"True {where}", "2 False", "True"]  # by template and by line
