"""``make bench-bundle``: a whole bundle beside 7-Zip packing the same logs, and where its time goes.

Generated, mixed application logs (``logs.py``) in files of 10 MB. ``sendlogs bundle`` and ``7zz a`` run in pairs; the
ratios are medians of the pairs, since a busy machine slows both. Memory is the peak of all processes together (PSS),
looked at twenty times a second. Then each stage alone, in this process, on the same bytes.

    python -I tests/bench/bundle_speed.py [--mb 40] [--pairs 3]
"""

import argparse
import hashlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import psutil

from agent import gate
from agent.lzma2_blocks import BlockCompressor
from agent.redact import LocalFacts, Redactor, load_rules
from agent.report.log_trouble import TroubleFinder
from tests.bench import logs

_MB = 10**6
_FILE_BYTES = 10 * _MB
_LOOK_SECONDS = 0.05
# Until it runs a program of its own, a process that is just being started has the memory of the one that starts it
# (vfork(2)), which would count twice; it is looked at from this age on.
_YOUNG_SECONDS = 0.2
_PEERS = {"7zz a -mx=3": ["-mx=3"], "7zz a": []}


def written(folder: Path, size_bytes: int) -> list[Path]:
    """Files of generated logs, in all about so large."""
    text = logs.text("mixed", size_bytes)
    files = []
    for number, start in enumerate(range(0, len(text), _FILE_BYTES)):
        files.append(folder / f"app.{number:03d}.log")
        files[-1].write_bytes(text[start : start + _FILE_BYTES])
    return files


def run(argv: list[str], home: Path) -> tuple[float, int]:
    """Wall seconds of a program, and the peak of memory of it and its children in bytes."""
    environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
    started, peak_bytes = time.monotonic(), 0
    with psutil.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
        while running.poll() is None:
            peak_bytes = max(peak_bytes, _together([running, *_children(running)]))
            time.sleep(_LOOK_SECONDS)
        if running.returncode != 0:
            raise SystemExit(f"{argv[:3]} ended with {running.returncode}: {running.stderr.read().decode()[-300:]}")
    return time.monotonic() - started, peak_bytes


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []


def _together(processes: Iterable[psutil.Process]) -> int:
    total = 0
    for process in processes:
        try:
            if time.time() - process.create_time() < _YOUNG_SECONDS:
                continue
            memory = process.memory_full_info()
        except psutil.Error:  # it has ended meanwhile
            continue
        total += getattr(memory, "pss", memory.rss)
    return total


def stages(files: list[Path], archive: Path) -> dict[str, float]:
    """Wall seconds of each stage alone."""
    redactor = Redactor(load_rules(), b"k" * 32, LocalFacts())

    def read() -> None:
        for file in files:
            hashlib.sha256(file.read_bytes())

    def redact() -> None:
        for file in files:
            redactor.stream(io.BytesIO(file.read_bytes()), io.BytesIO(), path=file.name, media_type="text/plain")

    def pack() -> None:
        blocks = BlockCompressor()
        for file in files:
            blocks.compress(file.read_bytes())
        blocks.flush()

    def look_for_trouble() -> None:
        finder = TroubleFinder(datetime.now(UTC))
        for file in files:
            with file.open("rb") as source:
                finder.examine(source, file.name)

    def scan() -> None:
        gate.scan(archive, [])

    return {
        "reading and hashing alone": _seconds(read),
        "redacting alone": _seconds(redact),
        "packing alone": _seconds(pack),
        "looking for trouble to report alone": _seconds(look_for_trouble),
        "the gate alone": _seconds(scan),
        "loading the rules alone": _seconds(lambda: Redactor(load_rules(), b"k" * 32, LocalFacts())),
    }


def _seconds(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=int, default=40)
    options.add_argument("--pairs", type=int, default=3)
    chosen = options.parse_args()
    if shutil.which("7zz") is None:
        raise SystemExit("7zz is not installed: apt install 7zip")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        source = home / "logs"
        source.mkdir()
        files = written(source, chosen.mb * _MB)
        ours, theirs = home / "ours.7z", home / "theirs.7z"
        bundle = [sys.executable, "-I", "-m", "agent", "bundle", "--profile", "sendlogs"]
        times: list[tuple[float, int]] = []
        ratios: dict[str, list[float]] = {name: [] for name in _PEERS}
        sizes: dict[str, int] = {}
        for _ in range(chosen.pairs):
            ours.unlink(missing_ok=True)
            times.append(run([*bundle, "--logs", str(source), "--output", str(ours)], home))
            for name, how in _PEERS.items():
                theirs.unlink(missing_ok=True)
                seconds, _ = run(["7zz", "a", *how, str(theirs), str(source)], home)
                ratios[name].append(times[-1][0] / seconds)
                sizes[name] = theirs.stat().st_size
        print(f"sendlogs bundle, {chosen.mb} MB: {statistics.median(each for each, _ in times):.1f} s,", end=" ")
        print(f"{ours.stat().st_size:,} bytes, peak {max(each for _, each in times) / _MB:,.0f} MB")
        for name, each in ratios.items():
            share = ours.stat().st_size / sizes[name]
            print(f"  {statistics.median(each):.2f}x the time of {name}, {share:.3f}x its size")
        for name, seconds in stages(files, ours).items():
            print(f"  {name}: {seconds:.1f} s")


if __name__ == "__main__":
    main()
