"""The process that looks and reads for its parent, started as the parent does."""

import json
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-P", "-m", "agent.collect.apart_process"]


def test_it_answers_one_request_and_ends(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("text")
    request = {"do": "search", "folder": str(tmp_path), "parts": ["*"], "ignore_case": False, "seconds": 9}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        found, done = map(json.loads, process.stdout)
        assert process.wait(20) == 0
    assert (found["found"], found["status"][2], done) == ("a.log", 4, {"done": True})


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """Also in the middle of an answer that nobody takes."""
    (tmp_path / "big").write_bytes(b"x" * 10_000_000)
    request = {"do": "read", "path": str(tmp_path / "big"), "root": None, "limit_bytes": 10_000_000}
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline()) == {"opened": True}
        process.stdin.close()
        assert process.wait(20) == 1


def test_it_runs_one_collector_after_the_other_item_by_item() -> None:
    """A line asks for a collector, one line more for each item; the process ends when nothing more can be asked."""
    step = {
        "module": "collectors.environment",
        "now": "2026-03-14T00:00:00+00:00",
        "not_before": None,
        "options": {"allow": ["LANG"]},
        "time_seconds": 5,
        "size_bytes": 1000,
        "memory_bytes": 2**30,
        "environment": {"LANG": "C", "OTHER": "secret"},
    }
    lines = [{"do": "collect"}, *([step, {"seconds": 5}, {"seconds": 5}] * 2)]
    given = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(given)
        process.stdin.flush()
        for _ in range(2):
            answer = json.loads(process.stdout.readline())
            assert (answer["kind"], answer["path"]) == ("artifact", "environment/variables.txt")
            assert b"LANG=C" in process.stdout.read(answer["data_bytes"])
            assert json.loads(process.stdout.readline()) == {"kind": "done"}
        process.stdin.close()
        assert process.wait(20) == 1
