"""One object, no name twice, shallow, whole numbers: what passes, every reader understands alike."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.remote import strict_json

FLAT = st.dictionaries(st.text(), st.text() | st.integers(-(10**13), 10**14) | st.booleans() | st.none(), max_size=5)


@given(FLAT)
def test_what_is_plain_is_read_as_it_was_meant(value) -> None:
    assert strict_json.parse(json.dumps(value).encode(), most_deep=1) == value


@given(FLAT, st.integers(2, 5))
def test_depth_is_counted_outside_of_texts(value, depth) -> None:
    data = b'{"a":' * (depth - 1) + json.dumps(value).encode() + b"}" * (depth - 1)
    strict_json.parse(data, most_deep=depth)
    with pytest.raises(ValueError, match="nested"):
        strict_json.parse(data, most_deep=depth - 1)


@given(st.binary(max_size=60))
def test_no_bytes_end_otherwise_than_with_an_object_or_a_sentence(data) -> None:
    try:
        found = strict_json.parse(data, most_deep=3)
    except ValueError as error:
        told = error
    else:
        assert isinstance(found, dict)
        return
    assert (type(told), str(told).split()[0] in ("is", "has")) == (ValueError, True)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b'{"a": 1, "a": 1}', "twice"), (b'{"a": {"b": 1, "\\u0062": 2}}', "twice"), (b'{"a": 1.0}', "not whole"),
        (b'{"a": 1e3}', "not whole"), (b'{"a": Infinity}', "not whole"), (b'{"a": 1234567890123456}', "too long"),
        (b"[1]", "not an object"), (b'{"a": 1} x', "not JSON"), (b'{"a": 1,}', "not JSON"), (b'{"a": "\xff"}', "UTF-8"),
        (b'{"a": "\n"}', "not JSON"), (b"{'a': 1}", "not JSON"), (b'{"a": "\xed\xa0\x80"}', "UTF-8"), (b"", "not JSON"),
    ],
)  # fmt: skip
def test_what_readers_could_disagree_about_is_refused(data, fault) -> None:
    with pytest.raises(ValueError, match=fault):
        strict_json.parse(data, most_deep=3)
