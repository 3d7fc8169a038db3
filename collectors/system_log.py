"""What the operating system logged: about the application, and the errors of the whole machine.

Each platform answers in its own way: Linux by journald, or by the text files of a syslog daemon where there is
no journal; Windows by the Application and System event logs; macOS by the unified log.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors import Artifact, Collector, Context, Fact, Limits, Option, Sensitivity, Skipped
from collectors._linux_log import linux_log
from collectors._macos_log import macos_log
from collectors._windows_log import windows_log


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """Text files under ``system_log/``."""
    gathered = {"linux": linux_log, "win32": windows_log, "darwin": macos_log}[context.platform]
    yield from gathered(context)


COLLECTOR = Collector(
    title="System log",
    gathers="What the operating system logged about the application, and the errors of the whole computer.",
    why="It shows what happened around the application: a full disk, a killed process, a lost network.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    options=(
        Option(name="units", kind="strings", default=(), help="systemd units of the application (Linux)"),
        Option(name="identifiers", kind="strings", default=(), help="syslog identifiers of it (Linux)"),
        Option(name="providers", kind="strings", default=(), help="its event log sources (Windows)"),
        Option(name="processes", kind="strings", default=(), help="its process names (macOS)"),
        Option(name="lines", kind="integer", default=5000, help="lines (Windows: events) of each kind at most"),
    ),
    # The unified log of macOS takes tens of seconds for a day.
    limits=Limits(time_seconds=60.0, size_bytes=32 * 2**20),
)
