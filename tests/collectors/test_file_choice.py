"""Bounds on files, where they are the same for every collector."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import Artifact, Origin, Skipped, cause_of, size_text
from collectors._bundle_paths import BundlePaths
from collectors._file_choice import Bounds, Choice, later, media_type


def bounds(**changes) -> Bounds:
    return Bounds(**{"file_bytes": 100, "total_bytes": 1000, "max_files": 10} | changes)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (3_400_000, "3.4 MB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (5 * 10**12, "5.0 TB"),
        (5 * 10**16, "50000.0 TB"),
    ],
)
def test_sizes_are_told_in_decimal_units(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_what_counts_as_whole_is_taken_whole_or_not_at_all(machine) -> None:
    context = machine(files={"/a.ini": "x" * 100, "/b.ini": "x" * 101})
    items = Choice(context, bounds(whole=True), BundlePaths("p")).take(["/a.ini", "/b.ini"])
    assert {item.path: type(item) for item in items} == {"p/a.ini": Artifact, "p/b.ini": Skipped}


def test_the_newest_are_taken_and_only_they_are_looked_at_again(machine) -> None:
    names = [f"/{letter}.log" for letter in "abcde"]
    context = machine(files=dict.fromkeys(names, "x\n"))
    for age, name in enumerate(names):
        os.utime(context._on_disk(name), (10**9 - age % 3, 10**9 - age % 3))
    asked: list[str] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(context, name)

        def origin(self, path: Path) -> Origin:
            asked.append(path.name)
            return context.origin(path)

    items = list(Choice(Watched(), bounds(max_files=3), BundlePaths("p")).take(names))
    assert [(item.path, type(item)) for item in items] == [
        ("p/a.log", Artifact),
        ("p/d.log", Artifact),
        ("p/b.log", Artifact),
        ("p/e.log", Skipped),
        ("p/c.log", Skipped),
    ]
    assert asked == ["a.log", "b.log", "c.log", "d.log", "e.log", "a.log", "d.log", "b.log"]


def test_each_file_tells_how_much_may_come_in_all(machine) -> None:
    files = {"/a.log": "x" * 40, "/b.log": "x" * 500, "/old.log": "x" * 70}
    context = machine(files=files)
    os.utime(context._on_disk("/old.log"), (10**9, 10**9))
    of_now = datetime.fromtimestamp(2 * 10**9, UTC)
    os.utime(context._on_disk("/a.log"), (2 * 10**9, 2 * 10**9))
    os.utime(context._on_disk("/b.log"), (2 * 10**9, 2 * 10**9))
    items = Choice(context, bounds(not_before=of_now), BundlePaths("p")).take(files)
    assert {item.path: item.expected_bytes for item in items if isinstance(item, Artifact)} == {
        "p/a.log": 140,  # of the long one the end is taken, and of what is too old nothing
        "p/b.log": 140,
    }
    few = Choice(context, bounds(total_bytes=90), BundlePaths("p")).take(files)
    assert next(iter(few)).expected_bytes == 90


def test_a_file_that_vanished_is_told(machine) -> None:
    (item,) = Choice(machine(), bounds(), BundlePaths("p")).take(["/gone"])
    assert isinstance(item, Skipped)
    assert item.path in {"p/gone", "p/_gone"}  # as a path of Windows, its backslash is a letter of another system's
    assert item.reason.startswith("cannot be read: ")


def test_a_file_that_grows_is_bounded_to_its_size_when_opened(machine) -> None:
    context = machine(files={"/a.log": "one\n"})
    (item,) = Choice(context, bounds(), BundlePaths("p")).take(["/a.log"])
    assert isinstance(item, Artifact)
    with item.open() as stream, context._on_disk("/a.log").open("ab") as writer:
        writer.write(b"two\n")
        writer.flush()
        assert stream.read() == b"one\n"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.JSON", "application/json"), ("a.yml", "application/yaml"), ("a.log.7", "text/plain"), ("a", "text/plain")],
)
def test_the_media_type_is_told_by_the_ending(name: str, expected: str) -> None:
    assert media_type(Path(name)) == expected


def test_no_bound_on_age_is_no_bound() -> None:
    assert later(None, None) is None


@pytest.mark.parametrize(
    ("number", "cause"),
    [(errno.EACCES, "no-right"), (errno.EPERM, "no-right"), (errno.EBUSY, "other"), (errno.EIO, "other")],
)
def test_what_may_not_be_read_is_told_from_what_cannot(machine, monkeypatch, number: int, cause: str) -> None:
    context = machine(files={"/a.log": "x"})

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, "words of some system")

    monkeypatch.setattr(type(context), "open_tail", refused)
    (item,) = Choice(context, bounds(), BundlePaths("p")).take(["/a.log"])
    assert item == Skipped(path="p/a.log", reason="cannot be read: words of some system", cause=cause)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [({"whole": True}, "over-size"), ({"total_bytes": 0}, "over-size"), ({"max_files": 0}, "other")],
)
def test_what_is_over_a_limit_of_size_is_told_from_what_is_too_many(machine, changes, cause: str) -> None:
    context = machine(files={f"/{number}.log": "x" * 101 for number in range(60)})
    found = [f"/{number}.log" for number in range(60)]
    items = list(Choice(context, bounds(**changes), BundlePaths("p")).take(found))
    assert [item.cause for item in items if isinstance(item, Skipped)] == [cause] * 51  # the last is about the rest


def test_a_device_that_is_not_ready_is_no_want_of_a_right() -> None:
    """Windows' numbers, of which Python makes one error."""
    refused = PermissionError(13, "words of some system")
    assert cause_of(refused) == "no-right"
    for number, cause in ((5, "no-right"), (21, "other")):
        refused.winerror = number  # where there is Windows, it sets that itself
        assert cause_of(refused) == cause
