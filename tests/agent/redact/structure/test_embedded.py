from collections import Counter
from io import BytesIO

import pytest

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.structure.embedded import Embedded


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (
            'got {"a":1,"credentials":{"k":"v1","n":[1234567]},"z":"q"} done',
            'got {"a":1,"credentials":{"k":"#","n":["#"]},"z":"q"} done',
        ),
        ('{"secret" : 12345678}', '{"secret" : "#"}'),
        ('x {"token":["a1","b2', 'x {"token":["#","#'),
        ('x {"token":{"a":"b1"}, "tokens": {"c": "d1"}', 'x {"token":{"a":"#"}, "tokens": {"c": "#"}'),
        ('{"password":"x1"}', '{"password":"x1"}'),
        ('{"name":{"a":"b1"}}', '{"name":{"a":"b1"}}'),
        ("password: {a: b}", "password: {a: b}"),
    ],
)
def test_what_a_line_holds_under_a_secrets_key_is_masked(by_key, line, left):
    redacted = Embedded(by_key).redacted(line.encode(), Counter())
    assert redacted.replace(b"[redacted:secret-by-key]", b"#").decode() == left


@pytest.mark.parametrize(
    ("line", "is_for"),
    [
        (b'{"tokens":[1]}', True),
        (b'{"tokens~":[1]}', False),  # no name that a value belongs to: two of three engines do not see one
        (b"tokens=1", False),
    ],
)
def test_where_the_engine_does_not_know_the_trigger_decides(by_key, line, is_for):
    assert Embedded(by_key).is_for(line, by_key.secret, None) == is_for
    assert not Embedded(by_key).is_for(line, by_key.wanted & ~by_key.secret, None)
    assert Embedded(by_key).is_for(line, by_key.secret, (2, 9)) == (b'":' in line)


@pytest.mark.parametrize("engine", ["re2", "hyperscan"])
def test_every_engine_looks_into_the_same_lines(engine):
    pytest.importorskip(engine)
    data = b'x {"backup_codes~":["18273645"],"n":2} y\nx {"backup_codes":["18273645"],"n":2} y\n'
    found = {}
    for each in ("re", engine):
        target = BytesIO()
        redactor = Redactor(load_rules(), b"a key for tests, of 32 bytes....", LocalFacts(), engine=each)
        redactor.stream(BytesIO(data), target, path="a.log", media_type="text/plain")
        found[each] = target.getvalue()
    assert found[engine] == found["re"]
    assert b"18273645" not in found["re"].splitlines()[1]


def test_a_line_of_a_log_comes_here(redactor, redact_bytes):
    data = b'INFO {"token":{"id":"x1y2"}}\nINFO token=null\n'
    assert redact_bytes(redactor, data) == data.replace(b"x1y2", b"[redacted:secret-by-key]")
