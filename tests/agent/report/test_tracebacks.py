"""Of a traceback the line is found that names the exception."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.report.tracebacks import exception_line

BODY = [
    "Traceback (most recent call last):",
    '  File "/a.py", line 1, in <module>',
    "    f()",
    "ValueError: no such share",
]


def found(text: str) -> str | None:
    data = text.encode()
    place = exception_line(data, 0)
    return data[slice(*place)].decode() if place else None


@pytest.mark.parametrize("prefix", ["", "Jun 14 15:16:01 host app[17]: ", "2026-06-14 15:16:01 | "])
@pytest.mark.parametrize("after", ["", "\n", "\nnext\n"])
def test_it_is_the_first_line_that_is_not_indented(prefix: str, after: str) -> None:
    text = "\n".join(prefix + line for line in BODY) + after
    assert found(text) == f"{prefix}ValueError: no such share"


def test_only_the_heading_may_stand_behind_a_time() -> None:
    assert found("\n".join(["2026-06-14 ERROR x: " + BODY[0], *BODY[1:]])) == BODY[-1]
    assert found("\n".join(["ERROR " + BODY[0], *BODY[1:]])) == BODY[-1]  # the blank in 'File "' is no indent


def test_a_group_of_exceptions_is_named_by_its_own() -> None:
    group = [
        "  + Exception Group " + BODY[0],
        '  |   File "/a.py", line 1',
        "  |     f()",
        "  | ExceptionGroup: two (2)",
    ]
    assert found("\n".join([*group, "  +-+---------------- 1 ----------------"])) == "  | ExceptionGroup: two (2)"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ERROR x\nValueError: y",
        BODY[0],
        "\n".join(BODY[:3]),
        f"{BODY[0]}\nnothing indented\n",
        f"{BODY[0]}\n  f()\n\nValueError: after a blank line",
    ],
)
def test_what_is_no_whole_traceback_has_none(text: str) -> None:
    assert found(text) is None


def test_many_headings_take_no_longer_than_one() -> None:
    block = (b" " + BODY[0].encode() + b"\n") * 2000 + b"x"
    started = time.monotonic()
    assert all(exception_line(block, start * 36) is None for start in range(1999))
    assert time.monotonic() - started < 1


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    place = exception_line(BODY[0].encode() + data, 0)
    assert place is None or place[0] < place[1]
