"""Findings are replaced one by one where they are apart, and as one where they overlap."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.replacing import Replacer, Rewritten, Span
from agent.redact.rules import load_rules

RULES = load_rules().rules
SECRET = next(at for at, rule in enumerate(RULES) if rule.kind is None)
PERSON = next(at for at, rule in enumerate(RULES) if rule.kind is not None)
LINE = b"0123456789" * 3
MARK = b"[redacted:" + RULES[SECRET].name.encode() + b"]"


@pytest.fixture
def replacer() -> Replacer:
    return Replacer(RULES, lambda kind, value: b"<%s %s>" % (kind.encode(), value))


def spans(least: int = 0) -> st.SearchStrategy[list[Span]]:
    places = st.tuples(st.integers(0, len(LINE) - 1), st.integers(1, 9), st.sampled_from([SECRET, PERSON]))
    return st.lists(
        places.map(lambda at: Span(at[0], min(at[0] + at[1], len(LINE)), at[2])), min_size=least, max_size=5
    )


def test_what_is_put_into_a_block_stands_for_what_was_there() -> None:
    block = Rewritten(b"one two three")
    assert block.whole() is block.block
    block.put(0, 3, b"1")
    block.put(8, 13, b"3")
    assert block.whole() == b"1 two 3"


def test_each_finding_gets_what_stands_for_it_and_is_counted(replacer) -> None:
    counts = Counter[str]()
    kind = RULES[PERSON].kind.encode()
    assert replacer.replace(LINE, [Span(20, 22, PERSON), Span(2, 4, SECRET)], counts) == (
        LINE[:2] + MARK + LINE[4:20] + b"<%s 01>" % kind + LINE[22:]
    )
    assert counts == {RULES[SECRET].name: 1, RULES[PERSON].name: 1}


def test_a_secret_wins_over_a_person_where_both_are_found(replacer) -> None:
    assert replacer.replace(LINE, [Span(2, 9, PERSON), Span(5, 12, SECRET)], Counter()) == LINE[:2] + MARK + LINE[12:]


def test_without_a_finding_the_line_is_the_same(replacer) -> None:
    assert replacer.replace(LINE, [], Counter()) is LINE


@given(spans(least=1))
def test_no_byte_of_a_finding_is_left_and_every_other_byte_is(found: list[Span]) -> None:
    replacer = Replacer(RULES, lambda _kind, _value: b"")
    replacer._marks = [b""] * len(RULES)
    covered = {at for span in found for at in range(span.start, span.end)}
    assert replacer.replace(LINE, list(found), Counter()) == bytes(
        byte for at, byte in enumerate(LINE) if at not in covered
    )


@given(st.lists(spans(), min_size=1, max_size=4))
def test_lines_of_a_block_become_what_each_would_alone(found: list[list[Span]]) -> None:
    replacer = Replacer(RULES, lambda kind, value: b"<%s %s>" % (kind.encode(), value))
    together, alone = Counter[str](), Counter[str]()
    target = Rewritten(b"\n".join([LINE] * len(found)))
    for number, each in enumerate(found):
        if each:
            replacer.replace_in(target, number * (len(LINE) + 1), LINE, list(each), together, recorder=None)
    assert target.whole() == b"\n".join(replacer.replace(LINE, list(each), alone) for each in found)
    assert together == alone


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("found", "clusters"),
    [
        ([Span(0, 2, PERSON), Span(2, 4, SECRET)], [Span(0, 2, PERSON), Span(2, 4, SECRET)]),
        ([Span(0, 3, PERSON), Span(2, 4, SECRET)], [Span(0, 4, SECRET)]),
        ([Span(0, 3, SECRET), Span(2, 4, PERSON)], [Span(0, 4, SECRET)]),
        ([Span(at, at + 1, PERSON) for at in (0, 2, 6)], [Span(at, at + 1, PERSON) for at in (0, 2, 6)]),
    ],
)
def test_findings_come_in_order_and_overlapping_ones_are_one(replacer, found, clusters, turned) -> None:
    assert replacer.clusters(found[::-1] if turned else list(found)) == clusters
