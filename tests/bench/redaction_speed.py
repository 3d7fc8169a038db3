"""``make bench-speed``: how fast redaction is, by engine, beside ``cat``, ``rg --replace``, ``sed`` and hostile input.

MB (10^6 bytes) per second of CPU on one core, the best of three runs, start-up left out for us and included for the
programs (it is milliseconds). Ordinary logs are those of ``logs.py``; hostile ones are what makes other redactors slow,
as the cost of a byte in ordinary ``mixed`` logs. Ratios of one sitting mean something, the figures alone do not.

    python -I tests/bench/redaction_speed.py [--mb 24] [--engine hyperscan]
"""

import argparse
import io
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from agent.redact import LocalFacts, Redactor, load_rules
from tests.bench import logs
from tests.bench.attacks import attacks
from tests.bench.everyday_patterns import PATTERNS

_KEY = b"a key for measuring, 32 bytes..."
_MB = 10**6
_ATTACKS = 16  # lines drawn from each rule's pattern
_RUNS = 3
_CHILDREN = resource.RUSAGE_CHILDREN
_ENGINES = ("hyperscan", "re2", "standard")
_SLOW_SHARE = {"hyperscan": 1.0, "re2": 0.4, "standard": 0.05}  # of the size, so that the slow engines end too


def measured(run: Callable[[], object], who: int) -> float:
    """The least CPU seconds, of this process (``RUSAGE_SELF``) or its children, in some runs."""
    least = float("inf")
    for _ in range(_RUNS):
        before = resource.getrusage(who)
        run()
        after = resource.getrusage(who)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def redacted(redactor: Redactor, data: bytes) -> float:
    """MB per CPU second of ``data`` through ``redactor``, warmed up."""
    redactor.stream(io.BytesIO(data[: _MB // 2]), io.BytesIO(), path="a.log", media_type="text/plain")

    def run() -> None:
        redactor.stream(io.BytesIO(data), io.BytesIO(), path="a.log", media_type="text/plain")

    return len(data) / _MB / measured(run, resource.RUSAGE_SELF)


def programs(file: Path) -> dict[str, float]:
    """MB per CPU second of each program over ``file``."""
    size = file.stat().st_size / _MB
    whole = "|".join(PATTERNS)
    commands = {
        "cat": ["cat", str(file)],
        "sed -E, 12 patterns": ["sed", "-E", *(part for each in PATTERNS for part in ("-e", f"s#{each}#X#gI"))],
        "rg --replace, 12 patterns": ["rg", "--no-config", "--passthru", "-N", "-i", "-j1", "-r", "X", "-e", whole],
    }
    found = {}
    for name, argv in commands.items():
        if shutil.which(argv[0]):
            command = argv if argv[0] == "cat" else [*argv, str(file)]
            spent = measured(partial(subprocess.run, command, stdout=subprocess.DEVNULL, check=False), _CHILDREN)
            found[name] = size / spent
    return found


def hostile(size_bytes: int) -> dict[str, bytes]:
    """What makes redactors slow, each of about this size."""
    chance = random.Random(logs.SEED)
    nested = b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"\n"
    ordinary = logs.text("mixed", size_bytes)
    addresses = b"".join(
        b"%s peer=10.%d.%d.%d up\n" % (line[:80], number >> 16, number >> 8 & 255, number & 255)
        for number, line in zip(range(100_000), ordinary.split(b"\n") * 20, strict=False)
    )
    return {
        "one long line": ordinary.replace(b"\n", b" "),
        "100,000 different addresses": addresses,
        "lines of 64 KiB of a": (b"a" * 2**16 + b"\n") * (size_bytes // 2**16 or 1),
        "deeply nested JSON": nested * (size_bytes // len(nested) or 1),
        "random bytes of text": bytes(
            byte if byte >= 32 or byte == 10 else 33 for byte in chance.randbytes(size_bytes)
        ),
        "random letters in lines": b"\n".join(chance.randbytes(80).hex().encode() for _ in range(size_bytes // 161)),
    }


def attacked(redactor: Redactor) -> list[tuple[float, str]]:
    """MB per CPU second of lines drawn from a rule's own pattern, by rule, slowest first (``attacks.py``)."""
    found = []
    for rule in load_rules().rules:
        for line in attacks(rule.pattern.pattern, _ATTACKS):
            started = time.process_time()
            redactor.stream(io.BytesIO(line + b"\n"), io.BytesIO(), path="a.log", media_type="text/plain")
            found.append((len(line) / _MB / (time.process_time() - started), rule.name))
    return sorted(found)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mb", type=float, default=24)
    options.add_argument("--engine", choices=_ENGINES, action="append")
    chosen = options.parse_args()
    size_bytes = int(chosen.mb * _MB)
    print("| what | " + " | ".join(("sparse", "dense", "mixed")) + " |\n|---|---|---|---|")
    texts = {kind: logs.text(kind, size_bytes) for kind in ("sparse", "dense", "mixed")}
    rows: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, data in texts.items():
            file = Path(folder, kind)
            file.write_bytes(data)
            for name, speed in programs(file).items():
                rows.setdefault(name, []).append(speed)
    redactors = {}
    for engine in chosen.engine or _ENGINES:
        redactors[engine] = Redactor(load_rules(), _KEY, LocalFacts(), engine=engine)
        share = int(size_bytes * _SLOW_SHARE[engine])
        rows[f"sendlogs, {engine}"] = [redacted(redactors[engine], data[:share]) for data in texts.values()]
    for name, speeds in rows.items():
        print(f"| {name} | " + " | ".join(f"{speed:,.1f}" for speed in speeds) + " |")
    print(f"\npeak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB\n")
    engine, redactor = next(iter(redactors.items()))
    ordinary = redacted(redactor, texts["mixed"])
    print(f"| hostile input, {engine} | MB per CPU second | cost of a byte, in bytes of mixed logs |\n|---|---|---|")
    many = LocalFacts(tuple(("user", f"person{number:05d}") for number in range(5000)))
    local = redacted(Redactor(load_rules(), _KEY, many, engine=engine), texts["mixed"])
    print(f"| mixed logs, 5,000 local names | {local:,.1f} | {ordinary / local:.2f} |")
    for name, data in hostile(size_bytes // 4).items():
        speed = redacted(redactor, data)
        print(f"| {name} | {speed:,.1f} | {ordinary / speed:.2f} |")
    slowest = attacked(redactor)
    for share, what in ((0, "the worst"), (0.01, "one in a hundred"), (0.1, "one in ten"), (0.5, "the median")):
        speed, name = slowest[int(share * len(slowest))]
        print(f"| {len(slowest):,} attacks on rules, {what} ({name}) | {speed:,.2f} | {ordinary / speed:.2f} |")


if __name__ == "__main__":
    sys.exit(main())
