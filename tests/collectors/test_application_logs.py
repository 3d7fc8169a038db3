"""Log files: which are taken, how much of each, and that every cut is said."""

import bz2
import gzip
import lzma
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import Limits, RequestItem, application_logs
from collectors.application_logs import COLLECTOR

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.fixture
def logs(machine, gather):
    """Gather from files that are given with their age in days (newest 0)."""

    def run(files, *, globs=(), ages=None, **changes):
        options = {"globs": globs} | changes.pop("options", {})
        context = machine(collector=COLLECTOR, files=files, options=options, **changes)
        for path in files:
            written = (NOW - timedelta(days=(ages or {}).get(path, 0))).timestamp()
            os.utime(context._on_disk(path), (written, written))
        return gather(COLLECTOR, context)

    return run


def test_the_newest_comes_first_and_the_sum_is_told(logs) -> None:
    files = {"/var/log/app/a.log": "a" * 1000, "/var/log/app/b.log": "b" * 400, "/var/log/app/c.log": "c" * 2000}
    found = logs(files, globs=("/var/log/app/*.log",), ages={"/var/log/app/a.log": 2, "/var/log/app/c.log": 1})
    assert list(found.artifacts) == [f"logs/var/log/app/{name}.log" for name in "bca"]
    assert found.facts == {RequestItem.LOGS: "3 files, 3.4 kB"}
    assert found.skipped == {}


def test_files_of_one_age_come_by_name(logs) -> None:
    found = logs({f"/l/{name}.log": "x" for name in "cab"}, globs=("/l/*",))
    assert list(found.artifacts) == ["logs/l/a.log", "logs/l/b.log", "logs/l/c.log"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("app.log", "text/plain"),
        ("app.log.1", "text/plain"),
        ("app.log.12", "text/plain"),
        ("app.log.2024-03-01", "text/plain"),
        ("app.log.2024-03-01_17.gz", "application/gzip"),
        ("app.log-20240301", "text/plain"),
        ("app.log-20240301.gz", "application/gzip"),
        ("app.log.old", "text/plain"),
        ("app.log.2.bz2", "application/x-bzip2"),
        ("app.log.3.xz", "application/x-xz"),
        ("app.log.4.zst", "application/zstd"),
        ("app.log.gz", "application/gzip"),
    ],
)
def test_a_rotated_or_compressed_log_is_found_with_its_own(logs, name, media_type) -> None:
    found = logs({f"/l/{name}": b"x"}, globs=("/l/app.log",))
    assert found.artifacts[f"logs/l/{name}"].media_type == media_type


@pytest.mark.parametrize("name", ["app.log.swp", "app.logger", "app.log.lck", "app.log~", "xapp.log", "app.log.gpg"])
def test_what_only_looks_like_a_rotated_log_is_not_taken(logs, name) -> None:
    assert logs({f"/l/{name}": b"x"}, globs=("/l/app.log",)).artifacts == {}


def test_compressed_logs_are_passed_on_as_they_are(logs) -> None:
    """Redaction opens them; what is packed twice here would be lost there."""
    contents = {"gz": gzip.compress(b"text"), "bz2": bz2.compress(b"text"), "xz": lzma.compress(b"text")}
    found = logs({f"/l/a.log.1.{ending}": data for ending, data in contents.items()}, globs=("/l/a.log",))
    assert {path.rpartition(".")[2]: found.read(path) for path in found.artifacts} == contents


def test_of_a_long_file_the_last_whole_lines_are_taken(logs) -> None:
    text = "".join(f"line {number}\n" for number in range(1000))
    found = logs({"/l/a.log": text}, globs=("/l/a.log",), options={"file_limit_bytes": 30})
    assert found.texts == {"logs/l/a.log": "line 997\nline 998\nline 999\n"}
    assert found.artifacts["logs/l/a.log"].truncated == "only whole lines of the last 30 bytes of 8.9 kB"


def test_a_long_compressed_file_is_left_out_for_a_part_of_it_tells_nothing(logs) -> None:
    found = logs({"/l/a.log.gz": os.urandom(500)}, globs=("/l/a.log",), options={"file_limit_bytes": 100})
    assert found.skipped["logs/l/a.log.gz"] == "500 bytes, over the limit of 100 bytes, and useless in part"


def test_old_files_are_left_out(logs) -> None:
    found = logs({"/l/new.log": "x", "/l/old.log": "x"}, globs=("/l/*.log",), ages={"/l/old.log": 31})
    assert list(found.artifacts) == ["logs/l/new.log"]
    assert found.skipped == {"logs/l/old.log": "last written before 2026-02-12 09:26 UTC"}


@pytest.mark.parametrize(("hours", "days"), [(24, 30), (24 * 90, 1)])
def test_the_stricter_of_two_bounds_on_age_counts(logs, hours, days) -> None:
    found = logs(
        {"/l/new.log": "x", "/l/old.log": "x"},
        globs=("/l/*.log",),
        ages={"/l/old.log": 2},
        options={"max_age_days": days},
        not_before=NOW - timedelta(hours=hours),
    )
    assert list(found.skipped.values()) == ["last written before 2026-03-13 09:26 UTC"]


