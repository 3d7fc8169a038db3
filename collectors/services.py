"""The system's services: which of the application's run, since when, how often they were restarted.

What manages services differs most between platforms, and on Linux between machines: many containers and
some distributions have no systemd, which is said, and the older ``service`` is asked instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from collectors import (
    Artifact,
    Collector,
    CommandError,
    Context,
    Fact,
    Limits,
    Option,
    Sensitivity,
    Skipped,
    _options,
)

# systemd.service(5) and org.freedesktop.systemd1(5) tell each; Environment and ExecStart are left out on
# purpose, since secrets stand in them.
_PROPERTIES = (
    "Id,LoadState,UnitFileState,ActiveState,SubState,Result,MainPID,NRestarts,ExecMainCode,ExecMainStatus,"
    "StateChangeTimestamp,ActiveEnterTimestamp,InactiveEnterTimestamp,MemoryCurrent,TasksCurrent,LimitNOFILE"
)
_Found = Iterator[Artifact | Fact | Skipped]


def collect(context: Context) -> _Found:
    """One text per question asked; the answers as the system gives them."""
    # A name that begins with a dash would be an option to the commands below, and is no service's name.
    names = [name for name in _options.texts(context, "names") if not name.startswith("-")]
    yield from {"linux": _linux, "darwin": _macos, "win32": _windows}[context.platform](context, names)


def _linux(context: Context, names: list[str]) -> _Found:
    if names:
        argv = ["systemctl", "show", "--no-pager", f"--property={_PROPERTIES}", "--", *names]
    else:
        argv = ["systemctl", "list-units", "--type=service", "--all", "--plain", "--no-legend", "--no-pager"]
    try:
        text = context.run(*argv)
        failed = context.run("systemctl", "list-units", "--failed", "--plain", "--no-legend", "--no-pager")
    except CommandError as problem:
        yield Skipped(path="services/systemd.txt", reason=f"no systemd answers: {problem}")
        yield from _answer(context, "service.txt", ["service", "--status-all"], names)
        return
    yield Artifact.of_text("services/systemd.txt", text, source=" ".join(argv[:3]))
    yield Artifact.of_text("services/failed.txt", failed or "no unit has failed\n", source="systemctl --failed")


def _macos(context: Context, names: list[str]) -> _Found:
    # Not "launchctl print": it shows the environment of each service.
    yield from _answer(context, "launchctl.txt", ["launchctl", "list"], names)


def _windows(context: Context, names: list[str]) -> _Found:
    if not names:
        yield from _answer(context, "services.txt", ["sc", "query", "type=", "service", "state=", "all"], [])
    for name in names:
        for verb in ("queryex", "qc", "qfailure"):
            # A service's name may hold what a file's name may not.
            file = "".join(letter if letter.isalnum() else "-" for letter in name)
            yield from _answer(context, f"{file}-{verb}.txt", ["sc", verb, name], [])


def _answer(context: Context, file: str, argv: list[str], names: list[str]) -> _Found:
    """The answer of a command, of which only the lines that hold one of the names, where names are given."""
    path, source = f"services/{file}", " ".join(argv)
    if context.remaining_seconds() <= 0:
        yield Skipped(path=path, reason=f"the time was up before {source} could be asked")
        return
    try:
        text = context.run(*argv)
    except CommandError as problem:
        yield Skipped(path=path, reason=str(problem))
        return
    lines = [line for line in text.splitlines() if not names or _holds(line, names)]
    if lines:
        yield Artifact.of_text(path, "\n".join(lines) + "\n", source=source)
    else:
        yield Skipped(path=path, reason=f"{source} knows no service named {', '.join(names)}")


def _holds(line: str, names: list[str]) -> bool:
    words = line.casefold().split()
    return any(fnmatchcase(word, name.casefold()) for word in words for name in names)


COLLECTOR = Collector(
    title="Services",
    gathers="The state of the application's services: running or not, since when, restarts and exit codes.",
    why="A service that is stopped, disabled or restarts again and again is the commonest cause of all.",
    sensitivity=Sensitivity.LOW,
    collect=collect,
    options=(
        Option(name="names", kind="strings", default=[], help="names of services (globs are understood); empty: all"),
    ),
    limits=Limits(time_seconds=30, size_bytes=8 * 2**20),
)
