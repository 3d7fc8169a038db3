import pickle
import re

import pytest

from agent.redact.patterns import LazyPattern, check_pattern, check_trigger
from config import ConfigurationProblem


@pytest.mark.parametrize("text", [r"(a+)+b", r"(?:\w+\s*)*x", r"(x*)*", r"(?:a|b+){2000}y"])
def test_a_repetition_inside_an_unbounded_one_is_refused(text):
    with pytest.raises(ConfigurationProblem, match="may take forever"):
        check_pattern(text, "here")


@pytest.mark.parametrize("text", [r"(?<!\d)\d+", r"a(?=b)", r"(a)\1"])
def test_a_trigger_has_only_what_every_engine_understands(text):
    with pytest.raises(ConfigurationProblem, match="look-around"):
        check_trigger(text, "here")


def test_a_trigger_that_matches_every_line_picks_nothing():
    with pytest.raises(ConfigurationProblem, match="empty line"):
        check_trigger("a*", "here")


def test_what_is_no_expression_names_the_place():
    with pytest.raises(ConfigurationProblem, match=r"rules\.yaml: rule x: is not a regular expression"):
        check_pattern("(", "rules.yaml: rule x")


def test_groups_have_the_one_known_name():
    with pytest.raises(ConfigurationProblem, match="value"):
        check_pattern("(?P<secret>x)", "here")


def test_a_repetition_inside_a_look_around_is_no_danger():
    check_pattern(r"(?:a(?=b{1,40}c))*d", "here")


def test_a_pattern_is_compiled_when_it_is_used_and_knows_its_values():
    pattern = LazyPattern(b"(?P<value>a+)|b(?P<value_b>c)")
    assert vars(pattern) == {"pattern": b"(?P<value>a+)|b(?P<value_b>c)"}
    assert [match[0] for match in pattern.finditer(b"aa bc")] == [b"aa", b"bc"]
    assert pattern.search(b" aa", 2)[0] == b"a"
    assert pattern.match(b" aa") is None
    assert pattern.value_groups == (1, 2)
    assert LazyPattern(b"x").value_groups == (0,)
    with pytest.raises(AttributeError):
        pattern.nothing  # noqa: B018 - the look is the test


@pytest.mark.parametrize("line", [b"ab ab", b"ab", b"b ab", b""])
def test_a_pattern_of_the_start_of_a_line_is_tried_there_alone(line):
    pattern, plain = LazyPattern(b"^(?:a(?P<value>b)|c)"), re.compile(b"^(?:a(?P<value>b)|c)")
    for place in ((line,), (line, 0), (line, 1), (line, 0, 1)):
        assert [match.span() for match in pattern.finditer(*place)] == [
            match.span() for match in plain.finditer(*place)
        ]
        assert (pattern.search(*place) is None) == (plain.search(*place) is None)


def test_a_pattern_of_which_one_alternative_stands_anywhere_is_tried_everywhere():
    assert len(list(LazyPattern(b"^a|b").finditer(b"abb"))) == 3


def test_a_pattern_can_be_sent_to_a_worker_when_it_was_used_as_before():
    pattern = LazyPattern(b"^a(?P<value>b)")
    assert pattern.search(b"ab")
    again = pickle.loads(pickle.dumps(pattern))
    assert [match["value"] for match in again.finditer(b"ab")] == [b"b"]
