"""Each rule that a trigger stands for is asked once, as what it is."""

from agent.redact.asked_rules import Asked, RulesByTrigger


def test_every_rule_is_asked_behind_its_trigger_in_one_part(rules):
    by_trigger = RulesByTrigger(rules.rules, rules.names)
    for index, rule in enumerate(rules.rules):
        asked = by_trigger.of((by_trigger.triggers.texts.index(rule.trigger),))
        parts = [asked.anywhere, asked.behind, asked.openers, asked.openers_behind]
        assert [index in part for part in parts].count(True) == (0 if rule.near_bytes else 1), rule.name
        assert (index in asked.behind or index in asked.openers_behind) == (rule.after is not None)
        assert (index in asked.openers or index in asked.openers_behind) == (rule.opens is not None)
        assert bool(asked.classes) == any(rules.rules[each].after for each in (*asked.behind, *asked.openers_behind))


def test_a_line_without_a_trigger_is_asked_nothing(rules):
    assert RulesByTrigger(rules.rules, rules.names).of(()) == Asked()


def test_several_triggers_are_asked_in_the_order_of_the_rules(rules):
    by_trigger = RulesByTrigger(rules.rules, rules.names)
    every = by_trigger.of(tuple(range(len(by_trigger.triggers.texts))))
    assert list(every.anywhere) == sorted(every.anywhere)
    assert every.interleaved
    assert by_trigger.of(tuple(range(len(by_trigger.triggers.texts)))) is every
