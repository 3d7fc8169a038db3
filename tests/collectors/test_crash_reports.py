"""Crash reports: text is taken, memory dumps are only listed."""

import json
import os
import sys
from datetime import timedelta

import pytest

from collectors import CommandFailed
from collectors.crash_reports import COLLECTOR

HS_ERR = "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f\n"
LIST = (
    "TIME                          PID  UID  GID SIG     COREFILE EXE                        SIZE\n"
    "Sat 2026-03-14 09:12:44 UTC   812 1000 1000 SIGSEGV present  /usr/local/crashplan/bin/x 1.2M\n"
)
INFO = "           PID: 812 (x)\n        Signal: 11 (SEGV)\nStack trace of thread 812:\n#0  0x00007f in abort\n"
SINCE = "--since=2026-03-07 09:26:53 UTC"
FILES = {
    "/c/hs_err_pid812.log": HS_ERR,
    "/c/app.ips": '{"app_name":"CrashPlan"}\n{"threads":[]}',
    "/c/app.dmp": b"MDMP text that looks harmless",
    "/c/core.812": b"\x7fELF",
    "/c/unknown": b"\x7fELF\x02\x01\x01\x00\x00",
    "/c/wide.wer": "Version=1\r\n".encode("utf-16"),
}


def coredumpctl(name: str) -> tuple[str, ...]:
    return ("coredumpctl", "--no-pager", "--quiet", SINCE, name)


def test_text_reports_are_taken_and_dumps_only_listed(machine, gather) -> None:
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files=FILES, options={"globs": ("/c/*",)}))
    assert sorted(found.artifacts) == [
        "crash_reports/c/app.ips",
        "crash_reports/c/hs_err_pid812.log",
        "crash_reports/c/wide.wer",
        "crash_reports/index.json",
    ]
    dumps = {f"crash_reports/c/{name}" for name in ("app.dmp", "core.812", "unknown")}
    assert dumps <= found.skipped.keys()


def test_the_index_tells_of_all_that_was_found(machine, gather) -> None:
    found = gather(COLLECTOR, machine(collector=COLLECTOR, files=FILES, options={"globs": ("/c/*",)}))
    index = {entry["file"]: entry for entry in json.loads(found.read("crash_reports/index.json"))}
    assert index.keys() == FILES.keys()
    assert index["/c/app.dmp"]["kind"] == index["/c/unknown"]["kind"] == "memory dump or archive"
    assert index["/c/wide.wer"]["kind"] == "text"
    assert index["/c/core.812"]["size_bytes"] == 4
    assert index["/c/core.812"]["modified_at"].endswith("+00:00")


def test_old_reports_are_only_listed(machine, gather) -> None:
    context = machine(collector=COLLECTOR, files={"/c/a.crash": "x"}, options={"globs": ("/c/*",)})
    written = (context.now - timedelta(days=31)).timestamp()
    os.utime(context._on_disk("/c/a.crash"), (written, written))
    found = gather(COLLECTOR, context)
    assert list(found.artifacts) == ["crash_reports/index.json"]
    assert found.skipped["crash_reports/c/a.crash"].startswith("last written before")


def test_what_systemd_noted_about_dumps_is_taken_as_text(machine, gather) -> None:
    commands = {coredumpctl("list"): LIST, coredumpctl("info"): INFO}
    found = gather(COLLECTOR, machine(collector=COLLECTOR, commands=commands))
    assert found.texts == {"crash_reports/core-dumps-list.txt": LIST, "crash_reports/core-dumps-info.txt": INFO}


def test_no_dump_is_told_in_a_sentence(machine, gather) -> None:
    commands = {coredumpctl("list"): CommandFailed("'coredumpctl' ended with status 1: No coredumps found.")}
    assert gather(COLLECTOR, machine(collector=COLLECTOR, commands=commands)).skipped == {
        "crash_reports/core-dumps-list.txt": "systemd-coredump holds no dump of this time"
    }


def test_a_machine_without_crashes_is_told(machine, gather) -> None:
    for platform in ("win32", "darwin"):
        found = gather(COLLECTOR, machine(platform=platform, collector=COLLECTOR))
        assert found.skipped == {"crash_reports": "no crash report was found"}


@pytest.mark.skipif(sys.platform == "win32", reason="it has no FIFOs")
def test_what_is_no_regular_file_is_told(machine, gather) -> None:
    context = machine(collector=COLLECTOR, options={"globs": ("/c/*",)}, files={"/c/a.txt": "x"})
    os.mkfifo(context._on_disk("/c/pipe"))
    found = gather(COLLECTOR, context)
    assert found.skipped["crash_reports/c/pipe"] == "not a regular file (FIFO)"
