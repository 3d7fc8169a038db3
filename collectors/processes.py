"""The running processes, as a table: number, parent, user, start, processor time, memory, name, program.

Arguments are left out at the source: passwords and tokens stand in them, and what cannot be recognised
cannot be redacted. For the same reason a name is never longer than the kernel's own, see ``_process_names``.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors import Artifact, Collector, Context, Fact, Limits, Platform, Sensitivity, Skipped
from collectors._process_names import program_of, running, short_name, start_of

_PATH = "processes/processes.txt"
_ATTRIBUTES = ["ppid", "username", "create_time", "cpu_times", "memory_info", "name", "exe"]
_HEAD = "pid\tparent\tuser\tstarted (UTC)\tprocessor seconds\tmemory bytes\tname\tprogram\n"


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """One table, columns apart by tabs, sorted by number; what may not be read is a ``-``."""
    rows: list[tuple[int, str]] = []
    truncated = None
    for process, info in running(_ATTRIBUTES):
        if context.remaining_seconds() <= 0:
            truncated = "the time was up before every process was listed"
            break
        rows.append((process.pid, _row(info, context.platform)))
    text = _HEAD + "".join(row for _, row in sorted(rows))
    artifact = Artifact.of_text(_PATH, text, source="the process table (arguments left out)")
    if not rows:
        yield Skipped(path=_PATH, reason=truncated or "the system shows no process")
    elif truncated is None:
        yield artifact
    else:
        yield Artifact(path=_PATH, open=artifact.open, origin=artifact.origin, truncated=truncated)


def _row(info: dict[str, object], platform: Platform) -> str:
    started = start_of(info.get("create_time"))
    times, memory = info.get("cpu_times"), info.get("memory_info")
    fields = (
        info.get("pid"),
        info.get("ppid"),
        info.get("username"),
        f"{started:%Y-%m-%d %H:%M:%S}" if started else None,
        f"{getattr(times, 'user', 0.0) + getattr(times, 'system', 0.0):.2f}" if times else None,
        getattr(memory, "rss", None),
        short_name(str(info.get("name") or ""), platform),
        program_of(str(info.get("exe") or "")),
    )
    # A process chooses its name: it must not be able to draw a line of its own into the table.
    return "\t".join("-" if field in (None, "") else " ".join(str(field).split()) for field in fields) + "\n"


COLLECTOR = Collector(
    title="Processes",
    gathers="The running programs: name, user, start, processor time and memory; never their arguments.",
    why="Another program that holds the processor, the memory or a file shows here.",
    sensitivity=Sensitivity.PERSONAL,
    collect=collect,
    limits=Limits(time_seconds=15, size_bytes=4 * 2**20),
)
