"""Processor, memory and disks of this machine, and the use that named programs make of them."""

import ctypes
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from collectors import resources
from collectors.resources import COLLECTOR, _is_meant

PATH = "resources/resources.json"
IS_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


@pytest.fixture
def told(machine, gather):
    """What the collector tells under the options."""

    def run(**options):
        return json.loads(gather(COLLECTOR, machine(collector=COLLECTOR, options=options)).texts[PATH])

    return run


def test_swap_that_is_not_counted_hides_no_other_memory(told, monkeypatch):
    def uncounted():
        raise RuntimeError("Performance counters may be disabled")

    monkeypatch.setattr("psutil.swap_memory", uncounted)
    memory = told()["memory"]
    assert memory["swap_bytes"] is None
    assert memory["main_bytes"]["total"] > 0


def test_the_machine_is_described_in_plain_numbers(told):
    found = told()
    assert found["processor"]["logical_processors"] >= 1
    assert found["memory"]["main_bytes"]["total"] > found["memory"]["main_bytes"]["available"] > 0
    assert found["processes"] == []
    for disk in found["disks"]:
        assert disk["free_bytes"] is None or disk["free_bytes"] <= disk["total_bytes"]


@pytest.mark.skipif(IS_WINE, reason="Wine tells no name of a process (SystemProcessIdInformation)")
def test_a_named_program_is_told_with_its_files_threads_and_limits(told):
    mine = [each for each in told(processes=["python*"])["processes"] if each["pid"] == os.getpid()]
    assert mine[0]["threads"] >= 1
    assert mine[0]["memory_bytes"] > 2**20
    assert mine[0]["open_handles"] > 2
    assert mine[0]["started_at"].endswith("+00:00")
    if sys.platform == "linux":
        assert " (at most " in mine[0]["limits"]["NOFILE"]


def test_no_argument_of_a_process_is_in_it(told):
    program = [sys.executable, "-c", "print('up', flush=True); input()", "--token=correct-horse-battery"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert "correct-horse" not in json.dumps(told(processes=["*"]))
        process.kill()


def test_a_disk_that_does_not_answer_is_told_and_not_waited_for(told, monkeypatch):
    def dead(mounted_at):
        raise TimeoutError("no answer in 2.0 s")

    partition = SimpleNamespace(device="/dev/sdz", mountpoint="/mnt/dead", fstype="ext4", opts="rw")
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: [partition])
    monkeypatch.setattr(resources, "_space", dead)
    disk = told()["disks"][0]
    assert disk["free_bytes"] is None
    assert disk["unknown_because"] == "no answer in 2.0 s"


@pytest.mark.parametrize(
    ("name", "executable", "wanted", "is_meant"),
    [
        ("nginx", "/usr/sbin/nginx", "nginx", True),
        ("NGINX.EXE", r"C:\nginx\nginx.exe", "nginx", True),
        ("java", "/usr/local/crashplan/jre/bin/java", "*/crashplan/*", True),
        ("java", "/usr/lib/jvm/bin/java", "*/crashplan/*", False),
        ("CrashPlanServic", "/usr/local/crashplan/bin/CrashPlanService", "CrashPlanService", True),
        ("crashplan-tool", "", "crashplan", False),
    ],
)
def test_a_program_is_meant_by_name_file_or_path(name, executable, wanted, is_meant):
    assert _is_meant(name, executable, wanted) is is_meant


def test_a_part_for_which_no_time_is_left_is_said_to_be_missing(machine, gather):
    found = gather(COLLECTOR, machine(collector=COLLECTOR, remaining_seconds=0))
    assert set(found.skipped) == {f"resources/{part}" for part in ("processor", "memory", "disks", "processes")}
