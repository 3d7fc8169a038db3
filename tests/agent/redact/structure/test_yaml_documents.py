from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.structure.documents import masked


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("password: x1 y\nb: c\n", 'password: "#"\nb: c\n'),
        ("password: |\n  ä one\n\n  two\nb: c\n", "password: |\n  #\n\n  #\nb: c\n"),
        ("ü: ä\nsecret: >-  # why\n    one\nb: c\n", "ü: ä\nsecret: >-  # why\n    #\nb: c\n"),
        ('token: "one\n  two \\\n  three"\nb: c\n', 'token: "#\n  #\n  #"\nb: c\n'),
        ("api_key: one\n  two\nb: c\n", 'api_key: "#\n  #"\nb: c\n'),
        ("password:\n  x1\nb: c\n", 'password:\n  "#"\nb: c\n'),
        ("secrets:\n- 'it''s'\n- {a: b1, c: ~}\n", "secrets:\n- '#'\n- {a: \"#\", c: ~}\n"),
        ("password: !!str &a x1\nb: *a\n", 'password: !!str &a "#"\nb: *a\n'),
        (
            "x: &a x1\ny: &b [p, q]\npassword: *a\nsecrets: *b\n",
            'x: &a "#"\ny: &b ["#", "#"]\npassword: *a\nsecrets: *b\n',
        ),
        ("password: !secret name\n", "password: !secret name\n"),
        ("? [password]\n: x1\n? {a: b}\n: y\n", "? [password]\n: x1\n? {a: b}\n: y\n"),
        ("- name: DB_PASSWORD\n  value: x1\n", '- name: DB_PASSWORD\n  value: "#"\n'),
        ("user: jsmith\r\npassword: |\r\n  a1\r\n  b1\r\n", "user: user-…\r\npassword: |\r\n  #\r\n  #\r\n"),
        ("password: null\ntoken: ${T}\ntokens: 5\n", "password: null\ntoken: ${T}\ntokens: 5\n"),
        ("password: x1\u00a0\ntoken: y1\u3000\n", 'password: "#"\ntoken: "#"\n'),
        ("a: [\npassword: x1\n", "a: [\npassword: x1\n"),
        ("%TAG ! tag:x,2000:\n---\npassword: x1\n", "%TAG ! tag:x,2000:\n---\npassword: x1\n"),
    ],
)
def test_values_are_masked_in_their_places(by_format, text, left):
    assert by_format("yaml", text) == left


@given(
    secret=st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/\\:"),
        min_size=6,
        max_size=40,
    ),
    style=st.sampled_from(["'", '"', "|", ">", None]),
    width=st.sampled_from([20, 80]),
)
def test_the_shape_and_the_number_of_lines_stay(by_format, secret, style, width):
    document = {"ä": "ö", "secrets": {"a": [f"x1{secret}"], "b": f"Y7{secret}"}, "last": "z"}
    text = yaml.dump(document, default_style=style, allow_unicode=True, width=width)
    redacted = by_format("yaml", text)
    left = yaml.safe_load(redacted)
    assert (left["ä"], left["last"], left.keys()) == ("ö", "z", document.keys())
    assert set(left["secrets"]["a"][0].split()) == {"#"} == set(left["secrets"]["b"].split())
    assert redacted.count("\n") == text.count("\n")


def test_bytes_that_are_no_utf_8_are_read_all_the_same(by_key):
    text = "größe: \x93a\x94\npassword: x1\n".encode("latin-1")
    left = text.replace(b"x1", b'"[redacted:secret-by-key]"')
    assert masked(text, "yaml", by_key, Counter()) == left
