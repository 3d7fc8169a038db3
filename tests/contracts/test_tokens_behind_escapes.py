"""A token is found as well where an escape or a colour, which ends in a letter or digit, stands in front of it."""

import re

import pytest

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.rules import Rule, RuleSet

_PLAIN_HIT = re.compile(r"got (\S+) from\Z")
_IN_FRONT = ("%22", "\\u0022", "\\x22", "\\n", "\x1b[33m", "\x1b[0;1m", "\x1b[m")
_NEEDS_A_WORD_IN_FRONT = {"jenkins-token"}  # 11 and 32 hexadecimal digits stand in many a hash
TOKENS = [
    (rule, found[1])
    for rule in load_rules().rules
    for found in [_PLAIN_HIT.match(rule.hits[0].text)]
    if rule.family == "tokens" and found and rule.name not in _NEEDS_A_WORD_IN_FRONT
]


@pytest.mark.parametrize(("rule", "token"), TOKENS, ids=[rule.name for rule, _ in TOKENS])
def test_an_escape_in_front_hides_no_token(rule: Rule, token: str) -> None:
    alone = RuleSet(version=1, families=(rule.family,), rules=(rule,))
    redactor = Redactor(alone, b"k" * 32, LocalFacts(), engine="re")
    for before in _IN_FRONT:
        text, counts = redactor.text(f"value {before}{token}\x1b[0m loaded")
        assert counts, text
