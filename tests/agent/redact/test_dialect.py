"""A trigger means the same in every form it is given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import load_rules
from agent.redact.dialect import FOLDED, alternatives, for_hyperscan, for_re2, gates, is_telling

TRIGGERS = sorted({rule.trigger for rule in load_rules().rules})
LINES = [line for rule in load_rules().rules for hit in rule.hits for line in hit.text.encode().split(b"\n")]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_form_for_re2_matches_the_same_lines(trigger):
    other = re.compile(for_re2(trigger).encode())
    for line in LINES:
        assert bool(other.search(line)) == bool(re.search(trigger.encode(), line)), line


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_forms_for_hyperscan_match_at_least_the_same_lines(trigger):
    forms, exact = for_hyperscan(trigger)
    others = [re.compile(form.encode()) for form in forms]
    for line in LINES:
        found, expected = any(other.search(line) for other in others), bool(re.search(trigger.encode(), line))
        assert found == expected if exact else found >= expected, line


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_line_that_matches_holds_one_of_the_gates(trigger):
    literals = gates(trigger)
    for line in LINES:
        if literals is not None and re.search(trigger.encode(), line):
            assert any(literal in line.translate(FOLDED) for literal in literals), line


@given(st.binary(max_size=30))
def test_the_alternatives_match_where_the_trigger_does(line):
    trigger = r"(?:\b|_)(?i:pin|(?:api|auth)[_-]?key)\s{0,3}[=:]"
    forms = alternatives(trigger)
    assert len(forms) > 1
    assert any(re.search(form.encode(), line) for form in forms) == bool(re.search(trigger.encode(), line))


def test_repeats_are_unrolled_or_opened():
    assert for_hyperscan("xyz[ab]{2}") == (("xyz(?:[a-b])(?:[a-b])",), True)
    assert for_hyperscan("xyz[ab]{1,2}") == (("xyz(?:[a-b])(?:[a-b])?",), True)
    assert for_hyperscan("xyz[ab]{1,99}") == (("xyz(?:[a-b])(?:[a-b])*",), False)


def test_the_rarest_literal_is_the_gate():
    assert gates("(?i:Password)[a-z]*=") == {b"password"}
    assert gates(r"\d\.\d") == {b"0.0"}
    assert gates("[a-z]+") is None


def test_a_literal_of_three_letters_tells():
    assert is_telling("ghp_")
    assert is_telling("(?:key|token)=")
    assert not is_telling(r"\d\d")
