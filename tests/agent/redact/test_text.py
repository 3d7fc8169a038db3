from collections import Counter

import pytest

from agent.redact.patterns import LazyPattern
from agent.redact.pseudonym import namer
from agent.redact.rules import Rule
from agent.redact.text import Asked, LineRedactor


def rule(name, pattern, kind=None, validator=None):
    return Rule(
        name=name,
        family="x",
        why="x",
        source="x",
        since=1,
        kind=kind,
        trigger="x",
        pattern=LazyPattern(pattern),
        validator=validator,
    )


@pytest.fixture
def redact_line():
    def run(line, *rules, kept=frozenset()):
        counts = Counter()
        redactor = LineRedactor(rules, namer(b"k"), kept)
        return redactor.replace(
            line, redactor.spans(line, Asked(anywhere=tuple(range(len(rules)))), []), counts
        ), counts

    return run


def test_only_the_group_called_value_is_replaced(redact_line):
    assert redact_line(b"pin=1234;", rule("pin", rb"pin=(?P<value>\d+)")) == (b"pin=[redacted:pin];", {"pin": 1})


def test_the_alternative_that_matched_says_what_is_replaced(redact_line):
    both = rule("pin", rb"pin=(?P<value>\d+)|pin:(?P<value_b>\d+)")
    assert redact_line(b"pin:1234;", both)[0] == b"pin:[redacted:pin];"


def test_overlapping_findings_become_one_with_the_leftmost_name(redact_line):
    line, counts = redact_line(b"-abcdef-", rule("late", b"cdef"), rule("early", b"abcd"))
    assert (line, counts) == (b"-[redacted:early]-", {"early": 1})


def test_a_credential_wins_over_the_identity_it_overlaps(redact_line):
    line, _ = redact_line(b"-abcdef-", rule("who", b"abcd", kind="user"), rule("key", b"cdef"))
    assert line == b"-[redacted:key]-"


def test_touching_findings_stay_two(redact_line):
    assert redact_line(b"ab", rule("one", b"a"), rule("two", b"b"))[0] == b"[redacted:one][redacted:two]"


def test_what_a_validator_drops_stays(redact_line):
    assert redact_line(b"12", rule("odd", rb"\d+", validator=lambda value, match: int(value) % 2 == 1))[0] == b"12"


def test_kept_values_stay_in_any_case(redact_line):
    assert redact_line(b"WEB01", rule("h", b"WEB01", kind="host"), kept=frozenset({b"web01"}))[0] == b"WEB01"


def test_a_stand_in_is_not_replaced_again(redact_line):
    assert redact_line(b"user=user-abcdefgh", rule("u", rb"user=(?P<value>\S+)", kind="user"))[1] == {}
