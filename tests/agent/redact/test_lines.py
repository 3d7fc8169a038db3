"""A line is redacted by what stands in it, and by what began above it."""

import pytest


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


def test_where_a_line_opens_an_account_and_a_secret_the_secret_is_masked(lines, secret):
    lines.line(b"Password for the admin user:")
    assert secret.encode() not in lines.line(f"  {secret}".encode())
