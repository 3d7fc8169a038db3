from hypothesis import given
from hypothesis import strategies as st

from agent.redact.edits import Collector, Edits, together


def edits(draw, text):
    """Some edits of ``text``, apart and in order."""
    made = Edits()
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    for start, end in zip(places[::2], places[1::2], strict=False):
        made.add(start, end, draw(st.sampled_from([b"#", b"<long mark>", b"[r]"])), draw(st.sampled_from("abc")))
    return made


@given(st.data())
def test_both_readings_are_told_of_the_first_text_and_make_the_last(data):
    text = data.draw(st.binary(max_size=30))
    first = edits(data.draw, text)
    middle = first.applied(text)
    second = edits(data.draw, middle)
    told = together(text, first, second)
    assert told.applied(text) == second.applied(middle)
    rules = [each.rule_name(span.rule) for each in (first, second) for span in each.spans]
    assert sorted(told.rule_name(span.rule) for span in told.spans) == sorted(rules)
    for one, other in zip(told.spans, told.spans[1:], strict=False):
        assert one.end <= other.start or one[:2] == other[:2]


def test_edits_of_each_other_are_told_with_the_whole():
    first, second = Edits(), Edits()
    first.add(4, 6, b"MARK", "by-key")
    second.add(2, 6, b"!", "in-line")  # reaches into the mark
    told = together(b"aabbccdd", first, second)
    assert [(*span[:2], told.rule_name(span.rule)) for span in told.spans] == [(2, 6, "in-line"), (2, 6, "by-key")]
    assert {told.stand_in(b"", span) for span in told.spans} == {b"!RK"}


def test_a_part_of_a_text_is_made_alone():
    made = Edits()
    made.add(2, 3, b"XX", "a")
    assert made.applied(b"abcdef", 1, 5) == b"bXXde"


def test_a_collector_keeps_what_it_is_told():
    source, collector = Edits(), Collector()
    source.add(1, 2, b"X", "a")
    collector.replaced(b"abc", source.spans, source)
    assert collector.edits.applied(b"abc") == b"aXc"


def test_the_last_edit_can_take_in_more():
    made = Edits()
    made.lengthen(3)
    made.add(0, 1, b"X", "a")
    made.lengthen(2)
    assert made.applied(b"abcdef") == b"Xdef"
