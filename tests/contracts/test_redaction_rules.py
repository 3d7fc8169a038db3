"""Every redaction rule keeps what its YAML says: examples found, look-alikes left, triggers that miss nothing."""

import re
import time
from collections import Counter
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.patterns import LazyPattern, check_pattern, check_trigger
from agent.redact.rule_examples import faults
from agent.redact.rules import RuleSet, _checked_document
from config import places
from tests.bench import attacks, logs

LONGEST_LINE = 150
MOST_PICKED_IN_A_THOUSAND = 5
ATTACKS = 6  # on each rule
MOST_SECONDS = 0.2  # seven times what the worst of some thousands takes
RULES = load_rules().rules
KEY = b"k" * 32


@pytest.fixture(params=RULES, ids=lambda rule: rule.name)
def rule(request):
    return request.param


@pytest.fixture(scope="module")
def all_rules():
    return Redactor(load_rules(), KEY, LocalFacts())


def test_each_example_of_the_rule_comes_out_as_it_is_written(rule):
    assert list(faults(load_rules(), [rule])) == []


def test_with_all_rules_together_nothing_of_a_hit_is_left(rule, all_rules):
    for hit in rule.hits:
        before, after = hit.text, hit.leaves
        head = len(_common_prefix(before, after))
        secret = before[head : len(before) - len(_common_prefix(before[head:][::-1], after[head:][::-1]))]
        assert secret.split("\n")[0] not in all_rules.text(hit.text)[0]


def _common_prefix(one: str, other: str) -> str:
    length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def test_the_trigger_picks_every_line_in_which_the_pattern_finds_something(rule):
    trigger = re.compile(rule.trigger.encode())
    for hit in rule.hits:
        for line in hit.text.encode().split(b"\n"):
            searched = line.lower() if rule.ignore_case else line
            if rule.after is None:
                found = rule.pattern.search(searched) is not None
            else:
                names = load_rules().names
                ends = [end for _, end, _ in names.found(line, names.bits([rule.after]))]
                found = any(rule.pattern.match(searched, end) for end in ends)
            assert not found or trigger.search(line)


def test_redacting_what_was_redacted_changes_nothing(rule, all_rules):
    for hit in rule.hits:
        once = all_rules.text(hit.text)[0]
        assert all_rules.text(once)[0] == once


def test_the_rule_tells_why_and_where_its_format_is_documented(rule):
    assert len(rule.why) >= 10
    assert len(rule.source) >= 5
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)


@cache  # a strategy takes longer to be made than to be drawn from
def _texts(pattern):
    """Text in which ``pattern`` finds something, of one-byte characters: that for bytes fails on sets without case."""
    return st.from_regex(re.compile(pattern.decode("latin-1"), re.ASCII), alphabet=st.characters(max_codepoint=255))


VALIDATED = [rule for rule in RULES if rule.validator is not None and isinstance(rule.pattern, LazyPattern)]


@pytest.mark.parametrize("rule", VALIDATED, ids=lambda rule: rule.name)
@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_validator_has_an_answer_to_all_that_the_pattern_matches(rule, data):
    text = data.draw(_texts(rule.pattern.pattern)).encode("latin-1")
    for match in rule.pattern.finditer(text):
        for value in match.groups() or (match[0],):
            assert value is None or rule.validator(value, match) in (True, False)


@pytest.mark.parametrize("name", sorted(file.name for file in places.data("redaction").iterdir()))
def test_a_family_of_ours_is_as_an_administrators_must_be(name):
    """A program that starts trusts ours; here they are checked."""
    assert _checked_document(places.data("redaction", name))["rules"]


@pytest.mark.parametrize("name", sorted(file.name for file in places.data("redaction").iterdir()))
def test_no_expression_stands_on_a_line_longer_than_one_can_read(name):
    """Examples may be longer. Two who change one expression of a family meet only where they change the same words."""
    lines = places.data("redaction", name).read_text("utf-8").splitlines()
    written = [line for line in lines if not re.match(r" +(?:- |- text: |leaves: )['\"]", line)]
    assert [line for line in written if len(line) > LONGEST_LINE] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_an_expression_of_ours_ends_in_time_in_every_engine(rule):
    check_trigger(rule.trigger, rule.name)
    check_pattern(rule.pattern.pattern.decode(), rule.name)


def test_no_name_is_given_twice():
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_version_is_that_of_the_newest_rule():
    assert load_rules().version == max(rule.since for rule in RULES)


def test_a_pattern_that_ignores_case_is_written_in_lower_case(rule):
    """An upper-case letter in it would never match: the line is searched in lower case."""
    literals = re.sub(r"\\.|\[[^\]]*\]|\(\?P<\w+>", "", rule.pattern.pattern.decode())
    assert not rule.ignore_case or literals == literals.lower()


def test_no_trigger_picks_many_of_the_lines_that_hold_nothing(all_rules):
    """A line picked in vain takes as long as hundreds that are not: one optional blank in a trigger makes all slow."""
    text = logs.text("sparse", 1_000_000)
    triggers, picked = all_rules._rules_by_trigger.triggers.texts, Counter[str]()
    for start in range(0, len(text), 2**18):
        for _, _, positions, _ in all_rules._picker.candidates(text[start : start + 2**18])[0]:
            picked.update(triggers[position] for position in positions)
    most = text.count(b"\n") * MOST_PICKED_IN_A_THOUSAND // 1000
    of_many = {rule.name: picked[rule.trigger] for rule in RULES if picked[rule.trigger] > most}
    assert of_many == {}


def test_a_line_made_against_a_rule_takes_hardly_longer_than_others(rule, all_rules):
    """Text that nearly matches, over and over: a repetition that can be read in many ways is tried in all of them."""
    if isinstance(rule.pattern, LazyPattern):
        for line in attacks.attacks(rule.pattern.pattern, ATTACKS):
            text = line.decode("latin-1")
            # What was not used before is compiled, and an automaton that pays from now on made; what is slow stays so.
            took = (_thread_seconds(all_rules, text) for _ in range(3))
            assert any(seconds < MOST_SECONDS for seconds in took), line[:60]


def _thread_seconds(redactor, text):
    started = time.thread_time()
    redactor.text(text)
    return time.thread_time() - started


AROUND = [rule for rule in RULES if rule.around_bytes]


@pytest.mark.parametrize("rule", AROUND, ids=lambda rule: rule.name)
def test_a_long_line_gives_what_the_same_pieces_give_in_short_ones(rule):
    rules = RuleSet(version=1, families=(rule.family,), rules=(rule,), names=load_rules().names)
    redactor = Redactor(rules, KEY, LocalFacts(), engine="re")
    filler = "and then nothing happened " * 60
    for hit in rule.hits:
        if "\n" not in hit.text:
            line = f"{filler}\t{hit.text}\t{filler}"
            assert redactor.text(line)[0] == line.replace(hit.text, redactor.text(f"\t{hit.text}\t")[0].strip("\t"))
