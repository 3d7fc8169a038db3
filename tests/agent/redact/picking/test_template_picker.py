"""The memory of templates: the same lines are found with it as without, and it does not grow without end."""

import random

import pytest

from agent.redact.picking import template_picker
from agent.redact.picking.engines import make_picker, searcher
from agent.redact.picking.picker import StandardPicker, Triggers
from agent.redact.picking.template_picker import TemplatePicker

TRIGGERS = Triggers(
    texts=("needle", r"port [1-9]\d", "r8_", "(?:haystack2|p4 )", r"\d\.\d", "user="),
    behind={5: 1},
    near=frozenset({4}),
)
PIECES = [
    b"needle",
    b"port 10",
    b"port 01",
    b"r8_",
    b"haystack2",
    b"haystack3",
    b"p4 ",
    b"1.2",
    b"user=",
    b"hay",
    b"\n",
]


@pytest.fixture
def picker():
    return TemplatePicker(TRIGGERS, StandardPicker, searcher)


def found(picker, block: bytes) -> list[tuple[bytes, tuple[int, ...]]]:
    return [(block[start:end], positions) for start, end, positions, _ in picker.candidates(block)[0]]


def test_lines_that_differ_in_their_digits_are_told_apart_where_a_trigger_does(picker):
    block = b"port 10\nport 01\nport 99 and a needle\nr8_\nr9_\n"
    expected = [(b"port 10", (1,)), (b"port 99 and a needle", (0, 1)), (b"r8_", (2,))]
    for _ in range(2):  # unknown, and then known
        assert found(picker, block) == expected


def test_a_line_that_matches_by_template_and_by_line_is_one(picker):
    assert found(picker, b"hay\nneedle r8_\nhaystack2 p4 -P\n") == [(b"needle r8_", (0, 2)), (b"haystack2 p4 -P", (3,))]


def test_where_something_is_near_is_told_by_the_line(picker):
    assert list(picker.candidates(b"hay 1.5\nneedle 3.2\n")[1]) == [7, 18]


def test_a_template_that_comes_again_is_read_no_more(picker, monkeypatch):
    read = []
    ask = picker.by_template.candidates
    monkeypatch.setattr(picker.by_template, "candidates", lambda block: read.append(block) or ask(block))
    for port in range(10, 40):
        assert found(picker, b"port %d\nport 01\n" % port) == [(b"port %d" % port, (1,))]
    assert read == [b"port 00\n"] * 2


def test_names_are_where_the_engine_says():
    pytest.importorskip("re2")
    made = make_picker(TRIGGERS, engine="re2")
    for _ in range(2):
        assert made.candidates(b"a user=x r8_\nr8_")[0] == [(0, 12, (2, 5), [(2, 12)]), (13, 16, (2,), [])]


def test_little_is_remembered(picker, monkeypatch):
    monkeypatch.setattr(template_picker, "_MOST_KNOWN", 3)
    for letters in (b"a", b"b", b"c", b"d" * 700, b"d" * 700, b"e", b"a", b"b"):
        assert found(picker, letters + b"\nneedle\n") == [(b"needle", (0,))]
        assert len(picker._known) <= 3
        assert len(picker._met) <= 3
        assert not any(len(line) > 600 for line in picker._known)


@pytest.mark.parametrize("engine", ["standard", "re2", "hyperscan"])
def test_the_same_is_found_as_without_a_memory(engine):
    if engine != "standard":
        pytest.importorskip(engine)
    chance = random.Random(5)
    made, plain = make_picker(TRIGGERS, engine=engine), StandardPicker(TRIGGERS)
    for _ in range(200):
        block = b" ".join(chance.choices(PIECES, k=chance.randrange(30)))
        lines, near = made.candidates(block)
        expected, expected_near = plain.candidates(block)
        assert [each[:3] for each in lines] == [each[:3] for each in expected]
        assert list(near) == list(expected_near)
