import re
from dataclasses import replace

from agent.redact.patterns import LazyPattern
from agent.redact.rule_examples import faults, without_letters
from agent.redact.rules import Hit, Rule, RuleSet

RULE = Rule(
    name="acme-key",
    family="acme",
    why="w",
    source="s",
    since=1,
    kind=None,
    trigger="ACMEKEY-",
    pattern=LazyPattern(rb"ACMEKEY-(?P<value>[0-9A-Z-]{9,40})"),
    hits=(Hit(text="key ACMEKEY-7F3K-99QX", leaves="key ACMEKEY-[redacted:acme-key]"),),
    misses=("no ACMEKEY- here",),
)


def told(rule):
    return list(faults(RuleSet(version=1, families=("acme",), rules=(rule,)), [rule]))


def test_examples_that_come_out_as_written_are_no_fault():
    assert told(RULE) == []
    mail = replace(RULE, kind="mail", hits=(Hit(text="ACMEKEY-7F3K-99QX", leaves="ACMEKEY-mail-…"),))
    assert told(mail) == []


def test_a_rule_that_finds_nothing_is_told_whatever_keeps_it_from_it():
    sentence = "family acme, rule acme-key: finds nothing in its hit 'key ACMEKEY-7F3K-99QX'"
    assert told(replace(RULE, trigger="ZZZ")) == [sentence]
    assert told(replace(RULE, validator=lambda _value, _match: False)) == [sentence]


def test_a_hit_that_leaves_something_else_and_a_miss_that_is_found_are_told():
    (wrong,) = told(replace(RULE, hits=(Hit(text="ACMEKEY-7F3K-99QX", leaves="wrong"),)))
    assert "'ACMEKEY-[redacted:acme-key]'" in wrong
    assert "'wrong'" in wrong
    (found,) = told(replace(RULE, misses=("fine", "ACMEKEY-7F3K-99QX")))
    assert found.endswith("finds something in its miss 'ACMEKEY-7F3K-99QX'")


def test_the_letters_of_stand_ins_are_left_out_and_nothing_else():
    text = "ip-private-k3v7x2mq of mail-abcdefgh, sha256-abcdefgh1 and email-abcdefgh"
    assert without_letters(text) == "ip-private-… of mail-…, sha256-abcdefgh1 and email-abcdefgh"
    assert re.search("…", without_letters("user-abcdefgh"))
