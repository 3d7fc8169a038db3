"""A trigger means the same in every form it is given."""

import random
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact import load_rules
from agent.redact.picking.dialect import FOLDED, by_word, forms, split, whole

TRIGGERS = sorted({rule.trigger for rule in load_rules().rules})
OWN_LINES = {trigger: set() for trigger in TRIGGERS}
for _rule in load_rules().rules:
    OWN_LINES[_rule.trigger] |= {line for hit in _rule.hits for line in hit.text.encode().split(b"\n")}
LINES = sorted(set().union(*OWN_LINES.values()))
OTHERS = 300  # lines of other rules for each trigger: all for all would grow with the square of the rules


@cache
def _lines(trigger):
    return OWN_LINES[trigger] | set(random.Random(trigger).sample(LINES, OTHERS))


@cache
def _matched(text, trigger):
    """The lines, of those for ``trigger``, that an expression is found in."""
    search = re.compile(text.encode()).search
    return frozenset(line for line in _lines(trigger) if search(line))


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_forms_match_the_same_lines(trigger):
    expected = _matched(trigger, trigger)
    assert frozenset().union(*(_matched(form.text, trigger) for form in forms(trigger))) == expected
    assert _matched(whole(trigger).text, trigger) == expected
    assert frozenset().union(*(_matched(form.unrolled, trigger) for form in by_word(trigger))) >= expected


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_unrolled_forms_match_at_least_the_same_lines(trigger):
    for form in forms(trigger):
        expected, found = _matched(form.text, trigger), _matched(form.unrolled, trigger)
        assert found == expected if form.exact else found >= expected


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_line_that_matches_holds_one_of_the_gates(trigger):
    for form in forms(trigger):
        for line in _matched(form.text, trigger) if form.gates is not None else ():
            assert any(literal in line.translate(FOLDED) for literal in form.gates), line


@given(st.binary(max_size=30) | st.from_regex(rb"[ _x](?i:pin|api[_-]?key|auth)[ =]{0,4}[=:]"))
def test_the_alternatives_match_where_the_trigger_does(line):
    trigger = r"(?:\b|_)(?i:pin|(?:api|auth)[_-]?key)\s{0,3}[=:]"
    made = forms(trigger)
    assert len(made) > 1
    assert any(re.search(form.text.encode(), line) for form in made) == bool(re.search(trigger.encode(), line))


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (r"(?:(?i:pin|psk)\w*|[a-z](?:PIN|PSK))=", 4),
        (r"(?:^|[^a-z])(?:pin|psk)\w*=", 2),  # what stands in front of a word is none
        (r"\w*(?:pin|psk)=", 1),  # nor is a word what comes behind a repetition
        (r"(?:pin|)=", 1),
    ],
)
def test_a_trigger_has_a_form_for_each_word_that_it_begins_with(trigger, words):
    assert len(by_word(trigger)) == words
    for line in (b"pin=", b"psk=", b"aPSK=", b" psk1=", b"a=", b"="):
        assert any(re.search(form.unrolled.encode(), line) for form in by_word(trigger)) == bool(
            re.search(trigger.encode(), line)
        )


def test_repeats_are_unrolled_or_opened():
    def unrolled(trigger):
        return [(form.unrolled, form.exact) for form in forms(trigger)]

    assert unrolled("xyz[ab]{2}") == [("xyz(?:[a-b])(?:[a-b])", True)]
    assert unrolled("xyz[ab]{1,2}") == [("xyz(?:[a-b])(?:[a-b])?", True)]
    assert unrolled("xyz[ab]{1,99}") == [("xyz(?:[a-b])(?:[a-b])*", False)]


def test_a_few_letters_at_the_front_are_told_apart_where_that_makes_a_literal():
    assert {form.text for form in forms("gh[po]_")} == {r"gho\x5f", r"ghp\x5f"}
    assert len(forms(r"[.-]\d\d")) == 1


def test_the_rarest_literal_is_the_gate():
    assert whole("(?i:Password)[a-z]*=").gates == {b"password"}
    assert whole(r"\d\.\d").gates == {b"0.0"}
    assert whole("[a-z]+").gates is None


def test_a_literal_of_three_letters_tells():
    assert whole("ghp_").is_telling
    assert whole("(?:key|token)=").is_telling
    assert not whole(r"\d\d-\d\d\d").is_telling


def test_looking_around_is_refused():
    with pytest.raises(ValueError, match="no form"):
        forms("a(?=b)")


@pytest.mark.parametrize(
    ("trigger", "stays_open"),
    [
        ("ghp_", False),
        (r"key\w*=", True),
        ("key.{0,60}=", True),
        (r"\d{1,9}key", False),
        (r"(?:a|b\S+) c", True),
        ("a?", False),
        ("[0-9a-f]{32}:0101", True),  # begins anew at each digit of a run
        (r"\\b(?:[0-9]{8}|x)-", True),
        ("md5[0-9a-f]{32}", False),
        ("[ab]{32}:0101", False),
    ],
)
def test_a_form_tells_whether_its_matches_stay_open(trigger, stays_open):
    assert whole(trigger).stays_open == stays_open


@pytest.mark.parametrize(
    ("trigger", "stays"),
    [
        (r"^\s*sysname", False),
        (r"^\s+sysname", False),
        (r"^\s{0,8}sysname", False),
        (r"^[0-9]{4}sysname", True),
        (r"^sysname\s*", True),
    ],
)
def test_a_margin_is_left_out_for_hyperscan_and_the_form_is_not_exact_then(trigger, stays):
    """It misses such a line behind one in which another expression was half met."""
    form, _ = split(trigger)
    assert form.unrolled.startswith("^") is stays
    assert form.exact is stays


@pytest.mark.parametrize(
    ("trigger", "unrolled"),
    [
        ("needle .*-W", "needle\\x20"),
        ("needle [^\\r\\n]*x", "needle\\x20"),
        ("ab.*needle", None),  # the word stands behind
        ("needle .{0,4}-W", None),
        (r"needle \w*-W", None),
    ],
)
def test_what_goes_on_over_anything_behind_a_word_is_left_to_re2(trigger, unrolled):
    """Hyperscan misses some of it where another expression was half met on the way."""
    form, _ = split(trigger)
    assert (form.unrolled == unrolled) is (unrolled is not None)
    assert form.exact is (unrolled is None)
