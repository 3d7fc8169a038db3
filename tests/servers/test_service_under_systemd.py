"""The service as the unit runs it: under a real systemd in a machine of its own (``systemd-nspawn``), and a real desk.

``make test-systemd`` alone asks for it, as root on Debian: it makes a whole small Debian, which takes minutes, and
boots it. The machine shares this one's network, so that the desk on loopback is reached there.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.desk.conftest import RunningDesk, running_desk
from tests.migrated_desk import migrated

_ASKED_FOR = os.environ.get("TEST_SYSTEMD") == "1"
pytestmark = [pytest.mark.peer, pytest.mark.skipif(not _ASKED_FOR, reason="make test-systemd asks for it")]

PROJECT = Path(__file__).parents[2]
_PACKAGES = "usr/local/lib/python3.11/dist-packages"  # where Debian 12's Python looks, also isolated
_START_SECONDS = 180.0  # on a busy machine; alone it boots in ten
_AS_SERVICE = ("runuser", "-u", "sendlogs", "--", "env", "SENDLOGS_STATE_FOLDER=/var/lib/sendlogs", "sendlogs")


@dataclass(frozen=True)
class Machine:
    """A booted Debian, by the process that holds it; its systemd is that one's child."""

    holder: int

    def run(self, *words: str, given: str = "") -> str:
        """What a command prints there. Raise ``CalledProcessError``."""
        children = Path(f"/proc/{self.holder}/task/{self.holder}/children").read_text().split()
        assert children, "there is no machine yet, or no more"
        inside = ["nsenter", "-t", children[0], "-m", "-u", "-i", "-p", "-C", "--", *words]
        done = subprocess.run(inside, input=given, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def property(self, name: str) -> str:
        """What systemd says of the unit."""
        return self.run("systemctl", "show", "-p", name, "--value", "sendlogs")


def _until(holds: Callable[[], object]) -> None:
    """Ask again and again, for some minutes at most; systemd has no call that waits for these."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if holds():
                return
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, holds


def _installed(root: Path) -> None:
    debian = ["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,python3", "bookworm", str(root)]
    subprocess.run(debian, check=True, stdout=subprocess.DEVNULL, timeout=900)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    where = ["--target", str(root / _PACKAGES), "--python-version", "3.11", "--only-binary", ":all:"]
    subprocess.run(
        [*pip, *where, "--require-hashes", "-r", str(PROJECT / "requirements.lock")], check=True, timeout=600
    )
    for ours in ("agent", "collectors", "config"):
        shutil.copytree(PROJECT / ours, root / _PACKAGES / ours)
    program = root / "usr/bin/sendlogs"
    program.write_text('#!/bin/sh\nexec python3 -I -m agent "$@"\n')
    program.chmod(0o755)
    shutil.copy(PROJECT / "packaging/systemd/sendlogs.service", root / "etc/systemd/system")
    subprocess.run(["chroot", root, "useradd", "--system", "--home-dir", "/var/lib/sendlogs", "sendlogs"], check=True)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    root = tmp_path_factory.mktemp("debian")
    root.chmod(0o755)  # its "/", through which every account there must get
    _installed(root)
    boot = ["systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--console=pipe", "-D", str(root)]
    with (root.parent / "boot.log").open("wb") as log:
        running = subprocess.Popen(boot, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        booted = Machine(running.pid)
        _until(lambda: booted.run("systemctl", "is-active", "multi-user.target") == "active")
        yield booted
    finally:
        running.terminate()  # the machine shuts down in order
        running.wait(_START_SECONDS)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(migrated(tmp_path_factory.mktemp("desk") / "state", tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="module")
def service(machine: Machine, desk: RunningDesk) -> Machine:
    """Installed as docs/administrators.md says, with a policy that lets a champion gather."""
    machine.run("mkdir", "-p", "/etc/sendlogs")
    machine.run("tee", "/etc/sendlogs/agent.yaml", given=f"endpoint: desk:{desk.url}\nremote: allow\n")
    machine.run("install", "-d", "-o", "sendlogs", "-g", "sendlogs", "-m", "700", "/var/lib/sendlogs")
    machine.run(*_AS_SERVICE, "enroll", f"desk:{desk.url}", given=desk.command("enrollment-token"))
    machine.run("systemctl", "enable", "--now", "sendlogs")
    return machine


def test_it_starts_and_a_champion_gets_a_bundle_out_of_the_sandbox(service, desk):
    assert service.property("ActiveState") == "active"
    service.run(*_AS_SERVICE, "send", "--profile", "system", "--new", "It is slow", "--yes")
    asked = ("request", "--ticket", "1", "--profile", "system", "--reason", "look", "--as", "champion", "--follow")
    assert desk.command(*asked).splitlines()[-1] == "done"


def test_a_unit_that_fails_is_a_crash_and_one_that_is_stopped_is_none(service):
    unit = "[Service]\nExecStart=/bin/sh -c 'sleep 5; kill -SEGV $$$$'\n"  # long enough to be seen while it runs
    service.run("tee", "/run/systemd/system/nginx.service", given=unit)
    service.run("systemctl", "daemon-reload")
    service.run("systemctl", "start", "nginx")
    service.run("systemctl", "stop", "nginx")
    service.run("systemctl", "start", "nginx")
    _until(lambda: "as nginx.service (" in service.run("journalctl", "-u", "sendlogs", "--no-pager"))
    (kept,) = service.run("ls", "/var/lib/sendlogs/watch/snapshots").splitlines()
    assert "nginx.service (" in service.run("cat", f"/var/lib/sendlogs/watch/snapshots/{kept}/index.json")


def test_killed_it_starts_again(service):
    before = service.property("MainPID")
    service.run("sh", "-c", f"kill -9 {before}")  # a word of the shell: minbase has no program for it
    _until(lambda: service.property("ActiveState") == "active" and service.property("MainPID") not in (before, "0"))
    assert service.property("NRestarts") == "1"


def test_when_it_hangs_the_watchdog_ends_it_and_it_starts_again(service):
    service.run("mkdir", "-p", "/run/systemd/system/sendlogs.service.d")
    service.run("tee", "/run/systemd/system/sendlogs.service.d/quick.conf", given="[Service]\nWatchdogSec=6\n")
    service.run("systemctl", "daemon-reload")
    service.run("systemctl", "restart", "sendlogs")
    before = service.property("MainPID")
    service.run("sh", "-c", f"kill -STOP {before}")
    _until(lambda: service.property("ActiveState") == "active" and service.property("MainPID") not in (before, "0"))
    assert "Watchdog timeout" in service.run("journalctl", "-u", "sendlogs", "--no-pager")


def test_it_stops_within_two_seconds(service):
    begun = time.monotonic()
    service.run("systemctl", "stop", "sendlogs")
    assert time.monotonic() - begun < 2
    assert service.property("Result") == "success"


def test_its_exposure_is_low(service):
    told = service.run("systemd-analyze", "security", "--no-pager", "sendlogs").splitlines()[-1]
    assert float(told.split("sendlogs.service:")[1].split()[0]) <= 2.0, told
