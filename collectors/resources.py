"""What the machine has and what is left of it: processor, memory, disks, and what the application uses.

One JSON; what may not be read (another user's process, a disk that does not answer) is ``null`` there, with
the reason beside it, because support must tell "none" from "not known".
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from collectors import Artifact, Collector, Context, Fact, Limits, Option, Sensitivity, Skipped, _options, cause_of
from collectors._bounded import call
from collectors._process_names import program_of, running, short_name, start_of

if TYPE_CHECKING:
    import psutil

T = TypeVar("T")
_PATH = "resources/resources.json"
_DISK_TIMEOUT_SECONDS = 2.0  # a local disk answers in milliseconds; one that does not is worth a line by itself
_RLIMITS = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC", "RSS", "STACK")  # getrlimit(2)


def collect(context: Context) -> Iterator[Artifact | Fact | Skipped]:
    """One JSON with ``processor``, ``memory``, ``swap``, ``disks`` and ``processes``."""
    names = list(_options.texts(context, "processes"))
    parts: dict[str, Callable[[], object]] = {
        "processor": _processor,
        "memory": _memory,
        "disks": lambda: _disks(context),
        "processes": lambda: list(_processes(context, names)),
    }
    found: dict[str, object] = {"taken_at": context.now.isoformat(timespec="seconds")}
    for part, ask in parts.items():
        if context.remaining_seconds() <= 0:
            yield Skipped(path=f"resources/{part}", reason="the time was up before it could be read")
            continue
        try:
            found[part] = ask()
        except (OSError, RuntimeError, ValueError) as problem:  # psutil's words for a /proc that is hidden
            reason = f"cannot be read: {type(problem).__name__}"
            yield Skipped(path=f"resources/{part}", reason=reason, cause=cause_of(problem))
    yield Artifact.of_json(_PATH, found, source="the operating system's counters")


def _processor() -> object:
    import psutil

    times = psutil.cpu_times()
    return {
        "logical_processors": psutil.cpu_count(),
        "cores": psutil.cpu_count(logical=False),
        # Windows has none; psutil counts one there itself, from the first call on, when it is zero.
        "load_1_5_15_minutes": None if sys.platform == "win32" else psutil.getloadavg(),
        "seconds_since_start": {name: round(value, 1) for name, value in times._asdict().items()},
    }


def _memory() -> object:
    import psutil

    swap: dict[str, object] | None = None
    with warnings.catch_warnings(), contextlib.suppress(RuntimeError):  # as a Windows without performance counters
        warnings.simplefilter("ignore", RuntimeWarning)  # psutil warns where a container hides the swap counters
        swap = _without_percent(psutil.swap_memory()._asdict())
    return {"main_bytes": _without_percent(psutil.virtual_memory()._asdict()), "swap_bytes": swap}


def _without_percent(counters: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in counters.items() if name != "percent"}


def _disks(context: Context) -> object:
    """The mounted physical disks. Network mounts are not asked: a dead one never answers."""
    import psutil

    disks = []
    for partition in psutil.disk_partitions(all=False):
        disk: dict[str, object] = {
            "device": partition.device,
            "mounted_at": partition.mountpoint,
            "kind": partition.fstype,
        }
        disk["options"] = partition.opts
        limit = min(_DISK_TIMEOUT_SECONDS, context.remaining_seconds())
        try:
            disks.append(disk | call(partial(_space, partition.mountpoint), timeout_seconds=limit))
        except OSError as problem:  # TimeoutError among them
            disks.append(disk | {"free_bytes": None, "unknown_because": problem.strerror or str(problem)})
    return disks


def _space(mounted_at: str) -> dict[str, object]:
    import psutil

    usage = psutil.disk_usage(mounted_at)
    space: dict[str, object] = {"total_bytes": usage.total, "used_bytes": usage.used, "free_bytes": usage.free}
    if hasattr(os, "statvfs"):  # not on Windows, whose file systems have no fixed number of files
        numbers = os.statvfs(mounted_at)
        space |= {"files_possible": numbers.f_files, "files_free": numbers.f_favail}
    return space


def _processes(context: Context, names: list[str]) -> Iterator[object]:
    for process, info in running(["name", "exe"]) if names else ():
        if context.remaining_seconds() <= 0:
            yield {"incomplete": "the time was up before every process was looked at"}
            return
        name, executable = str(info["name"] or ""), str(info["exe"] or "")
        if any(_is_meant(name, executable, wanted) for wanted in names):
            with process.oneshot():
                yield _usage(process, short_name(name, context.platform), program_of(executable))


def _is_meant(name: str, executable: str, wanted: str) -> bool:
    """Whether a glob means a process: by its name or program, or by the whole path if the glob has a slash."""
    wanted = wanted.casefold().replace("\\", "/").removesuffix(".exe")
    if "/" in wanted:
        return fnmatchcase(executable.casefold().replace("\\", "/").removesuffix(".exe"), wanted)
    candidates = (name, program_of(executable))
    return any(fnmatchcase(each.casefold().removesuffix(".exe"), wanted) for each in candidates)


def _usage(process: psutil.Process, name: str, program: str) -> dict[str, object]:
    def times() -> float:
        spent = process.cpu_times()
        return round(spent.user + spent.system, 2)

    questions: dict[str, Callable[[], object]] = {
        "user": process.username,
        "state": process.status,
        "started_at": lambda: (start := start_of(process.create_time())) and start.isoformat(timespec="seconds"),
        "processor_seconds": times,
        "memory_bytes": lambda: process.memory_info().rss,
        "threads": process.num_threads,
        "connections": lambda: len(process.net_connections(kind="inet")),
        "open_handles": lambda: _open_handles(process),
        "limits": lambda: _limits(process),
    }
    answers = {question: _or_none(ask) for question, ask in questions.items()}
    return {"pid": process.pid, "name": name, "program": program} | answers


def _open_handles(process: psutil.Process) -> int:
    """Files and connections held open: descriptors, or on Windows handles of every kind."""
    if sys.platform == "win32":
        return process.num_handles()
    else:  # noqa: RET505 - so that mypy sees the one of its platform
        return process.num_fds()


def _limits(process: psutil.Process) -> object:
    """The limit that counts, and to which it may be raised. Only Linux tells those of another process."""
    if sys.platform == "linux":
        import psutil

        limits = {name: process.rlimit(getattr(psutil, f"RLIMIT_{name}")) for name in _RLIMITS}
        words = {
            name: ["unlimited" if each == psutil.RLIM_INFINITY else str(each) for each in limits[name]]
            for name in limits
        }
        return {name: f"{soft} (at most {hard})" for name, (soft, hard) in words.items()}
    else:  # noqa: RET505 - as above
        return None


def _or_none(ask: Callable[[], T]) -> T | None:
    """The answer, or ``None`` where the system does not let us know, or the process has ended meanwhile."""
    import psutil

    try:
        return ask()
    except (psutil.Error, OSError, AttributeError, NotImplementedError):
        return None


COLLECTOR = Collector(
    title="Resources",
    gathers="Processor, memory, swap and disks, and what the application's own programs use of them.",
    why="A full disk, too little memory or a limit of open files is the cause of many failures.",
    sensitivity=Sensitivity.LOW,
    collect=collect,
    options=(
        Option(
            name="processes",
            kind="strings",
            default=[],
            help="names of the application's programs (globs); with a slash in it, a glob of the whole path",
        ),
    ),
    limits=Limits(time_seconds=20, size_bytes=2**20),
)
