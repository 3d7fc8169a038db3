"""A bundle fits its limit, holds what matters most, and lists every cut; bursts of errors are planted in logs."""

import dataclasses
import functools
import hashlib
import json
import os
import random
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.archive import RulesetInfo, pack
from agent.archive_reader import read_members
from agent.errors import TooLarge
from agent.events import ignore_progress
from agent.replaced_lines import ReplacedLines
from agent.size_planner import fitted
from tests.bench.size_limits import burst, log_with_bursts

RULESET = RulesetInfo(version=1, families=())


class Members(dict):
    """The members of a bundle, in memory."""

    def __init__(self, file):
        super().__init__()
        read_members(file, lambda name: Member(self, name))


class Member:
    def __init__(self, members, name):
        self.members, self.name = members, name
        members[name] = b""

    def write(self, data):
        self.members[self.name] += data

    def close(self):
        pass


@pytest.fixture
def packed_within(bundle_plan, tmp_path):
    def run(items, limit_bytes):
        plan = dataclasses.replace(bundle_plan, limit_bytes=limit_bytes)
        output = tmp_path / "limited.7z"
        output.unlink(missing_ok=True)
        return pack(items, plan, RULESET, output, ignore_progress, redact_text=str)

    return run


def aged(item, hours):
    return dataclasses.replace(
        item, origin=dataclasses.replace(item.origin, modified_at=item.origin.modified_at - timedelta(hours=hours))
    )


def all_is_told(archive, items):
    """Each item is there whole, or there and said to be cut, or listed as left out."""
    members = Members(archive.file)
    cut = {member.path for member in archive.members if member.truncated}
    left_out = {item.path for item in archive.skipped}
    report = members["report.html"].decode()
    for item in items:
        whole = item.path in members and len(members[item.path]) == item.size_bytes
        assert whole or item.path in cut | left_out
    assert all(path in report for path in cut | left_out)
    for entry in json.loads(members["manifest.json"])["members"]:
        assert hashlib.sha256(members[entry["path"]]).hexdigest() == entry["sha256"]
    return members


@functools.cache
def planted_logs():
    chance = random.Random(7)
    return [log_with_bursts(chance, 500_000, [number]) for number in range(6)]


@pytest.mark.parametrize("limit_bytes", [38_000, 70_000, 200_000, 400_000])
def test_planted_bursts_are_inside_whatever_the_limit(limit_bytes, packed_within, redacted_file):
    """The small brother of tests/bench/size_limits.py: 3 MB of logs in six files, a burst in each."""
    items = [aged(redacted_file(f"logs/app.log.{n}", log), 24 * n) for n, log in enumerate(planted_logs())]
    archive = packed_within(items, limit_bytes)
    assert limit_bytes // 2 < archive.size_bytes <= limit_bytes
    members = all_is_told(archive, items)
    for number in range(6):
        assert burst(number) in members[f"logs/app.log.{number}"]
    assert not any(item.file.exists() for item in items)


def test_the_newest_is_kept_and_the_oldest_goes_first(packed_within, redacted_file):
    files = [aged(redacted_file(f"logs/{n}.log", os.urandom(150_000).hex(" ", 30).encode()), 50 * n) for n in range(4)]
    ends = [item.file.read_bytes()[-2000:] for item in files]
    archive = packed_within(files, 300_000)
    sizes = {member.path: member.size_bytes for member in archive.members}
    assert sizes["logs/0.log"] > 2 * sizes["logs/3.log"]
    assert Members(archive.file)["logs/0.log"].endswith(ends[0])


@pytest.mark.parametrize(("most_bytes", "fits"), [(320_000, True), (180_000, False)])
def test_what_must_be_kept_gets_as_many_volumes_as_it_needs(most_bytes, fits, bundle_plan, redacted_file, tmp_path):
    """Here three, of 90 kB: a crash report of 200 kB is whole, the log has what is left of the third."""
    report = redacted_file("crash_reports/app.crash", os.urandom(200_000))
    log = redacted_file("logs/a.log", os.urandom(400_000).hex("\n", 20).encode())
    plan = dataclasses.replace(bundle_plan, limit_bytes=90_000, volume_bytes=90_000, volumes_bytes=most_bytes)
    output = tmp_path / "volumes.7z"
    if not fits:
        with pytest.raises(TooLarge, match="Even without any log"):
            pack([log, report], plan, RULESET, output, ignore_progress, redact_text=str)
        assert not output.exists()
        return
    archive = pack([log, report], plan, RULESET, output, ignore_progress, redact_text=str)
    assert 200_000 < archive.size_bytes <= 270_000
    assert archive.volume_bytes == 90_000
    members = all_is_told(archive, [report])
    assert len(members["crash_reports/app.crash"]) == 200_000
    assert members["logs/a.log"]


