"""``make bench-limits``: logs with planted bursts of errors, packed within limits: does it fit, what is inside?

Makes ``--mb`` (10^6 bytes) of seeded logs of 10 MB each, a day apart, with a burst of forty errors and a traceback in
each; redacts them once, and packs them for each limit. For each it prints the size, how many bursts are inside
whole, how many files were cut or left out, how often it was planned, and the seconds. Exit code 1 if a limit is
exceeded, or a cut is not told in manifest and report.

    python -I tests/bench/size_limits.py [--mb 60] [--limit 1M --limit 5M ...]
"""

import argparse
import dataclasses
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from agent import size_planner
from agent.archive import RulesetInfo, pack
from agent.archive_reader import read_members
from agent.events import ignore_progress
from agent.flow import Archive, Front, Plan, Redacted, Request
from agent.redact import LocalFacts, Redactor, load_rules, redact
from collectors import Artifact, Origin
from config.sizes import parse_size
from tests.bench import logs

_SEED = 20_241
_FILE_BYTES = 10 * 10**6
_NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_OWN_PAGES = ("report.html", "manifest.json")


def burst(number: int) -> bytes:
    """Forty errors and a traceback, unlike those of any other number, with nothing to redact."""
    head = f"2026-11-19 11:00:{number % 60:02d},000"
    lines = [f"{head} ERROR journal of volume set {number} is behind by {step} pages" for step in range(40)]
    lines += [f"{head} Traceback (most recent call last):", '  File "journal.py", line 40, in catch_up']
    return "\n".join([*lines, f"JournalBehind: volume set {number} gave up", ""]).encode()


def log_with_bursts(chance: random.Random, size_bytes: int, numbers: list[int]) -> bytes:
    """Mixed lines, a twentieth of them errors already, with the bursts of these numbers at lines picked by chance."""
    data = logs.text("mixed", size_bytes, chance.randrange(2**32))
    for number in numbers:
        place = data.find(b"\n", chance.randrange(size_bytes * 9 // 10)) + 1
        data = data[:place] + burst(number) + data[place:]
    return data


def redacted(folder: Path, count: int) -> list[Redacted]:
    """Logs made and redacted into ``folder``."""
    chance = random.Random(_SEED)
    redactor = Redactor(load_rules(), b"a key for measuring, 32 bytes...", LocalFacts(()), ())
    items: list[Redacted] = []
    for number in range(count):
        raw = folder / "raw"
        raw.write_bytes(log_with_bursts(chance, _FILE_BYTES, [number]))
        artifact = Artifact(
            path=f"logs/app.log.{number}",
            open=lambda raw=raw: raw.open("rb"),
            origin=Origin(source=f"/l/app.log.{number}", modified_at=_NOW - timedelta(days=number)),
            media_type="text/plain",
        )
        work = folder / str(number)
        work.mkdir()
        items += [item for item in redact([artifact], redactor, work, ignore_progress) if isinstance(item, Redacted)]
        raw.unlink()
    return items


def packed(items: list[Redacted], limit_bytes: int, folder: Path) -> tuple[Archive, int]:
    """The bundle within the limit, and how often it was planned; ``items`` stay."""
    folder.mkdir()
    copies = []
    for number, item in enumerate(items):
        os.link(item.file, folder / str(number))
        copies.append(dataclasses.replace(item, file=folder / str(number)))
    request = Request(front=Front.CLI, profile="x", ticket=None, requested_by="", asked_at=_NOW)
    plan = Plan(
        bundle_id="0b0e7c9e-3f0a-4c55-9d0e-0f6d3f1f2a11", made_at=_NOW, request=request, product="x", steps=(),
        skipped=(), answers=(), computer_id="x", not_before=None, deadline_seconds=9, limit_bytes=limit_bytes,
        keep_hosts=(), endpoint=None, consent="ask", agent_version="0",
    )  # fmt: skip
    with patch.object(size_planner, "fitted", wraps=size_planner.fitted) as planned:
        rules = RulesetInfo(version=1, families=())
        archive = pack(copies, plan, rules, folder / "x.7z", ignore_progress, redact_text=str)
    return archive, planned.call_count


class _Member:
    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        pass


def members_of(archive: Archive) -> Mapping[str, bytes]:
    """Every member in memory."""
    members: dict[str, _Member] = {}
    read_members(archive.file, lambda name: members.setdefault(name, _Member()))
    return {name: bytes(member.data) for name, member in members.items()}


def untold(archive: Archive, items: list[Redacted], members: Mapping[str, bytes]) -> list[str]:
    """Files that are not there whole, and of which manifest or report do not say so."""
    report, listing = (members[name].decode() for name in _OWN_PAGES)
    not_whole = [item.path for item in items if len(members.get(item.path, b"")) != item.size_bytes]
    told = {member.path for member in archive.members if member.truncated} | {item.path for item in archive.skipped}
    return [path for path in not_whole if path not in told or path not in report or path not in listing]


def main() -> int:
    """Print a table; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mb", type=int, default=60)
    parser.add_argument("--limit", action="append", type=parse_size)
    asked = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as name:
        items = redacted(Path(name), max(asked.mb * 10**6 // _FILE_BYTES, 1))
        print(f"{'limit':>12} {'size':>12} {'bursts':>9} {'cut':>5} {'left out':>9} {'plans':>6} {'seconds':>8}")
        for limit_bytes in asked.limit or [parse_size(text) for text in ("1M", "5M", "20M", "50M")]:
            began = time.monotonic()
            archive, plans = packed(items, limit_bytes, Path(name) / f"limit-{limit_bytes}")
            seconds = time.monotonic() - began
            members = members_of(archive)
            inside = sum(burst(number) in members.get(item.path, b"") for number, item in enumerate(items))
            cut = sum(member.truncated is not None for member in archive.members)
            told = f"{archive.size_bytes:>12,} {inside:>4}/{len(items):<4} {cut:>5} {len(archive.skipped):>9}"
            print(f"{limit_bytes:>12,} {told} {plans:>6} {seconds:>8.1f}", flush=True)
            good = good and archive.size_bytes <= limit_bytes and not untold(archive, items, members)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
