"""Children: what they are told and say, their end, and what is left of them."""

import sys
import textwrap
import time
from pathlib import Path

import psutil

from agent.service.children import Errand, Event, Lane
from agent.service.loop import Loop


def lane(loop: Loop, script: str) -> Lane:
    """A lane whose errands run this script; ``told`` is what they were told, ``say`` says an event."""
    head = "import json, os, sys, time\ntold = json.loads(sys.stdin.readline())\n"
    say = "def say(**event): print(json.dumps(event), flush=True)\n"
    return Lane("test", loop, [sys.executable, "-I", "-c", head + say + textwrap.dedent(script)])


def run(loop: Loop, lane: Lane, *errands: Errand) -> None:
    for errand in errands:
        lane.add(errand)
    loop.run(until=lambda: lane.is_idle, within_seconds=30)
    assert lane.is_idle


def test_an_errand_is_told_says_and_comes_to_something(loop: Loop) -> None:
    said: list[Event] = []
    ended: list[Event] = []
    script = """
        say(event="step", step=told["x"])
        print("noise")
        say(event="result", name=sys.argv[1])
    """
    run(loop, lane(loop, script), Errand(name="gather", arguments={"x": 5}, said=said.append, ended=ended.append))
    assert said == [{"event": "step", "step": 5}]
    assert ended == [{"event": "result", "name": "gather"}]


def test_what_all_are_told_is_told_besides(loop: Loop) -> None:
    ended: list[Event] = []
    made = lane(loop, "say(event='result', told=told)")
    made.also = {"held": {"remote": "ask"}}
    run(loop, made, Errand(name="x", arguments={"x": 5}, ended=ended.append))
    assert ended == [{"event": "result", "told": {"x": 5, "held": {"remote": "ask"}}}]


def test_one_comes_after_the_other(loop: Loop) -> None:
    order: list[str] = []
    script = "say(event='step', n=told['n']); say(event='result', n=told['n'])"
    errands = [
        Errand(
            name="x",
            arguments={"n": n},
            said=lambda event: order.append(f"said {event['n']}"),
            ended=lambda event: order.append(f"ended {event['n']}"),
        )
        for n in (1, 2)
    ]
    run(loop, lane(loop, script), *errands)
    assert order == ["said 1", "ended 1", "said 2", "ended 2"]


def test_a_child_that_dies_has_failed(loop: Loop) -> None:
    ended: list[Event] = []
    run(loop, lane(loop, "os.kill(os.getpid(), 9)"), Errand(name="x", ended=ended.append))
    assert ended[0]["event"] == "failed"
    assert ended[0]["died"] is True


def test_ending_a_request_ends_its_child_and_all_that_it_started(loop: Loop, tmp_path: Path) -> None:
    script = f"""
        import subprocess
        child = subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(600)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        say(event="step")
        time.sleep(600)
    """
    ended: list[Event] = []
    made = lane(loop, script)
    made.add(Errand(name="x", about="r1", said=lambda _: made.end("r1"), ended=ended.append))
    made.add(Errand(name="y", about="r1", ended=ended.append))
    loop.run(until=lambda: made.is_idle, within_seconds=30)
    assert [outcome["event"] for outcome in ended] == ["failed", "failed"]
    pid = int((tmp_path / "pid").read_text())

    def look() -> None:
        loop.at("look", 0.01, look)

    look()
    loop.run(until=lambda: is_gone(pid), within_seconds=10)
    assert is_gone(pid)


def test_a_child_that_will_not_end_is_killed(loop: Loop) -> None:
    script = """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # on Windows it is the end of its input that it does not heed
        say(event="step")
        time.sleep(600)
    """
    ended: list[Event] = []
    made = lane(loop, script)
    made.add(Errand(name="x", about="r1", said=lambda _: made.end("r1"), ended=ended.append))
    loop.run(until=lambda: made.is_idle, within_seconds=30)
    assert ended[0]["died"] is True


def test_a_closed_lane_tells_nobody_and_runs_nothing(loop: Loop) -> None:
    ended: list[Event] = []
    made = lane(loop, "say(event='step'); time.sleep(600)")
    made.add(Errand(name="x", said=lambda _: made.close(), ended=ended.append))
    made.add(Errand(name="y", ended=ended.append))
    loop.run(until=lambda: not made.has_child, within_seconds=30)
    assert ended == []
    assert not made.has_child


def test_a_program_that_is_not_there_is_a_failure(loop: Loop) -> None:
    ended: list[Event] = []
    run(loop, Lane("none", loop, ["/nonexistent/program"]), Errand(name="x", ended=ended.append))
    assert "No process can be started" in ended[0]["sentence"]


def is_gone(pid: int) -> bool:
    """Whether no process of that id runs; one that has ended and was not yet collected counts as gone."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_child_that_does_not_listen_holds_up_nobody(loop: Loop) -> None:
    ended: list[Event] = []
    deaf = [sys.executable, "-I", "-c", "import time; time.sleep(60)"]
    found = Lane("deaf", loop, deaf)
    turned: list[bool] = []
    loop.at("something else", 0.0, lambda: turned.append(True))
    began = time.monotonic()
    found.add(Errand(name="x", arguments={"long": "x" * 2**20}, about="a", ended=ended.append))
    loop.run(until=lambda: bool(turned), within_seconds=10)
    assert time.monotonic() - began < 30
    found.end("a")
    loop.run(until=lambda: found.is_idle, within_seconds=10)
    assert (turned, ended[0]["event"]) == ([True], "failed")


def test_much_is_told_whole(loop: Loop) -> None:
    ended: list[Event] = []
    script = "say(event='result', length=len(told['long']))"
    run(loop, lane(loop, script), Errand(name="x", arguments={"long": "x" * 2**20}, ended=ended.append))
    assert ended == [{"event": "result", "length": 2**20}]


def test_a_child_that_hangs_is_ended_and_the_next_has_its_turn(loop: Loop) -> None:
    ended: list[Event] = []
    hangs = [sys.executable, "-I", "-c", "import time; time.sleep(60)"]
    found = Lane("hangs", loop, hangs, limit_seconds=0.2)
    run(loop, found, Errand(name="x", ended=ended.append), Errand(name="y", ended=ended.append))
    assert [event["event"] for event in ended] == ["failed", "failed"]


def test_whoever_hears_of_it_may_fail_and_the_next_has_its_turn() -> None:
    troubles: list[Exception] = []
    ended: list[Event] = []
    loop = Loop(troubles.append)

    def fails(_: Event) -> None:
        raise OSError(28, "full")

    script = "say(event='step'); say(event='result')"
    run(loop, lane(loop, script), Errand(name="x", said=fails, ended=fails), Errand(name="y", ended=ended.append))
    loop.close()
    assert (len(troubles), ended) == (2, [{"event": "result"}])
