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
