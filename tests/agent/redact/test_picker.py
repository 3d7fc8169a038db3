"""The engines agree: on generated text, and on text made from the triggers themselves."""

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.picker import make_picker
from agent.redact.stream import StreamRedactor

KEY = b"a key for tests, of 32 bytes...."
HITS = [line for rule in load_rules().rules for hit in rule.hits for line in hit.text.encode().split(b"\n")]
MISSES = [line.encode() for rule in load_rules().rules for line in rule.misses]


@pytest.fixture(scope="module")
def engines():
    pytest.importorskip("re2")
    rules = load_rules()
    facts = LocalFacts((("host", "vm"), ("user", "jsmith"), ("name", "Zoë O'Neil-Smith")))
    return [Redactor(rules, KEY, facts, engine=engine) for engine in ("re2", "re")]


def both(engines, data):
    results = []
    for redactor in engines:
        target = io.BytesIO()
        stream = StreamRedactor(redactor._lines(), target)
        stream.feed(data)
        results.append((stream.finish(), target.getvalue()))
    return results


def test_the_engines_give_the_same_bytes_for_every_example(engines):
    fast, slow = both(engines, b"\n".join(HITS + MISSES))
    assert fast == slow


def test_the_engines_give_the_same_bytes_for_shuffled_pieces_of_examples(engines):
    chance = random.Random(7)
    pieces = [piece for line in HITS for piece in line.split(b" ")]
    lines = [b" ".join(chance.choices(pieces, k=6)) for _ in range(400)]
    fast, slow = both(engines, b"\n".join(lines))
    assert fast == slow


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(HITS) | st.binary(max_size=40), max_size=8),
    st.sampled_from([b"\n", b"\r\n", b" ", b"\x00"]),
)
def test_the_engines_give_the_same_bytes_for_examples_among_random_bytes(engines, lines, separator):
    fast, slow = both(engines, b"text first " + separator.join(lines))
    assert fast == slow


def test_a_line_is_found_wherever_it_stands_in_a_block():
    picker = make_picker([["needle", r"^start"], [r"end$"]])
    block = b"hay\nhay needle hay\nstart\nthe end\nhay"
    scan = picker.scan(block)
    lines = []
    position = 0
    while (found := scan.next_line(position)) is not None and position < len(block):
        lines.append(block[slice(*found)])
        position = found[1] + 1
    assert [line for line in lines if picker.matching(line)] == [b"hay needle hay", b"start", b"the end"]


def test_a_trigger_with_an_open_class_does_not_reach_into_the_next_line():
    picker = make_picker([["a[^b]*c"]])
    assert picker.scan(b"a\nc").next_line(0) is None
    assert picker.matching(b"a") == []
