"""What escapes hide is found without them, and masked with them."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.unescaped import unescaped

SECRETS = {
    'new NetworkCredential("app", "Tea+Pot38", "corp")': "Tea+Pot38",
    'password "Teapot3812" set': "Teapot3812",
    '<Password plain="true">Teapot3812</Password>': "Teapot3812",
    "A temporary password is generated for root@localhost: j:kEtN!kdFps\n": "j:kEtN!kdFps",
    "logged in as bo with Teapot3812 as password\n": "Teapot3812",
    'say "x"\nPASS Tr0ub4dor&3\n': "Tr0ub4dor&3",
    'a "x"\npassword:\n  Teapot38x12\n': "Teapot38x12",
}


@pytest.mark.parametrize(("text", "secret"), SECRETS.items())
@pytest.mark.parametrize(
    "wrap",
    [
        lambda text: json.dumps({"log": text, "n": 1}),
        lambda text: json.dumps({"outer": json.dumps({"msg": text})}),
        lambda text: f"level=info msg={json.dumps(text)} n=1",
    ],
    ids=["json", "json in json", "logfmt"],
)
def test_what_stands_in_a_string_is_found_as_where_it_stands_alone(redactor, text, secret, wrap):
    redacted = redactor.text(wrap(text))[0]
    assert secret not in redacted
    assert redacted.endswith(wrap("")[-4:])
    if wrap("").startswith("{"):
        assert json.loads(redacted)


@pytest.mark.parametrize("begin", ["\x1b[32m", "\\u001b[1;31m", "\\x1b[0m", "#033[33m", "^[[36m"])
def test_colours_hide_neither_the_start_of_a_line_nor_its_end(redactor, begin):
    end = begin[: begin.rindex("[")] + "[0m"
    redacted = redactor.text(f"{begin}PASS Tr0ub4dor&3{end}")[0]
    assert "Tr0ub4dor" not in redacted
    assert redacted.startswith(begin)
    assert redacted.endswith(end)


def test_a_value_of_several_colours_is_masked_with_them(redactor):
    redacted = redactor.text("password=Tea\x1b[1mpot\x1b[0m3812x and more")[0]
    assert "pot" not in redacted
    assert redacted.endswith(" and more")


def test_who_is_named_in_a_string_has_the_stand_in_of_everywhere(redactor):
    plain = redactor.text("login failed for user h.lindqvist from x")[0]
    quoted = redactor.text(json.dumps({"msg": 'a "b": login failed for user h.lindqvist from x'}))[0]
    (stand_in,) = [word for word in plain.split() if word.startswith("user-")]
    assert stand_in in quoted


def test_who_is_named_at_the_start_of_a_credential_does_not_end_it(redactor):
    line = json.dumps(
        {"msg": 'say "hi": https://h.lindqvist:Tea+Pot38@git.litware.example/x token=jo@litware.example+Pot38xq'}
    )
    redacted = redactor.text(line)[0]
    assert "Pot38" not in redacted


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("\x1b[36mINFO\x1b[0m[0000] logged in \x1b[36muser\x1b[0m=h.lindqvist", "lindqvist"),
        ("\x1b[36muser=\x1b[0mh.lindqvist \x1b[36mhost=\x1b[0mdb-fin-01", "db-fin"),
        ("user \x1b[36mh.lindqvist\x1b[0m logged in", "lindqvist"),
        ("user=\x1b[36mh.lindqvist\x1b[0m", "lindqvist"),
        ("/home/\x1b[0m\x1b[01;34mhlindqvist\x1b[0m", "lindqvist"),
        ("phone: \x1b[31m+49 170 1234567\x1b[0m", "1234567"),
        ("    inet6 \x1b[34mfe80::1ff:fe23:4567:890a\x1b[0m/64 scope link", "4567"),
        ('{"m":"inet6\\t2a02:8109:9c40:1a2b:3c4d:5e6f:7a8b:9c0d y"}', "8109"),
        ("\x1b[1mpassword\x1b(B\x1b[m: Teapot38x12", "Teapot"),
        ("\x1b[2K\x1b[1Gpassword: \x1b[?25lTeapot38x12", "Teapot"),
        ("\x1b[38:2::1:2:3mpassword\x1b[0m: Teapot38x12", "Teapot"),
        ("\x1b]8;;https://x/\x1b\\password\x1b]8;;\x1b\\: Teapot38x12", "Teapot"),
    ],
)
def test_colours_in_the_middle_of_a_line_hide_nothing(redactor, line, secret):
    assert secret not in redactor.text(line)[0]


@pytest.mark.parametrize(
    "line",
    [
        r'cmd="tool --password Winter2024\tEr9SecretZZ"',
        r'CommandLine="sqlcmd -S db -U sa -P Winter2024\near9Zq -Q x"',
        r'msg="login with password Winter2024\near9Zq failed"',
        r'args="/user:CORP\bob /password:Winter2024\near9Zq"',
    ],
)
def test_a_backslash_that_may_be_one_does_not_end_a_value(redactor, line):
    redacted = redactor.text(line)[0]
    assert "ear9Zq" not in redacted
    assert "Er9Secret" not in redacted
    assert "CORP\\" in redacted or "CORP" not in line


def test_an_ordinary_line_with_escapes_stays(redactor):
    for line in (
        json.dumps({"msg": 'opened "/var/lib/x" in 3 ms', "n": 4}),
        '\x1b[32mINFO\x1b[0m listening on port 8080, token "bearer" expected',
        'regex "\\"[a-z]+\\"" compiled; "\\"',
    ):
        assert redactor.text(line) == (line, {})


@given(st.text('ab"\\\n\té\x1b', min_size=1, max_size=30), st.data())
def test_every_part_of_a_text_stands_in_the_line_where_it_was_written(text, data):
    written = json.dumps('"' + text)
    (read,) = unescaped(f"k={written}".encode(), 0, may_mask=False)
    whole = ('"' + text).encode()
    assert read.text == whole
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    first, last = read.span(start, end)
    assert 3 <= first < last <= 2 + len(written) - 1
    assert read.span(0, len(whole)) == (3, 2 + len(written) - 1)


def test_strings_in_strings_and_many_strings_end_soon(redactor):
    assert list(unescaped(b'"a \\"b"', 2, may_mask=True)) == []
    assert len(list(unescaped(b'"a \\"b", ' * 100, 0, may_mask=True))) == 64
    line = b'"' + b'\\"\\n' * 15_000 + b'"'
    started = time.process_time()
    redactor.text(line.decode())
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    "line",
    [
        r"password=\u{1b}[33mTeapot3812\u{1b}[0m",
        "password=[0;33mTeapot3812[0m",
        "[36mpassword[0m=Teapot3812",
        "Authorization: Bearer [0;33mTeapot3812walnut[0m",
        "password=&#27;[33mTeapot3812&#27;[0m",
        r"password=\e[1;33mTeapot3812\e[0m",
        "\x1b]133;B\x1b\\password=\x1b[33mTeapot3812\x1b[0m",
    ],
)
def test_colours_are_seen_however_their_escape_is_written_or_left_out(redactor, line):
    assert "Teapot" not in redactor.text(line)[0]


def test_a_string_behind_dozens_of_others_is_read(redactor):
    fields = {f"field{number}": "two words" for number in range(50)}
    text = json.dumps({**fields, "log": 'ALTER USER x IDENTIFIED BY "Teapot3812"'})
    assert "Teapot" not in redactor.text(text)[0]
