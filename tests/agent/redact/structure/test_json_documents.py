import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.redact.structure.documents import masked

SECRET = "s3cr3t-Value"
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("qxz_", max_size=6), inner, max_size=4),
)
SECRETS = st.recursive(
    st.just(SECRET) | st.just(123456789),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("fgh"), inner, min_size=1),
    max_leaves=6,
)


def shape(value):
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else None


@given(before=DOCUMENTS, secret=SECRETS, indent=st.none() | st.integers(0, 3), ascii_only=st.booleans())
def test_a_secret_goes_and_the_shape_stays(by_key, before, secret, indent, ascii_only):
    document = {"before": before, "client_secret": secret, "after": [1, "ä", {}]}
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    redacted = masked(text.encode("utf-8", "surrogatepass"), "json", by_key, Counter()).decode("utf-8", "surrogatepass")
    left = json.loads(redacted)
    assert shape(left) == shape(document)
    assert SECRET not in redacted
    assert "123456789" not in json.dumps(left["client_secret"])
    assert redacted.count("\n") == text.count("\n")
    # Outside of the secret, which is written with its key in one piece, every byte is as before.
    at = text.index('"client_secret"')
    assert redacted[:at] == text[:at]
    assert redacted.endswith(text[text.rindex('"after"') :])


def test_an_escaped_key_counts_as_what_it_says(by_format):
    assert by_format("json", '{"\\u0070assword": "x1"}') == '{"\\u0070assword": "#"}'


def test_a_value_may_be_lines_below_its_key(by_format):
    assert by_format("json", '{"password"\n :\n\n"a\\"b"}') == '{"password"\n :\n\n"#"}'


def test_comments_and_trailing_commas_pass(by_format):
    text = '// a\n{"password": "x1", /* b */ "l": [1,],}\n'
    assert by_format("json", text) == text.replace("x1", "#")


def test_what_is_none_stays(by_format):
    for text in (
        '{"password": "x1"',
        '{"password": "x1"} {}',
        '{"password" "x1"}',
        '{"password": x1}',
        "",
        '["a" "b"]',
    ):
        assert by_format("json", text) == text
