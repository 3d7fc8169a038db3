"""A trigger's parse, held against the standard library that matches with it."""

import re

import pytest

from agent.redact.picking.parsed_trigger import Anchor, Branch, ByteSet, Repeat, parsed

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
