"""``make bench-memory``: how much memory a whole bundle takes, and how long, for inputs that invite to take more.

Logs of two sizes (a tenth of their lines holds something to redact), one endless line, very many small files, and very
many different addresses. ``sendlogs bundle`` runs once on each; what is printed is the peak of all its processes
together, looked at twenty times a second: PSS, where memory that several share counts once. Exit code 1 if a peak is
over 200 MB, or the larger logs take a tenth more than the smaller.

Logs repeat after 40 MB, which no window of the packer reaches, so that gigabytes are made in seconds.

    python -I tests/bench/bundle_memory.py [--mb 200 --mb 1000] [--line-mb 500] [--files 200000] [--addresses 100000]
"""

import argparse
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench import logs
from tests.bench.bundle_speed import run

_MB = 10**6
_FILE_BYTES = 10 * _MB
_REPEAT_AFTER = 4
_MOST_BYTES = 200 * _MB
_MOST_GROWTH = 1.1
_FILES_PER_FOLDER = 1000


def many_logs(folder: Path, size_bytes: int) -> None:
    """Files of 10 MB, in all so many bytes."""
    count = max(size_bytes // _FILE_BYTES, 1)
    texts = [
        logs.text("mixed", min(_FILE_BYTES, size_bytes), logs.SEED + at) for at in range(min(count, _REPEAT_AFTER))
    ]
    for number, text in zip(range(count), itertools.cycle(texts), strict=False):
        (folder / f"app.{number:04d}.log").write_bytes(text)


def one_line(folder: Path, size_bytes: int) -> None:
    """A file without a single line end."""
    text = logs.text("mixed", min(size_bytes, _FILE_BYTES)).replace(b"\n", b" ")
    with (folder / "app.log").open("wb") as file:
        for _ in range(max(size_bytes // len(text), 1)):
            file.write(text)


def small_files(folder: Path, count: int) -> None:
    """Files of a few lines, a thousand to a folder."""
    lines = logs.lines("mixed")
    for number in range(count):
        place = folder / f"{number // _FILES_PER_FOLDER:04d}"
        if number % _FILES_PER_FOLDER == 0:
            place.mkdir()
        (place / f"app.{number}.log").write_bytes(b"".join(itertools.islice(lines, 3)))


def many_addresses(folder: Path, count: int) -> None:
    """A line for each address; no two are the same."""
    chance = random.Random(logs.SEED)
    with (folder / "app.log").open("w") as file:
        for number in chance.sample(range(2**24), count):
            address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            file.write(f"2026-11-26 10:11:12,131 INFO [pool-1-thread-1] c.e.web.Door - {address} was let in\n")


def chosen_inputs() -> Iterator[tuple[str, partial[None]]]:
    """Name and maker of each input that was asked for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=int, action="append", help="size of logs, may be repeated (200 and 1000)")
    options.add_argument("--line-mb", type=int, default=500, help="length of the one line; 0: leave it out")
    options.add_argument("--files", type=int, default=200_000, help="how many small files; 0: leave them out")
    options.add_argument("--addresses", type=int, default=100_000, help="how many; 0: leave them out")
    chosen = options.parse_args()
    for size in chosen.mb or (200, 1000):
        yield f"{size:,} MB of logs", partial(many_logs, size_bytes=size * _MB)
    if chosen.line_mb:
        yield f"one line of {chosen.line_mb:,} MB", partial(one_line, size_bytes=chosen.line_mb * _MB)
    if chosen.files:
        yield f"{chosen.files:,} small files", partial(small_files, count=chosen.files)
    if chosen.addresses:
        yield f"{chosen.addresses:,} different addresses", partial(many_addresses, count=chosen.addresses)


def main() -> int:
    """Print the table; the exit code."""
    os.environ |= {"SENDLOGS_DEADLINE_SECONDS": "86400", "SENDLOGS_LOW_PRIORITY": "false"}
    os.environ |= {"SENDLOGS_LIMIT_BYTES": str(10 * 10**9)}
    peaks: list[int] = []
    of_logs: list[int] = []
    print(f"{'input':<28} {'bytes':>15} {'seconds':>8} {'peak':>7} {'archive':>13}")
    for name, make in chosen_inputs():
        with tempfile.TemporaryDirectory() as folder:
            home, source, archive = Path(folder), Path(folder) / "logs", Path(folder) / "it.7z"
            source.mkdir()
            make(source)
            size_bytes = sum(file.stat().st_size for file in source.rglob("*.log"))
            words = ["bundle", "--profile", "sendlogs", "--logs", str(source), "--output", str(archive)]
            seconds, peak_bytes = run([sys.executable, "-I", "-m", "agent", *words], home)
            peaks.append(peak_bytes)
            if "of logs" in name:
                of_logs.append(peak_bytes)
            told = f"{size_bytes:>15,} {seconds:>8.1f} {peak_bytes / _MB:>4.0f} MB {archive.stat().st_size:>13,}"
            print(f"{name:<28} {told}", flush=True)
    growth = max(of_logs, default=1) / min(of_logs, default=1)
    print(f"highest peak {max(peaks) / _MB:.0f} MB (at most {_MOST_BYTES // _MB}); by size of logs x{growth:.2f}")
    return int(max(peaks) > _MOST_BYTES or growth > _MOST_GROWTH)


if __name__ == "__main__":
    sys.exit(main())
