"""A manifest from anywhere is shown, bounded, whatever shape it has."""

import json

from hypothesis import given
from hypothesis import strategies as st

from desk.contents.manifest_told import told

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = ("product", "request", "items", "members", "skipped", "counts", "made_at")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, ANYTHING)))
def test_any_shape_gives_texts(manifest):
    shown = told(manifest)
    assert all(isinstance(cell, str) for row in shown["taken"] + shown["left_out"] for cell in row.values())
    json.dumps(shown)


@given(ANYTHING)
def test_what_is_no_mapping_is_no_manifest(manifest):
    assert (told(manifest) is None) == (not isinstance(manifest, dict))


def test_endless_texts_lists_and_numbers_are_cut():
    shown = told({"product": "x" * 10_000, "skipped": [{"path": "p", "reason": "r"}] * 10_000, "computer_id": 10**5000})
    assert len(shown["facts"][0]["value"]) == 2000
    assert len(shown["left_out"]) == 5000
    assert len(shown["facts"]) == 1


def test_replacements_are_told_most_first():
    assert told({"counts": {"a": 1, "b": 3, "c": 0, "d": "x"}})["counts"] == [
        {"rule": "b", "count": "3"},
        {"rule": "a", "count": "1"},
    ]
