"""A value out of a file of the application, by the profile's expression."""

import time

import pytest

from collectors import _found_value
from collectors._found_value import Found, compiled, in_files, matched, places


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        (r"^guid=(\d+)$", "a=1\nguid=123456789012345678\n", "123456789012345678"),
        (r"(?P<key>guid|id)=(?P<value>\w+)", "id=7", "7"),
        (r"[0-9.]+", "version 1.2.3", "1.2.3"),
        (r"v=(.*)", "v=  spaced \n", "spaced"),
        (r"v=(.*)", "v=\x1b[31mred", "[31mred"),
        (r"v=(.*)", "v=" + "x" * 500, "x" * 200),
        (r"v=(x)?", "v=", None),
        (r"v=(.*)", "v=\n", None),
        (r"absent(.)", "text", None),
        (r"(unclosed", "text", None),
        ("", "text", None),
        (r"x(.)", "\udcff x1", "1"),
        (r"(?s).*v=(\d)", "v=1\nv=2\n", "2"),
    ],
)
def test_the_first_match_gives_the_value(pattern, text, value) -> None:
    assert matched(pattern, text) == value


def test_what_is_wrong_with_an_expression_is_told() -> None:
    with pytest.raises(ValueError, match="missing"):
        compiled("((")


def test_the_first_file_that_exists_and_matches_counts(machine) -> None:
    context = machine(files={"/b": "id=2", "/c": "id=3", "/d": "none"})
    entries = [{"file": path, "pattern": r"id=(\d)"} for path in ("/a", "/d", "/c", "/b")]
    assert in_files(context, entries) == Found(value="3", source="/c")
    assert in_files(context, entries[:2]) is None
    assert places(entries[:2]) == "/a, /d"


def test_an_entry_without_its_keys_finds_nothing(machine) -> None:
    assert in_files(machine(files={"/b": "x"}), [{}, {"file": "/b"}]) is None


def test_no_pattern_takes_longer_than_the_text_is(machine) -> None:
    """A library that goes back and forth would take hours for this."""
    started = time.monotonic()
    assert matched(r"(?s).*started, version (.*)", "a line with starte\n" * 50_000) is None
    assert matched(r"(a+)+$", "a" * 100_000 + "b") is None
    assert time.monotonic() - started < 5


def test_utf_16_is_read_and_of_a_long_file_the_end(machine, monkeypatch) -> None:
    monkeypatch.setattr(_found_value, "_READ_BYTES", 40)
    context = machine(files={"/wide": "id=7\r\n".encode("utf-16"), "/long": "id=1\n" * 100 + "id=2\n" * 8})
    assert in_files(context, [{"file": "/wide", "pattern": r"^id=(\d)"}]) == Found(value="7", source="/wide")
    assert in_files(context, [{"file": "/long", "pattern": r"^id=(\d)"}]) == Found(value="2", source="/long")
