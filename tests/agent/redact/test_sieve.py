"""A sieve finds what the pattern finds: it may look in vain where ``re`` would, and never the other way round."""

import itertools
import random
import re

import pytest

from agent.redact import sieve
from agent.redact.patterns import LazyPattern
from agent.redact.sieve import Sieve

PATTERN = rb"(?<![\w.])(?P<value>key\d{1,3})(?=:)"
LINES = [b"a key12: b", b"akey12:", b"key12", b"key1:key2: key3:", b"\nkey1:", b"", b"nothing at all", b"x.key1: key4:"]


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(sieve, "_SAMPLE", 2)
    monkeypatch.setattr(sieve, "_SETTLED", 3)
    monkeypatch.setattr(sieve, "_WORTH_NS", 0)


@pytest.fixture
def searches_take(soon, monkeypatch):
    """Lets each timed search of ``re``, and each behind RE2, take so many nanoseconds."""

    def take(re_ns, re2_ns):
        gaps = itertools.cycle([0, re_ns, 0, re_ns, 0, re2_ns, 0, re2_ns])
        monkeypatch.setattr(sieve, "perf_counter_ns", itertools.accumulate(gaps).__next__)

    return take


def test_the_same_is_found_whichever_way_is_timed_or_taken(soon):
    made, plain, chance = Sieve(LazyPattern(PATTERN)), re.compile(PATTERN), random.Random(3)
    for _ in range(200):
        line = b" ".join(chance.choices(LINES, k=2))
        assert [match.span("value") for match in made.finditer(line)] == [
            match.span("value") for match in plain.finditer(line)
        ], line


@pytest.mark.parametrize(("re2_ns", "is_asked"), [(1, False), (99, True)])
def test_re_is_asked_about_lines_in_which_nothing_is_where_that_is_quicker(
    searches_take, monkeypatch, re2_ns, is_asked
):
    pytest.importorskip("re2")
    pattern, asked = LazyPattern(PATTERN), []
    made = Sieve(pattern)
    searches_take(10, re2_ns)
    for _ in range(4):
        assert list(made.finditer(b"nothing")) == []
    monkeypatch.setattr(pattern, "finditer", lambda line: asked.append(line) or ())
    for _ in range(3):
        assert list(made.finditer(b"nothing")) == []
    assert bool(asked) is is_asked
    # Lines may be others by now, so both are timed again.
    searches_take(10, 1)
    for _ in range(4):
        made.finditer(b"nothing")
    asked.clear()
    assert list(made.finditer(b"nothing")) == []
    assert asked == []


def test_what_is_quick_anyway_gets_no_automaton(searches_take, monkeypatch):
    monkeypatch.setattr(sieve, "_WORTH_NS", 11)
    monkeypatch.setattr(sieve, "_search", lambda _: pytest.fail("an automaton was made"))
    made = Sieve(LazyPattern(PATTERN))
    searches_take(10, 1)
    for _ in range(10):
        assert len(list(made.finditer(b"key1:"))) == 1


def test_without_re2_it_is_the_pattern(soon, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "re2", None)
    made = Sieve(LazyPattern(PATTERN))
    for _ in range(5):
        assert list(made.finditer(b"nothing")) == []
        assert [match["value"] for match in made.finditer(b"key1:")] == [b"key1"]


def test_what_has_no_loose_form_is_searched_as_it_is(soon):
    made = Sieve(LazyPattern(rb"(?P<value>a)\1"))
    for _ in range(5):
        assert list(made.finditer(b"ab")) == []
        assert len(list(made.finditer(b"aa"))) == 1


def test_the_loose_form_of_every_rule_begins_where_its_pattern_matches_or_in_front_of_it(rules):
    """Over all lines of all examples, whatever their rule."""
    pytest.importorskip("re2")
    lines = sorted({line for rule in rules.rules for hit in rule.hits for line in hit.text.encode().split(b"\n")})
    own = {rule.name: [line for hit in rule.hits for line in hit.text.encode().split(b"\n")] for rule in rules.rules}
    chance, told = random.Random(1), 0
    for rule in rules.rules:
        may_match = sieve._search(rule.pattern.pattern) if isinstance(rule.pattern, LazyPattern) else None
        if may_match is None:
            continue
        for line in own[rule.name] + chance.sample(lines, 100):
            match = rule.pattern.search(line.lower() if rule.ignore_case else line)
            if match is not None:
                told += 1
                met = may_match(line.lower() if rule.ignore_case else line)
                assert met is not None, (rule.name, line)
                assert met.start() <= match.start(), (rule.name, line)
    assert told > len(rules.rules)
