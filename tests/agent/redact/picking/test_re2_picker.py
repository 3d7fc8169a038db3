"""What RE2 alone has to be watched for; that it agrees with the other engines is tested in ``test_picker.py``."""

import re

import pytest

from agent.redact.asked_rules import RulesByTrigger
from agent.redact.picking.picker import Triggers

pytest.importorskip("re2")

from agent.redact.picking import re2_picker
from agent.redact.picking.re2_picker import Re2Picker, compiled, forget_expressions

BOTH_KINDS = r"(?:password:|\d-\d{2}-\d)"


class OutgrownSet:
    """A set of RE2 whose automaton has outgrown its memory."""

    def Match(self, _line: bytes) -> list[int]:
        return []


def test_a_trigger_with_alternatives_of_both_kinds_is_found_by_either():
    made = Re2Picker(Triggers(texts=("needle", BOTH_KINDS)))
    assert len(made.groups) == 2
    found, _ = made.candidates(b"a password: b\n1-22-3\n1-2-3\npassword: 1-22-3\n")
    assert [(start, positions) for start, _, positions, _ in found] == [(0, (1,)), (14, (1,)), (27, (1,))]


def test_a_set_that_answers_nothing_is_not_believed():
    made = Re2Picker(Triggers(texts=(r"\d-\d", r"\d_\d")))
    for group in made.groups:
        group._set = OutgrownSet()
    assert made.matching(b"1_2").positions == (1,)


def test_shapes_are_looked_for_in_groups_of_some_triggers(monkeypatch):
    monkeypatch.setattr(re2_picker, "_SHAPES", 2)
    texts = tuple(rf"\d{sign}\d" for sign in "-_:;,")
    made = Re2Picker(Triggers(texts=texts))
    assert len(made.groups) == 3
    assert [made.matching(b"1%s2" % sign.encode()).positions for sign in "-_:;,"] == [(0,), (1,), (2,), (3,), (4,)]


def test_triggers_whose_matches_stay_open_are_few_to_a_group(rules, monkeypatch):
    """All together they thrash: a megabyte of prose then takes most of a second."""
    made = []
    monkeypatch.setattr(re2_picker, "Re2Group", lambda group, *, is_behind=False: is_behind or made.append(group))
    Re2Picker(RulesByTrigger(rules.rules, rules.names).triggers)
    assert len(made) > 5
    for group in made:
        if any(form.stays_open for _, form in group):
            assert len({position for position, _ in group}) <= re2_picker._SHAPES


def test_every_trigger_of_the_rules_finds_the_lines_that_re_finds(rules):
    triggers = RulesByTrigger(rules.rules, rules.names).triggers
    made = Re2Picker(triggers)
    lines = {line for rule in rules.rules for hit in rule.hits for line in hit.text.encode().split(b"\n")}
    searches = {
        at: re.compile(text.encode()).search for at, text in enumerate(triggers.texts) if at not in triggers.near
    }
    for line in lines:
        assert made.matching(line).positions == tuple(at for at, search in searches.items() if search(line)), line


def test_nothing_is_found_in_nothing():
    made = Re2Picker(Triggers(texts=("x",)))
    assert made.matching(b"") == ((), [], ())


def test_what_was_compiled_is_let_go_of():
    before = compiled("needle[0-9]+")
    assert compiled("needle[0-9]+") is before
    forget_expressions()
    assert compiled("needle[0-9]+") is not before
