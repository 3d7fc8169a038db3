"""Which engine is taken when; that all agree on lines is tested in ``test_picker.py``, and on places here."""

import re

import pytest

from agent.redact.picking import engines
from agent.redact.picking.engines import finder, make_picker
from agent.redact.picking.picker import Picker, Triggers
from agent.redact.picking.re2_picker import compiled

TRIGGERS = Triggers(texts=("needle", "jo"), of_machine=frozenset({1}))
BLOCK = b"hay\nneedle\nhay"


def engine_of(picker: Picker) -> str:
    """What is asked about templates."""
    return type(getattr(picker, "_picker", picker).by_template).__name__


def test_an_engine_that_is_missing_is_not_taken(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "hyperscan", None)
    monkeypatch.delitem(__import__("sys").modules, "agent.redact.picking.hyperscan_picker", raising=False)
    assert engine_of(make_picker(Triggers(texts=("needle",)))) != "HyperscanPicker"


def test_hyperscan_takes_over_where_there_is_much_to_read(monkeypatch):
    pytest.importorskip("hyperscan")
    pytest.importorskip("re2")
    monkeypatch.setattr("agent.redact.picking.engines._MUCH_BYTES", 20)
    picker = make_picker(Triggers(texts=("needle",)))
    of_re2 = compiled("needle")
    for _ in range(3):
        assert [each[:3] for each in picker.candidates(b"hay\nneedle\nhay")[0]] == [(4, 10, (0,))]
    assert engine_of(picker) == "HyperscanPicker"
    assert compiled("needle") is not of_re2  # the automata of the one before would stay in the library's cache


@pytest.fixture
def much(monkeypatch):
    """Twenty bytes are much, and a few more are worth another look."""
    pytest.importorskip("hyperscan")
    pytest.importorskip("re2")
    monkeypatch.setattr(engines, "_MUCH_TO_KEEP_BYTES", 20)
    monkeypatch.setattr(engines, "_AGAIN_BYTES", 20)


def _read(picker: Picker, times: int) -> str:
    """What looks for the needle after so many blocks."""
    for _ in range(times):
        assert [each[:3] for each in picker.candidates(BLOCK)[0]] == [(4, 10, (0,))]
    return engine_of(picker)


def test_what_one_run_compiled_the_next_has_from_its_first_byte(much, tmp_path):
    folder = tmp_path / "compiled"
    assert _read(make_picker(TRIGGERS, compiled=folder), 1) == "Re2Picker"
    assert _read(make_picker(TRIGGERS, compiled=folder), 3) == "HyperscanPicker"
    assert _read(make_picker(TRIGGERS, compiled=folder), 1) == "HyperscanPicker"
    assert make_picker(TRIGGERS, compiled=folder).matching(b"jo")[0] == (1,)


def test_what_is_expected_to_be_much_is_compiled_for_at_once(much, tmp_path):
    picker = make_picker(TRIGGERS, compiled=tmp_path)
    picker.expect(19)
    assert engine_of(picker) == "Re2Picker"
    picker.expect(20)
    assert engine_of(picker) == "HyperscanPicker"
    assert _read(make_picker(TRIGGERS, compiled=tmp_path), 1) == "HyperscanPicker"


def test_what_was_let_go_of_is_made_again_when_it_is_wanted(much, tmp_path):
    picker = make_picker(TRIGGERS, compiled=tmp_path)
    assert not picker.would_keep(19)
    assert picker.would_keep(20)
    picker.let_go()
    assert picker._picker is None
    assert _read(picker, 1) == "Re2Picker"
    assert _read(picker, 2) == "HyperscanPicker"
    assert not picker.would_keep(20)


def test_other_rules_are_not_looked_for_by_what_was_compiled_before(much, tmp_path):
    _read(make_picker(TRIGGERS, compiled=tmp_path), 3)
    others = make_picker(Triggers(texts=("pin",)), compiled=tmp_path)
    assert others.candidates(b"needle\npin")[0][0][:3] == (7, 10, (0,))
    assert engine_of(others) == "Re2Picker"


def test_while_another_process_compiles_the_work_goes_on(much, tmp_path):
    from agent.redact.picking.compiled_patterns import CompiledPatterns

    picker = make_picker(TRIGGERS, compiled=tmp_path)
    with CompiledPatterns(tmp_path).compiling():
        assert _read(picker, 4) == "Re2Picker"
    assert _read(picker, 4) == "HyperscanPicker"


def test_a_library_that_is_missing_is_asked_for_once(much, tmp_path, monkeypatch):
    asked = []

    def missing(*_words, **_more):
        asked.append(1)
        raise ImportError

    monkeypatch.setattr(engines.GrowingPicker, "_grown", missing)
    assert _read(make_picker(TRIGGERS, compiled=tmp_path), 9) == "Re2Picker"
    assert len(asked) == 1


def test_when_compiling_fails_nothing_is_looked_at_by_halves(much, tmp_path, monkeypatch):
    def failing(*_words, **_more):
        raise MemoryError

    monkeypatch.setattr("agent.redact.picking.hyperscan_picker.HyperscanPicker", failing)
    picker = make_picker(TRIGGERS, compiled=tmp_path)
    with pytest.raises(MemoryError):
        _read(picker, 9)
    with pytest.raises(MemoryError):  # it is tried again
        picker.candidates(BLOCK)


def test_matches_of_a_trigger_stand_where_re_finds_them(rules):
    """Rules that look around their trigger alone in a long line depend on it."""
    pytest.importorskip("re2")
    around = [rule for rule in rules.rules if rule.around_bytes]
    hits = [hit.text.encode() for rule in rules.rules for hit in rule.hits if "\n" not in hit.text]
    line = b" and then ".join(hits)
    assert len(around) > 10
    for rule in around:
        found = [match.span() for match in finder(rule.trigger)(line)]
        assert found == [match.span() for match in re.finditer(rule.trigger.encode(), line)], rule.name
        assert found, rule.name


def test_matches_of_a_trigger_are_found_without_re2(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "agent.redact.picking.re2_picker", None)
    assert [match.span() for match in finder("needle")(b"hay needle hay")] == [(4, 10)]
