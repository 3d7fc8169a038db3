"""Of a block each line that tells of trouble is told once, with its level."""

import pytest

from agent.report.tracebacks import _LOOKED_AT_BYTES
from agent.report.troubled_lines import line_at, troubled_lines

FRAME = b'  File "/a.py", line 1, in f\n'
HEADING = b"Traceback (most recent call last):\n"


def told(block: bytes) -> list[tuple[int, str]]:
    return [(start, level) for start, level, *_ in troubled_lines(block)]


def test_a_line_with_many_words_of_trouble_and_bytes_that_are_no_text_counts_once() -> None:
    block = b"ERROR a\xff WARN error: b\nINFO \xfe ERROR\nlevel=warn [error] \xff ERROR\n"
    assert told(block) == [(0, "error"), (36, "warning")]


@pytest.mark.parametrize(
    ("line", "levels"),
    [
        (b"x" * 595 + b" WARN", ["warning"]),
        (b"x" * 596 + b" WARN", []),  # its text is cut before the word ends
        (b"ERROR\0", ["error"]),
        (b"\0\xff\xfeERROR\r", ["error"]),
        ("éERROR".encode(), []),
        (b"_ERROR ERRORS INFOS xHTTP/1.1 503", ["error"]),
        (b"[info] ERROR", []),
        (b"[INFO] ERROR", []),
        (b"TRACE [error]", []),
        (b"Level=WARN", ["warning"]),
        (b'"LEVEL": "panic"', ["error"]),
        (b'exception in thread "main"', []),
        (b"", []),
    ],
)
@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n", b"\nx"])
def test_the_level_is_that_of_the_first_word_that_is_one(line: bytes, levels: list[str], after: bytes) -> None:
    assert told(b"x\n" + line + after) == [(2, level) for level in levels]


def test_of_a_traceback_what_it_says_is_told_and_where_that_begins() -> None:
    block = b"WARN x\n" + HEADING + FRAME + b"lib.error: no\nERROR y\n"
    assert [(level, said, begin) for _, level, _, said, begin in troubled_lines(block)] == [
        ("warning", "WARN x", 0),
        ("error", "lib.error: no", 4),
        ("error", "ERROR y", 0),
    ]


@pytest.mark.parametrize("word_at", [50, 200])
def test_an_exception_that_stands_across_the_bound_of_its_traceback_counts_once(word_at: int) -> None:
    """Its line begins a hundred bytes before the bound; the word of trouble in it stands before or behind that."""
    left = _LOOKED_AT_BYTES - 100
    frames = FRAME * (left // len(FRAME) - 1)
    frames += b" " * (left - len(frames) - 1) + b"\n"
    block = HEADING + frames + b"E: ".ljust(word_at, b"y") + b" ERROR\n"
    assert told(block) == [(0, "error")]


def test_a_line_is_cut_to_its_first_bytes() -> None:
    block = b"a\n" + b"b" * 700 + b"\r\n" + b"c\r"
    assert [line_at(block, position) for position in (0, 1, 2, 500, len(block) - 1)] == [
        "a",
        "a",
        "b" * 600,
        "b" * 600,
        "c",
    ]
