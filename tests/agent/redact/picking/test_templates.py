"""What templates say of lines: as much as the trigger itself, or more, and never less."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.asked_rules import RulesByTrigger
from agent.redact.picking.picker import Triggers
from agent.redact.picking.templates import TEMPLATE, WiderTriggers


def asked(text: str, **more) -> tuple[str, str, bool]:
    """The trigger as it is asked about templates and about lines, and whether templates decide."""
    made = WiderTriggers(Triggers(texts=(text,), **more))
    return made.by_template.texts[0], made.by_line.texts[0], 0 in made.exact


def test_a_trigger_to_which_all_digits_are_the_same_is_decided_by_the_template():
    assert asked(r"port \d+") == (r"port \d+", "", True)


def test_a_trigger_that_tells_digits_apart_takes_any_in_a_template():
    by_template, by_line, exact = asked("glpat2-[a-f]")
    assert re.search(by_template, "glpat0-a")
    assert (by_line, exact) == ("", False)


def test_a_trigger_of_which_nothing_is_left_without_digits_is_asked_about_each_line():
    assert asked("r8_")[0] == ""
    assert re.search(asked("r8_")[1], "r8_")


def test_alternatives_are_asked_about_each_where_it_tells_most():
    by_template, by_line, exact = asked("(?:needle|r8_|token5)")
    assert re.search(by_template, "needle")
    assert re.search(by_template, "token0")
    assert re.search(by_line, "r8_")
    assert not re.search(by_template, "r0_")
    assert not exact


def test_what_is_left_to_templates_may_be_decided_by_them_and_the_rest_by_lines():
    by_template, by_line, exact = asked(r"\b(?:needle|p4|(?:k8s|attic)) \d")
    assert exact
    for told, others in (("needle 1", "p4 1"), ("attic 2", "k8s 2")):
        assert re.search(by_template, told)
        assert not re.search(by_line, told)
        assert re.search(by_line, others)
        assert not re.search(by_template, others)


def test_thousands_of_names_that_differ_in_digits_alone_are_asked_about_each_line():
    """Wider, they would be one name, five thousand times over."""
    names = "|".join(f"person{number:05d}" for number in range(5000))
    by_template, by_line, _ = asked(rf"\b(?:{names})\b")
    assert by_template == ""
    assert re.search(by_line, "of person04999")


def test_triggers_near_are_asked_about_lines_and_those_behind_names_about_templates():
    made = WiderTriggers(Triggers(texts=(r"\d\.\d", "p4="), near=frozenset({0}), behind={1: 3}))
    assert made.by_template.texts[0] == ""
    assert made.by_template.near == frozenset()
    assert made.by_line.texts == (r"\d\.\d", "")
    assert (made.by_template.behind, made.by_line.behind) == ({1: 3}, {})


@given(
    st.text("abz019._- ", max_size=20),
    st.sampled_from([r"[1-9]\d?\.", "b1", r"[^0]-\b", "(?:a0|9b)+ ?", r"^z{2,3}[0-4]", "1$"]),
)
def test_a_wider_trigger_matches_the_template_wherever_the_trigger_matches_the_line(line, text):
    by_template, by_line, _ = asked(text + "abz")
    text = (text + "abz").encode()
    line = line.encode()
    if re.search(text, line):
        told = by_template and re.search(by_template.encode(), line.translate(TEMPLATE))
        assert told or re.search(by_line.encode(), line)


@pytest.fixture(scope="module")
def triggers(rules):
    return RulesByTrigger(rules.rules, rules.names).triggers


def test_most_triggers_of_the_rules_are_decided_by_templates(triggers):
    made = WiderTriggers(triggers)
    assert len(made.exact) > 0.7 * len(triggers.texts)
    assert sum(map(bool, made.by_line.texts)) < 0.2 * len(triggers.texts)


def test_every_trigger_of_the_rules_matches_the_templates_of_its_lines(rules, triggers):
    """Of each rule: every line of its examples that its trigger matches."""
    made = WiderTriggers(triggers)
    lines = {line for rule in rules.rules for hit in rule.hits for line in hit.text.encode().split(b"\n")}
    for position, text in enumerate(triggers.texts):
        search, by_template, by_line = (
            re.compile(each[position].encode()).search
            for each in (triggers.texts, made.by_template.texts, made.by_line.texts)
        )
        for line in filter(search, lines):
            template = line.translate(TEMPLATE)
            told = made.by_template.texts[position] and by_template(template)
            assert told or (made.by_line.texts[position] and by_line(line)), (text, line)