def test_what_is_no_log_stays_whole(packed_within, redacted_file):
    report = redacted_file("crash_reports/app.crash", os.urandom(50_000))
    log = redacted_file("logs/a.log", os.urandom(300_000).hex("\n", 20).encode())
    archive = packed_within([log, report], 150_000)
    assert {member.path: bool(member.truncated) for member in archive.members} == {
        "logs/a.log": True,
        "crash_reports/app.crash": False,
    }


def test_if_that_does_not_fit_the_error_says_what_to_leave_out(packed_within, redacted_file):
    with pytest.raises(TooLarge) as told:
        packed_within([redacted_file(f"crash_reports/{n}", os.urandom(n * 10_000)) for n in (5, 9)], 100_000)
    assert "--exclude 'crash_reports/9' --exclude 'crash_reports/5'" in told.value.advice
    said = re.fullmatch(r"Even without any log the bundle may come to (\d+) kB, which is over .*", str(told.value))
    needed = int(said[1])
    assert 140 < needed < 170
    files = [redacted_file(f"crash_reports/{n}", os.urandom(n * 10_000)) for n in (5, 9)]
    assert packed_within(files, needed * 1000).members


def test_a_limit_that_leaves_no_room_for_any_log_is_an_error(packed_within, redacted_file):
    with pytest.raises(TooLarge):
        packed_within([redacted_file("logs/a.log", b"x" * 100_000)], 500)
    with pytest.raises(TooLarge, match="no room for any log"):
        packed_within([redacted_file("logs/a.log.gz", b"\x1f\x8b" + os.urandom(100_000))], 50_000)


def test_a_packed_log_is_left_out_whole_and_a_plain_one_takes_its_room(packed_within, redacted_file):
    old = aged(redacted_file("logs/a.log.1.gz", b"\x1f\x8b" + os.urandom(200_000)), 99)
    archive = packed_within([old, redacted_file("logs/a.log", b"line\n" * 100)], 100_000)
    assert [(item.path, "useless in part" in item.reason) for item in archive.skipped] == [("logs/a.log.1.gz", True)]


def test_lines_that_were_replaced_get_their_numbers_in_the_cut_file(redacted_file, tmp_path):
    lines = [f"{number} {os.urandom(40).hex()}\n" for number in range(1, 5001)]
    item = redacted_file("logs/a.log", "".join(lines).encode())
    item = dataclasses.replace(item, lines={"ipv4": ReplacedLines.of([1, 1000, 5000])}, truncated="before")
    (cut,) = fitted([item], skipped=[], limit_bytes=100_000, folder=tmp_path)
    written = cut.file.read_text().splitlines()
    assert [written[line - 1].split()[0] for line in cut.lines["ipv4"].lines] == ["1", "5000"]
    assert cut.truncated.startswith("before; cut to fit the size limit: ")


contents = st.one_of(
    st.integers(0, 150_000).map(os.urandom),
    st.integers(0, 150_000).map(lambda size: os.urandom(size // 2).hex("\n", 30).encode()),
    st.integers(0, 20_000).map(lambda count: b"2026-01-01 INFO nothing happens\n" * count),
    st.integers(0, 90_000).map(lambda size: ("ERROR é" * (size // 7)).encode("utf-16")),
    st.integers(0, 90_000).map(lambda size: b"\x1f\x8b" + os.urandom(size)),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.tuples(contents, st.integers(0, 2000)), min_size=1), limit_bytes=st.integers(20_000, 400_000))
def test_never_above_the_limit_and_every_cut_is_told(parts, limit_bytes, packed_within, redacted_file):
    items = [aged(redacted_file(f"logs/{number}.log", data), hours) for number, (data, hours) in enumerate(parts)]
    try:
        archive = packed_within(items, limit_bytes)
    except TooLarge:
        assert limit_bytes < 60_000 or all(data.startswith(b"\x1f\x8b") for data, _ in parts)
        return
    assert archive.size_bytes <= limit_bytes
    all_is_told(archive, items)
