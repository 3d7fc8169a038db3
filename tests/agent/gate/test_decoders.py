"""Encoded text is decoded, encoded noise is passed over, and edges are carried along."""

import base64
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.gate import decoders
from agent.gate.decoders import View, views
from agent.gate.values import without_masks


def seen(data: bytes) -> list[bytes]:
    return [view.data for view in views(View(data=data, whole_begin=True, whole_end=True))]


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "key=", "data:text/plain;base64,"])
@given(text=st.text(st.sampled_from("abcdefgh ijkl=:/_0123456789"), min_size=40, max_size=90))
def test_base64_is_decoded_wherever_it_begins(before, text):
    encoded = base64.b64encode(text.encode()).decode().rstrip("=")
    if encoded not in (encoded.lower(), encoded.upper()):
        assert any(text[3:-3] in view.decode("latin-1") for view in seen(f"{before}{encoded} end".encode()))


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, lambda text: text.hex().encode()])
@given(
    before=st.text(st.sampled_from("abcdef0189/ABC_xyz"), max_size=200),
    text=st.text(st.sampled_from("Abcdefgh ijkl=:/_0123456789"), min_size=40, max_size=90).map(str.encode),
)
def test_what_stands_before_it_without_a_gap_hides_nothing(encode, before, text):
    """As a path does, or another encoded value."""
    row = before.encode() + encode(text).rstrip(b"=")
    if row not in (row.lower(), row.upper()) or encode(text).isalnum():
        assert any(text[3:-3] in view for view in seen(row + b" end"))


def test_a_hash_a_picture_and_a_path_are_no_encoded_text():
    chance = random.Random(1)
    assert seen(b"sha256:" + chance.randbytes(32).hex().encode()) == []
    assert seen(base64.b64encode(b"\x89PNG" + chance.randbytes(200))) == []
    assert seen(b"/usr/share/application/resources/translations/de") == []


def test_plain_text_has_no_other_view():
    assert seen(b"12:00 INFO all is well\n" * 100) == []


def test_a_view_at_the_edge_of_a_window_is_no_whole_one():
    encoded = base64.b64encode(b"some text that is long enough to be seen 123")
    (at_edge,) = views(View(data=encoded, whole_begin=False, whole_end=False))
    assert (at_edge.whole_begin, at_edge.whole_end) == (False, False)
    (inside,) = views(View(data=b"x " + encoded + b" y", whole_begin=False, whole_end=False))
    assert (inside.whole_begin, inside.whole_end) == (True, True)


@pytest.mark.parametrize(
    ("spelled", "plain"),
    [
        (b"a%3Db+c", b"a=b c"),
        (rb"a\u003db", b"a=b"),
        (rb"a\x3db\/c\"d\n", b'a=b/c"d\n'),
        (b"a&#61;b&quot;&#x3d;", b'a=b"='),
        ("wide".encode("utf-16-le"), b"wide"),
        ("wide".encode("utf-32-be"), b"wide"),
    ],
)
def test_escapes_are_undone(spelled, plain):
    assert plain in seen(spelled)


def test_a_spaced_dump_and_a_run_of_odd_length_are_decoded():
    text = b"some text that is long enough"
    assert text in seen(b"dump " + text.hex(" ").encode() + b" end")
    assert text in seen(text.hex().encode() + b"0")


def test_a_run_in_one_case_before_an_encoded_one_hides_it_not():
    text = b"some text that is long enough to be seen 123"
    path = b"/usr/share/application/resources\n"
    assert any(text in view for view in seen(path + b"key=" + base64.b64encode(text) + b"\n"))


ROWS = st.lists(
    st.one_of(
        st.text(st.sampled_from("0123456789abcdefABCDEF"), min_size=1, max_size=60),
        st.text(st.sampled_from("0f9 :"), min_size=1, max_size=80),
        st.lists(st.sampled_from(["00", "4a", "7F"]), min_size=10, max_size=30).map(" ".join),
        st.sampled_from(["Zz", "-", "/", "\r\n", " ", ":", "[redacted:ab]", "x" * 30]),
        st.text(st.sampled_from(" helo"), min_size=12, max_size=40).map(lambda text: text.encode().hex(":")),
        st.text(st.sampled_from(" helo"), min_size=12, max_size=40).map(lambda text: text.encode().hex()),
    ),
    max_size=12,
).map(lambda pieces: "".join(pieces).encode())


@settings(max_examples=300)
@given(data=ROWS)
def test_every_row_of_digits_is_seen_where_a_plain_search_sees_it(data):
    spans = [match.span() for match in re.finditer(rb"[0-9A-Fa-f]{24,}", data)]
    spans += [match.span() for match in re.finditer(rb"[0-9A-Fa-f]{2}(?:[ :][0-9A-Fa-f]{2}){11,}", data)]
    rows = decoders._rows(data, decoders._BASE64_SIGNS, decoders._BASE64_SHORTEST)
    assert list(decoders._spans_of_digits(data, rows, may_hold_pairs=True)) == spans


@settings(max_examples=300)
@given(data=ROWS)
def test_pairs_of_digits_are_seen_behind_masks_as_before_them(data):
    """The gate looks for them in the text without masks, and decodes them in the text as it is."""
    pairs = re.compile(decoders.PAIRS_OF_DIGITS)
    assert bool(pairs.search(without_masks(data))) == bool(pairs.search(data))


@settings(max_examples=300)
@given(data=ROWS)
def test_who_has_seen_no_pairs_loses_nothing(data):
    window = View(data=data, whole_begin=True, whole_end=True)
    holds = bool(re.search(decoders.PAIRS_OF_DIGITS, data))
    assert list(views(window, may_hold_pairs=holds)) == list(views(window))


def test_a_variable_of_windows_is_no_escape_and_escapes_beside_it_are():
    assert seen(b"password=%DBPASS1%\r\n") == [b"password=%DBPASS1%\r\n"]
    assert seen(b"a%3Db %DBPASS1% %AC") == [b"a=b %DBPASS1% \xac"]
    assert seen(b"password%3D%C3%BChunter2%21") == ["password=\u00fchunter2!".encode()]
