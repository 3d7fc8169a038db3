"""A line is redacted by what stands in it, and by what began above it."""

import json

import pytest

from agent.redact import LocalFacts, Redactor, load_rules


@pytest.fixture
def lines(redactor):
    return redactor._lines()


def test_a_line_with_nothing_to_find_is_the_same_object(lines):
    line = b"nothing to see here"
    assert lines.line(line) is line
    assert not lines.counts


def test_a_value_on_the_next_line_belongs_to_its_name(lines, secret):
    assert lines.line(b"password:") == b"password:"
    assert lines.beyond_near(b"any line", (), None) is None  # it may belong to the name above it
    assert secret.encode() not in lines.line(f"  {secret}".encode())
    assert lines.line(b"nothing to see here") == b"nothing to see here"
    assert sum(lines.counts.values()) == 1


def test_where_nothing_is_open_the_findings_are_all_there_is(lines):
    assert lines.beyond_near(b"any line", (), None) == []


def test_two_byte_characters_among_single_bytes_stay_so(lines, secret):
    wide = f"token {secret} here".encode("utf-16-le")
    redacted = lines.line(wide)
    assert secret.encode("utf-16-le") not in redacted
    assert redacted.decode("utf-16-le").startswith("token [redacted:")
    assert redacted.decode("utf-16-le").endswith("] here")


def test_the_value_of_a_field_names_nothing_in_the_field_below(redactor):
    kept = '{"action":"reset_password","ok":true}\n{"action":"login-2fa-step","ok":true}\n'
    assert redactor.text(kept) == (kept, {})


def test_a_name_in_another_string_does_not_end_a_key(redactor):
    lines = [
        "-----BEGIN OpenVPN Static key V1-----",
        "9f86d081884c7d659a2feaa0c55ad015",
        "a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ]
    first, second, third = (json.dumps({"log": line + "\n"}) for line in lines)
    redacted = redactor.text("\n".join([first, second, '{"msg":"missing token:"}', third]))[0]
    assert "a3bf4f1b" not in redacted


def test_the_wait_for_a_value_ends_below_blank_lines_between_colours(redactor):
    kept = "\n".join(f"\x1b[32m{text}\x1b[0m" for text in ("Password:", *[""] * 9, "Teapot38x12Lp"))
    assert redactor.text(kept) == (kept, {})


def test_of_several_strings_in_a_line_each_says_what_it_holds(redactor):
    said = {"a": 'say "hello" to all', "b": 'with "password": "Teapot38x12Lp"', "c": 'set "token": "q9xZ8h2kLm3p"'}
    line = json.dumps(said)
    redacted = redactor.text(f"{line}\nand on")[0]
    assert "Teapot38x12Lp" not in redacted
    assert "q9xZ8h2kLm3p" not in redacted
    assert redacted.startswith(line[:24])
    assert redacted.endswith('"}\nand on')


@pytest.mark.parametrize("engine", ["hyperscan", "re2", "standard", "re"])
def test_where_something_is_open_no_engine_reads_more_strings_than_another(engine):
    try:
        redactor = Redactor(load_rules(), b"k" * 32, LocalFacts(), engine=engine)
    except ImportError:
        pytest.skip(f"{engine} is missing here")
    said = '{"a":"user: jdoe7\\np!ssword: x"} and user=conguyen'
    redacted = redactor.text(f"Username   Prname   Password        Role2B   Age\n{said}")[0]
    assert redacted.count("user-") == 2