def test_no_more_files_than_allowed_are_taken(logs) -> None:
    files = {f"/l/{number:03}.log": "x" for number in range(100)}
    found = logs(files, globs=("/l/*.log",), options={"max_files": 3})
    assert len(found.artifacts) == 3
    assert found.skipped["logs/l/003.log"] == "over the limit of 3 files"
    assert found.skipped["47 more files"] == "over the limit of 3 files"  # 50 are named one by one


def test_no_more_bytes_than_allowed_are_taken(logs) -> None:
    """One file takes a third at most, so that a huge one leaves room; those behind the limit are left out."""
    files = {f"/l/{name}.log": "line\n" * 10 for name in "abcd"}
    found = logs(files, globs=("/l/*.log",), limits=Limits(size_bytes=60))
    assert {path: len(text) for path, text in found.texts.items()} == {f"logs/l/{name}.log": 20 for name in "abc"}
    assert found.skipped == {"logs/l/d.log": "over the limit of 60 bytes for all files"}
    assert found.facts == {RequestItem.LOGS: "3 files, 60 bytes"}


def test_a_file_that_two_globs_match_is_taken_once(logs) -> None:
    found = logs({"/l/a.log": "x"}, globs=("/l/*.log", "/l/a.log", "/l/**"), options={"folders": ("/l",)})
    assert found.facts == {RequestItem.LOGS: "1 file, 1 byte"}


def test_a_glob_without_a_file_is_told(logs) -> None:
    found = logs({"/l/a.log": "x"}, globs=("/l/*.log", "/absent/*.log", "$UNSET/x.log"))
    assert found.skipped == {"/absent/*.log": "no file matches", "$UNSET/x.log": "no file matches"}


def test_without_any_log_there_is_no_fact(logs) -> None:
    found = logs({}, globs=("/l/*.log",))
    assert found.facts == {}
    assert found.skipped["logs"] == "no log file was found"


def test_a_folder_of_the_person_is_taken_with_all_below(logs) -> None:
    """Its name is no pattern, whatever characters are in it."""
    files = {"/home/ada/my [logs]*/a": "x", "/home/ada/my [logs]*/deep/er/b.txt": "y", "/home/ada/other": "z"}
    found = logs(files, options={"folders": ("/home/ada/my [logs]*/",)})
    assert len(found.artifacts) == 2
    assert sorted(found.texts.values()) == ["x", "y"]


def test_a_single_file_may_be_named_as_a_folder(logs) -> None:
    assert list(logs({"/x/a.txt": "x"}, options={"folders": ("/x/a.txt",)}).texts) == ["logs/x/a.txt"]


def test_an_empty_folder_is_told(logs) -> None:
    assert logs({}, options={"folders": ("/none",)}).skipped["/none"] == "no file is in it"


def test_windows_places_are_found_without_regard_to_case(logs) -> None:
    files = {r"C:\ProgramData\CrashPlan\log\Service.LOG.0": "x", r"C:\ProgramData\CrashPlan\log\service.log": "y"}
    found = logs(files, platform="win32", globs=(r"%PROGRAMDATA%\CrashPlan\log\service.log",))
    assert sorted(found.artifacts) == [
        "logs/ProgramData/CrashPlan/log/Service.LOG.0",
        "logs/ProgramData/CrashPlan/log/service.log",
    ]


def test_without_time_nothing_is_taken_and_that_is_said(logs) -> None:
    found = logs({"/l/a.log": "x"}, globs=("/l/*.log",), remaining_seconds=0.0)
    assert found.artifacts == {}
    assert found.skipped["/l/*.log"] == "no time was left to look for files"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there, and it has no FIFOs")
def test_what_is_no_file_of_its_own_is_told(logs, machine) -> None:
    """In a folder that the person named, and where a profile's glob matches; a name that only looks alike is not."""
    place = machine()._on_disk("/l")
    place.mkdir(parents=True)
    os.mkfifo(place / "app.log.1")
    os.mkfifo(place / "app.logger")
    (place / "current").symlink_to("app.log")
    (place / "more").symlink_to("..")
    told = {"logs/l/app.log.1": "not a regular file (FIFO)"}
    assert logs({"/l/app.log": "x"}, globs=("/l/app.log",)).skipped == told
    assert logs({"/l/app.log": "x"}, options={"folders": ("/l",)}).skipped == told | {
        "logs/l/app.logger": "not a regular file (FIFO)",
        "logs/l/current": "a link to app.log, which is looked at itself",
        "logs/l/more": "a link to a folder",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_folder_that_the_person_named_may_be_a_link(logs, machine) -> None:
    root = machine()._on_disk("/")
    (root / "real").mkdir(parents=True)
    (root / "alias").symlink_to("real")
    found = logs({"/real/a.log": "x"}, options={"folders": ("/alias",)})
    assert list(found.artifacts) == ["logs/alias/a.log"]
    assert found.skipped == {}


def test_a_file_that_two_spellings_of_its_path_name_is_taken_once(machine, monkeypatch) -> None:
    """As on Windows, where case makes no difference."""
    monkeypatch.setattr(application_logs, "normcase", lambda path: str(path).lower())
    found: dict[str, str] = {}
    assert application_logs._add(found, iter([Path("/Logs/a.log"), Path("/logs/A.log")]))
    assert list(found.values()) == [str(Path("/Logs/a.log"))]
    assert not application_logs._add(found, iter(()))
    assert list(application_logs._without(found, {str(Path("/logs/a.log")): ""})) == []
