"""What Hyperscan alone has to be watched for; that it agrees with the other engines is tested in ``test_picker.py``."""

import re

import pytest

from agent.redact.asked_rules import RulesByTrigger
from agent.redact.picking.engines import make_picker
from agent.redact.picking.picker import StandardPicker, Triggers
from agent.redact.vectors import TRIGGER as VECTORS

pytest.importorskip("hyperscan")

from agent.redact.picking.hyperscan_picker import HyperscanPicker

# Measured with the library of the wheel 0.9.1 (Hyperscan 5.4.12): given as it is, with its bounded repeat, Hyperscan
# misses the match in this line; ``re`` and RE2 find it.
MISSED = r"""[ "'\[]--?[\w-]{0,24}password["']?(?:[ \t\r\n=]{1,3}|", ?"|', ?')["']?[^\n \t\r"',\]]{3}"""
LINE = b"$ New-LocalUser x -password (ConvertTo-SecureString"


def test_a_bounded_repeat_misses_nothing():
    assert HyperscanPicker(Triggers(texts=(MISSED,))).matching(LINE)[0] == (0,)


def test_a_widened_trigger_is_decided_by_re():
    made = HyperscanPicker(Triggers(texts=(r"key[a-f]{2,40}z",)))
    assert made.matching(b"keyabz")[0] == (0,)
    assert made.matching(b"key" + b"a" * 41 + b"z")[0] == ()


def test_every_trigger_of_the_rules_finds_the_lines_that_re_finds(rules, compiled):
    triggers = RulesByTrigger(rules.rules, rules.names).triggers
    lines = {line for rule in rules.rules for hit in rule.hits for line in hit.text.encode().split(b"\n")}
    # Those that are looked for near are told by where they end alone; here as the others are.
    near = {at: text for at, text in enumerate(triggers.texts) if at in triggers.near}
    others = {at: text for at, text in enumerate(triggers.texts) if at not in triggers.near}
    for made, texts in (
        (make_picker(triggers, compiled=compiled), others),
        (HyperscanPicker(Triggers(texts=tuple(near.values()))), dict(enumerate(near.values()))),
    ):
        searches = {at: re.compile(text.encode()).search for at, text in texts.items()}
        for line in lines:
            expected = tuple(at for at, search in searches.items() if search(line))
            assert made.matching(line)[0] == expected, line


def test_thousands_of_words_are_not_too_many():
    words = "|".join(f"person{number:05d}" for number in range(5000))
    made = HyperscanPicker(Triggers(texts=(rf"\b(?i:{words})\b", f"(?i:{words})")))
    assert made.matching(b"from Person04999 to nobody")[0] == (0, 1)
    assert made.matching(b"from person05000")[0] == ()


def test_nothing_is_found_in_nothing():
    made = HyperscanPicker(Triggers(texts=("x",)))
    assert made.matching(b"") == ((), [], ())
    assert made.candidates(b"") == ([], [])


@pytest.mark.parametrize("above", [b"account AT89 4705 3210;", b"nothing;"])
def test_a_line_with_a_margin_is_seen_behind_one_in_which_another_expression_was_half_met(rules, compiled, above):
    """Hyperscan 5.4.12 misses ``^\\s*sysname`` behind half an IBAN."""
    made = make_picker(RulesByTrigger(rules.rules, rules.names).triggers, compiled=compiled)
    lines = made.candidates(above + b"\n sysname attic\nthe end\n")[0]
    assert len(above) + 1 in [start for start, *_ in lines]


def test_a_list_of_arguments_is_seen_behind_another_bracket():
    """Hyperscan 5.4.12 missed it while the trigger began with the bracket."""
    line = b"""[{'domain': 'x.test', 'name': 'sso'}] ["net", "user", "svc", "FGNai5"]"""
    assert HyperscanPicker(Triggers(texts=(VECTORS,))).matching(line)[0] == (0,)


@pytest.mark.parametrize("ending", [b"", b"\n", b"\nmore"])
def test_the_end_of_a_line_is_seen_where_the_data_end_as_well(ending):
    made = HyperscanPicker(Triggers(texts=(r"docker [^\r\n]*[: ][\\`^]\s*$",)))
    (found,), _ = made.candidates(b"docker login -u bker login -u b: -p \\" + ending)
    assert found[:3] == (0, 37, (0,))


def test_what_a_word_begins_and_anything_goes_on_is_seen_where_another_expression_was_half_met(rules, compiled):
    """Hyperscan 5.4.12 missed ``pk12util .*-W`` here: a directory of databases stood between."""
    triggers = RulesByTrigger(rules.rules, rules.names).triggers
    line = b"pk12util -i x.p12 -d db \x00-W Teapot38"
    found = set(make_picker(triggers, compiled=compiled).matching(line)[0])
    wanted = {position for position in StandardPicker(triggers).matching(line)[0] if position not in triggers.behind}
    assert wanted
    assert wanted <= found
