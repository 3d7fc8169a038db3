"""What is remembered survives kill -9 at any moment, and two processes at once use an id once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.errors import StorageError
from agent.remote import nonces
from agent.remote.refusals import Reason, Refused
from config import private_files

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
DEVICE = "c2b7ad5e-9d0e-4c55-8f5b-3c0d7a520b02"
KILLS = 15
LONGEST_LIFE_SECONDS = 0.8 if sys.platform == "win32" else 0.08  # in which some ids are used; a file costs more there

# Uses up the ids on stdin, and says each once it is used up.
CHILD = f"""
import sys
from datetime import datetime
from pathlib import Path
from agent.remote import nonces
from agent.remote.refusals import Refused
print("working", flush=True)
for line in sys.stdin:
    try:
        with nonces.remembered(Path(sys.argv[1]), "{DEVICE}") as memory:
            memory.see(datetime.fromisoformat("{NOW.isoformat()}"))
            memory.use_up(line.strip(), datetime.fromisoformat("{LATER.isoformat()}"))
        print("used", line.strip(), flush=True)
    except Refused as refused:
        print(refused.reason, line.strip(), flush=True)
"""


def start(state: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(state)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def use(state: Path, request_id: str, now: datetime = NOW) -> None:
    with nonces.remembered(state, DEVICE) as memory:
        memory.see(now)
        memory.use_up(request_id, LATER)


def ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def test_what_was_said_to_be_used_is_so_after_kill_9_at_any_moment(tmp_path: Path) -> None:
    chance = random.Random(20261126)
    told: set[str] = set()
    for _ in range(KILLS):
        with start(tmp_path) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            assert child.stdout.readline() == "working\n"
            child.stdin.write("\n".join(ids(200)) + "\n")
            child.stdin.flush()
            dies_at = time.monotonic() + chance.uniform(0.001, LONGEST_LIFE_SECONDS)
            while time.monotonic() < dies_at:
                pass
            child.kill()
            lines = child.stdout.read().splitlines(keepends=True)
            told.update(line.split()[1] for line in lines if line.endswith("\n"))
    assert len(told) > KILLS
    for request_id in told:
        with pytest.raises(Refused) as refused:
            use(tmp_path, request_id)
        assert refused.value.reason is Reason.REPLAYED
    use(tmp_path, ids(1)[0])
    assert [file.name for file in (tmp_path / "remote").iterdir() if file.name.endswith(".new")] == []


@pytest.mark.parametrize("step", ["fsync", "move", "open_private"])
def test_a_kill_in_the_middle_of_the_write_leaves_the_id_unused_and_nothing_else(tmp_path: Path, step: str) -> None:
    """The process ends at exactly this call; what it had not said to be used may be used, once."""
    used, cut = ids(2)
    use(tmp_path, used)
    child = f"""
import os, pathlib, sys
from config import private_files
from datetime import datetime
from agent.remote import nonces
def end(*arguments, **named):
    os.kill(os.getpid(), 9)
{{"fsync": lambda: setattr(os, "fsync", end), "move": lambda: setattr(private_files, "move", end),
  "open_private": lambda: setattr(private_files, "open_private", end)}}["{step}"]()
with nonces.remembered(pathlib.Path(sys.argv[1]), "{DEVICE}") as memory:
    memory.see(datetime.fromisoformat("{NOW.isoformat()}"))
    memory.use_up("{cut}", datetime.fromisoformat("{LATER.isoformat()}"))
"""
    ended = subprocess.run([sys.executable, "-c", child, str(tmp_path)], cwd=ROOT, check=False, timeout=60)
    assert ended.returncode != 0
    for request_id in (used, cut):
        if request_id == cut:
            use(tmp_path, cut)
        with pytest.raises(Refused, match="came before"):
            use(tmp_path, request_id)
    assert [file.name for file in (tmp_path / "remote").iterdir() if file.name.endswith(".new")] == []


def test_two_processes_at_once_use_each_id_once(tmp_path: Path) -> None:
    wanted = ids(40)
    running = [start(tmp_path) for _ in range(2)]
    told = []
    for child in running:
        assert child.stdin is not None
        child.stdin.write("\n".join(wanted) + "\n")
        child.stdin.flush()
    for child in running:
        out, _ = child.communicate(timeout=60)
        told += [line for line in out.splitlines() if line != "working"]
    assert sorted(line for line in told if line.startswith("used")) == sorted(f"used {each}" for each in wanted)
    assert len(told) == 2 * len(wanted)


def test_a_disk_that_is_full_uses_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used, other = ids(2)
    use(tmp_path, used)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(nonces, "write_private", full)
        with pytest.raises(StorageError, match="full"):
            use(tmp_path, other)
    assert nonces.write_private is private_files.write_private
    use(tmp_path, other)


def test_ids_are_forgotten_when_their_requests_have_expired(tmp_path: Path) -> None:
    use(tmp_path, ids(1)[0])
    with nonces.remembered(tmp_path, DEVICE) as memory:
        memory.see(LATER)
        assert memory.used == {}
        memory.see(NOW)
        assert memory.latest == LATER


def test_another_error_leaves_everything_as_it_was(tmp_path: Path) -> None:
    def fail() -> None:
        with nonces.remembered(tmp_path, DEVICE) as memory:
            memory.accept()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not (tmp_path / "remote" / f"{DEVICE}.json").exists()


def test_the_largest_memory_is_small(tmp_path: Path) -> None:
    with nonces.remembered(tmp_path, DEVICE) as memory:
        memory.see(NOW)
        for request_id in ids(nonces.MOST_USED):
            memory.use_up(request_id, LATER)
    assert (tmp_path / "remote" / f"{DEVICE}.json").stat().st_size < 350_000


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b'{"format": 2}', b'{"format": 1, "latest": "now", "used": {}, "accepted": []}',
        b'{"format": 1, "latest": "2026-11-26T09:00:00", "used": {}, "accepted": []}',
        b'{"format": 1, "latest": "2026-11-26T09:00:00Z", "used": {"x": "2026-11-26T09:00:00Z"}, "accepted": []}',
        b'{"format": 1, "latest": "2026-11-26T09:00:00Z", "used": [], "accepted": [1]}', b"[" * 10**5,
    ],
)  # fmt: skip
def test_a_damaged_memory_permits_nothing_and_stays(tmp_path: Path, content: bytes) -> None:
    use(tmp_path, ids(1)[0])
    file = tmp_path / "remote" / f"{DEVICE}.json"
    file.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        use(tmp_path, ids(1)[0])
    assert file.read_bytes() == content


def test_seeing_the_time_again_writes_nothing(tmp_path: Path) -> None:
    nonces.saw(tmp_path, DEVICE, NOW)
    file = tmp_path / "remote" / f"{DEVICE}.json"
    before = file.stat()
    nonces.saw(tmp_path, DEVICE, NOW)
    nonces.saw(tmp_path, DEVICE, NOW - timedelta(hours=1))
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
