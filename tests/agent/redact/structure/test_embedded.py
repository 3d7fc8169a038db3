from collections import Counter

import pytest

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


def test_a_line_of_a_log_comes_here(redactor, redact_bytes):
    data = b'INFO {"token":{"id":"x1y2"}}\nINFO token=null\n'
    assert redact_bytes(redactor, data) == data.replace(b"x1y2", b"[redacted:secret-by-key]")
