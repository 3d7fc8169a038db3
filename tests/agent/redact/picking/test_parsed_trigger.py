"""A trigger's parse, held against the standard library that matches with it."""

import re

import pytest

from agent.redact.picking.dialect import Form
from agent.redact.picking.parsed_trigger import (
    Anchor,
    Branch,
    ByteSet,
    Repeat,
    byte_set,
    forget,
    loosely_parsed,
    parsed,
)

EVERY_BYTE = [bytes([byte]) for byte in range(256)]


@pytest.mark.parametrize(
    "trigger",
    [r"a", r"(?i:a)", r"[^a]", r"(?i:[^a-c])", r"(?i:[a-f\d])", r"\s", r"[^\w]", r"\D", r".", r"\xe4", r"(?i:\xe4)"],
)
def test_one_byte_is_what_re_takes_for_it(trigger):
    (found,) = parsed(trigger)
    assert isinstance(found, ByteSet)
    # A dot leaves the line feed out, which no line holds.
    matched = {byte[0] for byte in EVERY_BYTE if re.fullmatch(trigger.encode(), byte, re.DOTALL)}
    assert found.members == matched


def test_the_parts_of_a_trigger():
    a, b, c, d, x = (ByteSet(frozenset({byte})) for byte in b"abcdx")
    assert parsed(r"\b(?:ab|cd)x{2,5}x+(x)?$") == (
        Anchor(r"\b"),
        Branch(((a, b), (c, d))),
        Repeat(2, 5, (x,)),
        Repeat(1, None, (x,)),
        Repeat(0, 1, (x,)),
        Anchor("$"),
    )


@pytest.mark.parametrize("trigger", [r"x(?=y)", r"x(?<!y)", r"(x)\1", r"(x)?(?(1)y|z)"])
def test_what_engines_do_not_know_is_refused(trigger):
    with pytest.raises(ValueError, match="no form in other engines"):
        parsed(trigger)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (rb"(?<!x)a(?=b)", b"ab"),
        (rb"(?:a(?=bc)|z)(?=b)", b"abc"),
        (rb"a(?=b)(?!bd)", b"abc"),
        (rb"(?:a(?=b))*+c?", b"a"),
        (rb"(?i)key(?>=|:)x{2,60}\Z", b"KEY=" + b"x" * 60),
        (rb"\A[a-f]{9,9}?$", b"abcdefabc"),
        (rb"a(?<=a)b(?=c|(?=d)d)", b"abd"),
    ],
)
def test_a_loose_form_matches_where_the_pattern_does(pattern, line):
    assert re.search(pattern, line)
    assert re.search(Form(loosely_parsed(pattern)).text.encode(), line)


def test_a_loose_form_tells_what_stands_ahead_of_the_last():
    search = re.compile(Form(loosely_parsed(rb"\b(?P<value>\w+)(?=:\d)")).text.encode()).search
    assert search(b"a b:1")
    assert search(b"a b:") is None


def test_what_is_said_again_has_no_loose_form():
    with pytest.raises(ValueError, match="GROUPREF"):
        loosely_parsed(rb"(a)\1")


def test_thousands_of_triggers_share_their_sets_until_they_are_let_go_of():
    first, second = parsed(r"a\w"), parsed(r"b\w")
    assert first[1] is second[1]
    assert first[1] is byte_set(first[1].members)
    forget()
    again = parsed(r"a\w")
    assert again == first
    assert again[1] is not first[1]
