"""What every collector keeps, whoever wrote it. A new one joins by existing."""

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest

import collectors
from agent.collect.machine import MachineContext
from collectors import Artifact, Collector, CommandFailed, CommandMissing, Fact, Limits, Origin, Platform, Skipped

INSTALLED = collectors.installed()
PAIRS = [(name, platform) for name, declared in INSTALLED.items() for platform in sorted(declared.platforms)]
each_collector = pytest.mark.parametrize("name", sorted(INSTALLED))
on_each_platform = pytest.mark.parametrize(("name", "platform"), PAIRS)
KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "strings": (list, tuple),
    "object": (Mapping,),
    "objects": (list, tuple),
}
EMPTY = {"string": "", "strings": (), "objects": (), "object": {}}


def places_of(declared: Collector) -> list[str]:
    """The options by which it is told where files are."""
    return [option.name for option in declared.options if option.name in {"globs", "folders", "folder"}]


class Recorded(Mapping[str, object]):
    """Options that remember which of them were read; to ask for one that is not declared is an error."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> object:
        assert name in self._values, f"the option '{name}' is read but not declared"
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("options are read by name")

    def __len__(self) -> int:
        return len(self._values)


def no_commands(argv: Sequence[str], **_: object) -> str:
    raise CommandMissing(f"the command '{argv[0]}' is not on this machine")


def failing_commands(argv: Sequence[str], **_: object) -> str:
    raise CommandFailed(f"'{argv[0]}' ended with status 1")


def babbling_commands(argv: Sequence[str], **_: object) -> str:
    return "\x00\x1b[31m{<[%s\n:=,\t" * 50


RUNNERS = {"missing": no_commands, "failing": failing_commands, "babbling": babbling_commands}


def context(root: Path, declared: Collector, platform: Platform, **changes: Any) -> MachineContext:
    """A machine with no file and no command, and time enough for none of the waits that a collector may make."""
    end = time.monotonic() + 3
    values: dict[str, Any] = {
        "platform": platform,
        "now": datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
        "not_before": None,
        "options": {option.name: option.default for option in declared.options},
        "limits": declared.limits,
        "environment": {"LANG": "C"},
        "time_left": lambda: end - time.monotonic(),
        "runner": no_commands,
        "root": root,
    }
    return MachineContext(**(values | changes))


def run(declared: Collector, given: MachineContext) -> list[Artifact | Fact | Skipped]:
    return list(declared.collect(given))


@each_collector
def test_it_says_what_it_is(name: str) -> None:
    """Module and function have a docstring; title, gathers and why are sentences for a person."""
    declared = INSTALLED[name]
    assert (__import__(f"collectors.{name}", fromlist=["collect"]).__doc__ or "").strip()
    assert (declared.collect.__doc__ or "").strip()
    assert declared.title
    assert declared.title[0].isupper()
    for sentence in (declared.gathers, declared.why):
        assert re.fullmatch(r"[A-Z].{15,}\.", sentence), sentence
    assert declared.platforms
    assert declared.limits.time_seconds > 0
    assert declared.limits.size_bytes > 0


def test_titles_and_sentences_are_unique() -> None:
    """A person can tell any two collectors apart by each of their texts."""
    for words in ("title", "gathers", "why"):
        texts = [getattr(declared, words) for declared in INSTALLED.values()]
        assert len(set(texts)) == len(texts), words


@each_collector
def test_its_options_are_declared_with_a_fitting_default_and_help(name: str) -> None:
    """Names are words, defaults have the declared kind, and each option tells what it means."""
    for option in INSTALLED[name].options:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", option.name)
        assert isinstance(option.default, KINDS[option.kind]), option.name
        assert len(option.help) > 10, option.name
    names = [option.name for option in INSTALLED[name].options]
    assert len(set(names)) == len(names)


@on_each_platform
@pytest.mark.parametrize("commands", RUNNERS)
def test_a_machine_that_answers_nothing_is_no_error(
    name: str, platform: Platform, commands: str, tmp_path: Path
) -> None:
    """No file, no variable, and commands that are missing, fail or babble: it yields something and never raises."""
    declared = INSTALLED[name]
    items = run(declared, context(tmp_path, declared, platform, runner=RUNNERS[commands]))
    assert items
    for item in items:
        check(item, name, declared)


@on_each_platform
def test_a_machine_with_nothing_to_give_is_said_to_be_so(name: str, platform: Platform, tmp_path: Path) -> None:
    """Options at their emptiest, no file and no command: either it knows without them, or it says what is missing."""
    declared = INSTALLED[name]
    options = {option.name: EMPTY.get(option.kind, option.default) for option in declared.options}
    items = run(declared, context(tmp_path, declared, platform, options=options))
    known = [item for item in items if isinstance(item, Artifact) and item.open().read()]
    assert known or any(isinstance(item, Skipped) for item in items)
    assert known or not any(isinstance(item, Fact) for item in items)


@each_collector
def test_it_reads_the_options_it_declares_and_no_others(name: str, tmp_path: Path) -> None:
    """Every option of its own is read on some platform; one that is not declared is never asked for."""
    declared, read = INSTALLED[name], set()
    for platform in declared.platforms:
        options = Recorded({option.name: option.default for option in declared.options})
        run(declared, context(tmp_path, declared, platform, options=options, runner=babbling_commands))
        read |= options.read
        (tmp_path / "journal").mkdir(exist_ok=True)
        run(declared, context(tmp_path, declared, platform, options=options))
        read |= options.read
    assert read == {option.name for option in declared.options if not option.for_watching}


@on_each_platform
def test_it_ends_at_once_when_there_is_no_time(name: str, platform: Platform, tmp_path: Path) -> None:
    """With no second left it starts no command, and is done at once."""
    declared = INSTALLED[name]
    started = time.monotonic()
    items = run(declared, context(tmp_path, declared, platform, time_left=lambda: 0.0, runner=unwanted))
    assert time.monotonic() - started < 2
    assert items


def unwanted(argv: Sequence[str], **_: object) -> str:
    raise AssertionError(f"{argv[0]} was started without time")


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        (name, platform)
        for name, platform in PAIRS
        if places_of(INSTALLED[name]) and sys.platform in (platform, "linux", "darwin")  # Windows opens its own places
    ],
)
def test_it_keeps_its_size_limit(name: str, platform: Platform, tmp_path: Path) -> None:
    """The bytes of all files that it takes stay within the limit together, and what is left out is said."""
    declared = INSTALLED[name]
    folder = tmp_path / ("C/logs" if platform == "win32" else "logs")
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / f"app.{number}.log").write_text("one line of a log\n" * 1000)
    place = "C:\\logs" if platform == "win32" else "/logs"
    options = {option.name: option.default for option in declared.options}
    for option in places_of(declared):
        options[option] = {"globs": (f"{place}/*",), "folders": (place,), "folder": place}[option]
    limits = Limits(time_seconds=declared.limits.time_seconds, size_bytes=100_000)
    items = run(declared, context(tmp_path, declared, platform, options=options, limits=limits))
    taken = [item for item in items if isinstance(item, Artifact) and item.origin.source.startswith(("/logs", "C:"))]
    assert 0 < sum(len(item.open().read()) for item in taken) <= limits.size_bytes
    assert any("limit" in item.reason for item in items if isinstance(item, Skipped))


def check(item: Artifact | Fact | Skipped, name: str, declared: Collector) -> None:
    """What holds for anything that a collector yields."""
    if isinstance(item, Skipped):
        assert item.path
        assert item.reason
        assert "\n" not in item.reason
    elif isinstance(item, Fact):
        assert item.item in declared.items
        assert item.value == item.value.strip() != ""
        assert item.source
    else:
        check_artifact(item, name)


def check_artifact(item: Artifact, name: str) -> None:
    path = PurePosixPath(item.path)
    assert item.path.isprintable()
    assert str(path) == item.path
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert not PureWindowsPath(item.path).drive
    assert path.parts[0] == ("logs" if name == "application_logs" else name)
    assert len(path.parts) > 1
    first, second = item.open(), item.open()
    with first, second:
        data = first.read()
        assert data == second.read()
    assert re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", item.media_type)
    if item.media_type == "application/json":
        json.loads(data)
    check_origin(item.origin)


def check_origin(origin: Origin) -> None:
    assert origin.source
    if origin.modified_at is not None:
        assert origin.modified_at.utcoffset() == datetime.now(UTC).utcoffset()
    if origin.mode is not None:
        assert re.fullmatch(r"[0-7]{4}", origin.mode)
