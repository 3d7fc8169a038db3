"""Seeded logs to measure speed on: realistic lines of many programs, with as little or as much to redact as is asked.

``sparse``: few lines hold anything to redact (one in five hundred a credential). ``dense``: an IPv4 address on every
line (two thousand different ones), a log-in name on every fifth. ``mixed``: a tenth of the lines holds something. The
same seed and size give the same bytes.

    python -I tests/bench/logs.py mixed 200 FILE        (size in MB of 10^6 bytes)
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

SEED = 20_240
Line = Callable[[random.Random, str], str]

_LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR")
_CLASSES = ("c.e.store.BlockWriter", "o.a.k.c.NetworkClient", "c.e.sync.Planner", "o.s.web.RequestLog", "c.e.ui.Panel")
_VERBS = ("opened", "flushed", "compacted", "scheduled", "rejected", "verified", "mounted", "resumed", "skipped")
_THINGS = ("segment", "volume", "snapshot", "worker", "shard", "replica set", "thumbnail", "index page", "journal")
_PATHS = (
    "/var/lib/store/seg",
    "/opt/app/lib/plugin",
    "/usr/share/icons/theme",
    "C:\\Program Files\\Store\\mod",
    "/srv/tile",
)


def _time(chance: random.Random) -> str:
    day = f"2024-0{chance.randrange(1, 10)}-{chance.randrange(10, 29)}"
    clock = f"{chance.randrange(10, 24)}:{chance.randrange(10, 60)}:{chance.randrange(10, 60)}"
    return f"{day} {clock},{chance.randrange(100, 1000)}"


def _service(chance: random.Random, more: str) -> str:
    thread = f"[pool-{chance.randrange(9)}-thread-{chance.randrange(32)}]"
    what = f"{chance.choice(_THINGS)} {chance.getrandbits(40):010x} {chance.choice(_VERBS)}"
    took = f"after {chance.randrange(9000)} ms{more}"
    return f"{_time(chance)} {chance.choice(_LEVELS)} {thread} {chance.choice(_CLASSES)} - {what} {took}"


def _kernel(chance: random.Random, more: str) -> str:
    since = f"[{chance.randrange(10**5):6d}.{chance.randrange(10**6):06d}]"
    request = f"I/O {chance.randrange(1024)} QID {chance.randrange(16)}"
    return f"{since} nvme nvme0: {request} timeout, completion polled, latency {chance.randrange(900)} us{more}"


def _windows(chance: random.Random, more: str) -> str:
    session = f"{chance.randrange(10**8)}_{chance.randrange(10**9)}"
    version = f"10.0.{chance.randrange(22000)}.{chance.randrange(999)}"
    begin = f"{_time(chance)[:19]}, Info                  CBS    Session: {session}"
    return f"{begin} initialized by client WindowsUpdateAgent, version {version}{more}"


def _storage(chance: random.Random, more: str) -> str:
    when = f"0811{chance.randrange(10, 30)} {chance.randrange(10**6):06d} {chance.randrange(999)}"
    block = f"block blk_{chance.getrandbits(60)} terminating, size {chance.randrange(2**26)}{more}"
    return f"{when} INFO dfs.DataNode$PacketResponder: PacketResponder {chance.randrange(3)} for {block}"


def _trace(chance: random.Random, more: str) -> str:
    place = f"{chance.choice('ABCD')}Service.java:{chance.randrange(900)}"
    library = f"[app-2.{chance.randrange(20)}.jar!/:?]{more}"
    return f"    at {chance.choice(_CLASSES)}.{chance.choice(_VERBS)}({place}) ~{library}"


def _progress(chance: random.Random, more: str) -> str:
    file = f"file={chance.choice(_PATHS)}{chance.randrange(9999)}.dat"
    rate = f"done={chance.randrange(100)}% rate={chance.randrange(900)}MB/s eta={chance.randrange(60)}m"
    return f"{_time(chance)[11:19]} progress {file} {rate} retries=0 checksum={chance.getrandbits(128):032x}{more}"


def _metrics(chance: random.Random, more: str) -> str:
    counts = f'"depth":{chance.randrange(400)},"elapsed_ms":{chance.randrange(5000)}'
    message = '"level":"info","component":"scheduler","msg":"queue drained"'
    when = 1_700_000_000 + chance.randrange(10**7)
    return f'{{"ts":{when},{message},{counts},"trace":"{chance.getrandbits(64):016x}"}}{more}'


_LINES: tuple[Line, ...] = (_service, _service, _kernel, _windows, _storage, _trace, _progress, _metrics)


def _secret(chance: random.Random) -> str:
    value = f"{chance.getrandbits(96):024x}"
    forms = (
        " password={}",
        ' "api_key": "{}"',
        " Authorization: Bearer {}",
        " ghp_{}0123456789ab",
        " postgres://app:{}@db01/app",
    )
    return chance.choice(forms).format(value)


def _address(chance: random.Random, known: list[str]) -> str:
    forms = (
        " from {}",
        " client={}",
        " peer {}:443 connected",
        " dst: /{}:50010",
        ' "GET /static/app.js HTTP/1.1" 200 {}',
    )
    return chance.choice(forms).format(chance.choice(known))


def _identity(chance: random.Random, known: list[str]) -> str:
    name = chance.choice(("anna", "bert", "carla", "dmitri", "emeka", "farah")) + str(chance.randrange(99))
    forms = (f" user={name}", f" for {name}@mail.example.net", f" open /home/{name}/data/x.db", _address(chance, known))
    return chance.choice(forms)


def lines(kind: str, seed: int = SEED) -> Iterator[bytes]:
    """Lines without end, each with its line feed."""
    chance = random.Random(seed)
    known = [f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}" for _ in range(2000)]
    while True:
        more = ""
        if kind == "sparse" and not chance.randrange(500):
            more = _secret(chance)
        elif kind == "dense":
            more = _address(chance, known) + (f" user=anna{chance.randrange(300)}" if not chance.randrange(5) else "")
        elif kind == "mixed" and not chance.randrange(10):
            more = _secret(chance) if not chance.randrange(4) else _identity(chance, known)
        yield (chance.choice(_LINES)(chance, more) + "\n").encode()


def text(kind: str, size_bytes: int, seed: int = SEED) -> bytes:
    """At least ``size_bytes`` of whole lines."""
    parts, length = [], 0
    for line in lines(kind, seed):
        parts.append(line)
        length += len(line)
        if length >= size_bytes:
            return b"".join(parts)
    raise AssertionError("lines never end")


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(text(sys.argv[1], int(float(sys.argv[2]) * 10**6)))
