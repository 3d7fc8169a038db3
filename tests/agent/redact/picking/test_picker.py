"""The engines agree: on generated text, on text made from the triggers themselves, and on blocks as on single lines."""

import io
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.picking.engines import make_picker
from agent.redact.picking.picker import Triggers
from agent.redact.stream import StreamRedactor
from tests.bench.logs import text

KEY = b"a key for tests, of 32 bytes...."
ENGINES = ("hyperscan", "re2", "re")
HITS = [line for rule in load_rules().rules for hit in rule.hits for line in hit.text.encode().split(b"\n")]
MISSES = [line.encode() for rule in load_rules().rules for line in rule.misses]


@pytest.fixture(scope="module")
def engines(rules, compiled):
    pytest.importorskip("re2")
    facts = LocalFacts((("host", "vm"), ("user", "jsmith"), ("name", "Zoë O'Neil-Smith")))
    made = [Redactor(rules, KEY, facts, compiled=compiled)]
    assert type(made[0]._picker.by_template).__name__ == "HyperscanPicker"
    return [*made, *(Redactor(rules, KEY, facts, engine=engine) for engine in ("re2", "re"))]


def results(engines, data):
    """What each engine makes of the same bytes: counts and output."""
    made = []
    for redactor in engines:
        target = io.BytesIO()
        stream = StreamRedactor(redactor._lines(), target)
        stream.feed(data)
        made.append((stream.finish(), target.getvalue()))
    return made


def assert_same(engines, data):
    first, *others = results(engines, data)
    for other in others:
        assert other == first


def test_the_engines_give_the_same_bytes_for_every_example(engines):
    assert_same(engines, b"\n".join(HITS + MISSES))


@pytest.mark.parametrize("kind", ["sparse", "dense", "mixed"])
def test_the_engines_give_the_same_bytes_for_ordinary_logs(engines, kind):
    assert_same(engines, text(kind, 60_000))


def test_the_engines_give_the_same_bytes_for_shuffled_pieces_of_examples(engines):
    chance = random.Random(7)
    pieces = [piece for line in HITS for piece in line.split(b" ")]
    assert_same(engines, b"\n".join(b" ".join(chance.choices(pieces, k=6)) for _ in range(400)))


@settings(max_examples=30)
@given(
    st.lists(st.sampled_from(HITS) | st.binary(max_size=40), max_size=8),
    st.sampled_from([b"\n", b"\r\n", b" ", b"\x00", b"\x0b", b"\xc3\xa9"]),
)
def test_the_engines_give_the_same_bytes_for_examples_among_random_bytes(engines, lines, separator):
    assert_same(engines, b"text first " + separator.join(lines))


@settings(max_examples=60)
@given(st.lists(st.sampled_from(HITS), min_size=1, max_size=2), st.data())
def test_the_engines_give_the_same_bytes_for_mutated_examples(engines, lines, data):
    line = bytearray(b" ".join(lines))
    for _ in range(data.draw(st.integers(0, 4))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.sampled_from(b"=:\"' .,-_/\\0aZ\t\x0b\xe9"))
    assert_same(engines, bytes(line))


@pytest.fixture(params=ENGINES)
def picker(request):
    """An engine, given triggers of which the last one is looked for near."""

    def make(*texts, near=None):
        if request.param != "re":
            pytest.importorskip(request.param)
        everything = (*texts, near) if near else texts
        triggers = Triggers(texts=everything, near=frozenset({len(texts)}) if near else frozenset())
        return make_picker(triggers, engine=request.param)

    return make


def test_a_line_is_found_wherever_it_stands_in_a_block(picker):
    block = b"hay\nhay needle hay\nstart\nthe end\nhay"
    found, near = picker("needle", r"^start", r"end$").candidates(block)
    assert [(block[start:end], matching) for start, end, matching, _ in found] == [
        (b"hay needle hay", (0,)),
        (b"start", (1,)),
        (b"the end", (2,)),
    ]
    assert list(near) == []


def test_a_line_tells_all_its_triggers(picker):
    found, _ = picker("needle", "thread", "eye").candidates(b"\nthread and needle\n")
    assert [each[:3] for each in found] == [(1, 18, (0, 1))]


def test_a_trigger_with_an_open_class_does_not_reach_into_the_next_line(picker):
    made = picker("a[^b]*c", r"a\sc", r"a\Wd")
    assert list(made.candidates(b"a\nc\na\nd")[0]) == []
    assert made.matching(b"a")[0] == ()


def test_case_is_ignored_for_ascii_alone(picker):
    made = picker("(?i:stra\xdfe|k\xe9y)")
    assert made.matching("KÉY".encode("latin-1"))[0] == made.matching(b"nothing")[0] == ()


@pytest.mark.parametrize("space", [b"\x0b", b"\x0c", b"\x1c", b"\xa0", b"\x85"])
def test_blanks_are_those_of_re(picker, space):
    expected = (0,) if re.search(rb"key\s=", b"key" + space + b"=") else ()
    assert picker(r"key\s=").matching(b"key" + space + b"=")[0] == expected


def test_what_is_near_is_told_by_its_end(picker):
    found, near = picker("needle", near=r"\d\.\d").candidates(b"a 1.2 b\nneedle 3.4\n")
    assert list(near) == [5, 18]
    assert [matching for _, _, matching, _ in found] == [(0,)]


@pytest.mark.parametrize(("engine", "place"), [("hyperscan", [(0, 13)]), ("re2", [(2, 14)])])
def test_where_names_may_stand_is_told_by_the_end_of_what_follows_or_by_the_start_of_the_first(engine, place):
    """Hyperscan tells where what follows a name ends; RE2 where the first name begins."""
    pytest.importorskip(engine)
    made = make_picker(Triggers(texts=("user=", r"token(?: \w+)?=", "other"), behind={0: 1, 1: 40}), engine=engine)
    line = b"a token user=x"
    assert made.matching(line).names == place
    assert made.candidates(b"b\n" + line + b"\nother")[0] == [(2, 16, (0, 1), place), (17, 22, (2,), [])]


@pytest.mark.parametrize("engine", ["hyperscan", "re2"])
@pytest.mark.parametrize("line", [b"a user=x token=y", b"a token=y user=x"])
def test_names_of_several_groups_may_stand_from_the_first_of_all_on(engine, line, monkeypatch):
    pytest.importorskip(engine)
    monkeypatch.setattr("agent.redact.picking.re2_picker._NAMES_CHARACTERS", 10)
    made = make_picker(Triggers(texts=("user=", "token="), behind={0: 1, 1: 1}), engine=engine)
    positions, near, places = made.matching(line)
    assert (positions, near) == ((0, 1), [])
    ((begin, end),) = places
    assert 2 <= begin <= line.index(b"=") < line.rindex(b"=") < end


def test_hyperscan_tells_of_names_far_from_one_another_apart():
    pytest.importorskip("hyperscan")
    made = make_picker(Triggers(texts=("user=", "token="), behind={0: 1, 1: 1}), engine="hyperscan")
    line = b"user=x token=y" + b"z" * 300 + b" user=x"
    assert made.matching(line).names == [(4, 13), (319, 320)]


@pytest.mark.parametrize("lines", [1, 100])
def test_what_is_near_is_found_in_few_lines_as_in_many(picker, lines):
    block = (b"x" * 50 + b"\n") * 3 + b"".join(b"a %d.1 b 2.2\n" % at for at in range(lines)) + b"end 3.3"
    _, near = picker("needle", near=r"\d\.\d").candidates(block)
    assert list(near) == [match.end() for match in re.finditer(rb"\d\.\d", block)]
