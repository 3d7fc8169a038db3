"""Who is compared, how each is installed into a folder of its own, and how it is started."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.everyday_patterns import rg_command, sed_command

_ADAPTERS = Path(__file__).with_name("peer_adapters.py")
_INSTALL_SECONDS = 240
_PIP = ["-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "install", "--prefer-binary"]


class NotInstalled(Exception):
    """The registries do not give the peer; the message is what the installing program said last."""


@dataclass(frozen=True)
class Installed:
    """Where a peer is: its ``python`` (of an environment of its own), ``tool`` (program or folder), and which it is."""

    folder: Path
    python: Path
    tool: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A redactor to compare. ``pip`` is pinned, so that recall stays the same; ``speed_mb`` is what it can bear."""

    name: str
    speed_mb: float
    argv: Callable[[Installed, Path, Path], list[str]]
    pip: str = ""
    debian: str = ""
    tool: str = ""
    remark: str = ""

    def install(self, folder: Path) -> Installed:
        """Install it into ``folder``; raise ``NotInstalled``."""
        python, version = Path(sys.executable), self.name
        if self.pip:
            _run([sys.executable, "-I", "-m", "venv", "venv"], folder)
            python = folder / "venv/bin/python"
            _run([str(python), *_PIP, self.pip], folder)
            version = self.pip.replace("==", " ")
        if self.debian:
            _run(["apt-get", "download", "-qq", self.debian], folder)
            (package,) = folder.glob("*.deb")
            _run(["dpkg-deb", "-x", str(package), "debian"], folder)
            version = f"{self.name} ({' '.join(package.stem.split('_')[:2])})"
        return Installed(folder, python, folder / self.tool, version)


def _run(argv: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(argv, cwd=folder, check=False, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{argv[0]}: {type(error).__name__}") from error
    if done.returncode:
        raise NotInstalled(done.stderr.strip().rpartition("\n")[2])


def _adapter(name: str) -> Callable[[Installed, Path, Path], list[str]]:
    def argv(installed: Installed, source: Path, target: Path) -> list[str]:
        return [str(installed.python), "-I", str(_ADAPTERS), name, str(source), str(target), str(installed.tool)]

    return argv


def _sendlogs(installed: Installed, source: Path, target: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("sendlogs")), "redact", str(source), str(target)]


PEERS = (
    Peer(name="sendlogs", speed_mb=4, argv=_sendlogs, remark="stand-ins for people and machines"),
    Peer(
        name="detect-secrets",
        speed_mb=1,
        pip="detect-secrets==1.5.0",
        argv=_adapter("detect_secrets"),
        remark="scanner of secrets; reports only a part of some",
    ),
    Peer(
        name="kingfisher",
        speed_mb=50,
        pip="kingfisher-bin==2.14.0",
        tool="venv/bin/kingfisher",
        argv=_adapter("kingfisher"),
        remark="scanner of secrets, nothing asked of services",
    ),
    Peer(
        name="sentry-relay",
        speed_mb=4,
        pip="sentry-relay==0.10.1",
        argv=_adapter("relay"),
        remark="its rule for passwords takes the whole line",
    ),
    Peer(
        name="presidio",
        speed_mb=0.3,
        pip="presidio-analyzer==2.2.366",
        argv=_adapter("presidio"),
        remark="personal data; patterns only, no language model",
    ),
    Peer(
        name="scrubadub",
        speed_mb=0.3,
        pip="scrubadub==2.0.1",
        argv=_adapter("scrubadub"),
        remark="personal data; default detectors",
    ),
    Peer(
        name="sos clean",
        speed_mb=2,
        pip="pexpect",
        debian="sosreport",
        tool="debian/usr/lib/python3/dist-packages",
        argv=_adapter("sos"),
        remark="addresses, hosts and users; no secrets",
    ),
    Peer(
        name="sed",
        speed_mb=4,
        argv=lambda installed, source, target: sed_command(source, target, installed.folder / "script.sed"),
        remark="twelve everyday patterns",
    ),
    Peer(
        name="rg --replace",
        speed_mb=20,
        debian="ripgrep",
        tool="debian/usr/bin/rg",
        argv=lambda installed, source, target: rg_command(source, target, installed.tool),
        remark="the same twelve patterns; output in UTF-8",
    ),
)

NOT_TO_BE_HAD = (("gitleaks", "could not be installed: its makers have no package in Debian 12 or on PyPI"),)
