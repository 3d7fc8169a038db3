"""What is in base64 or hexadecimal digits decides whether it is a secret; what is no text is none."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.redact.encoded import holds_dumped_secret, holds_login, holds_secret

ANY = re.compile(b"")


def match():
    found = ANY.match(b"")
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    ["mail_password=teapot38", '{"user": "bo", "apiKey": "teapot38"}', "TOKEN: teapot38", "x://bo:teapot38@db/x"],
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, lambda raw: raw.hex().encode()])
def test_text_that_names_a_secret_is_one_in_every_encoding(text, encode):
    assert holds_secret(encode(text.encode()), match())


def test_a_command_of_powershell_is_read_in_its_two_byte_letters():
    assert holds_secret(base64.b64encode('$password="teapot38"'.encode("utf-16-le")), match())


@pytest.mark.parametrize("text", ["a page about the secretary", "token", "password=", "just some text"])
def test_text_without_a_name_and_a_value_is_none(text):
    assert not holds_secret(base64.b64encode(text.encode()), match())


@pytest.mark.parametrize("text", ["bo:teapot38", "bo@mail.example:Tea pot", "\0bo\0teapot38", "id\0bo\0teapot38"])
def test_a_user_and_a_password_are_a_login(text):
    assert holds_login(base64.b64encode(text.encode()), match())


@pytest.mark.parametrize("text", ["name:value", "host:8080", "12:30:59", "text/html", "http://host"])
def test_other_pairs_are_no_login(text):
    assert not holds_login(base64.b64encode(text.encode()), match())


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_answered(raw):
    assert holds_login(raw, match()) in (True, False)


def test_of_a_very_long_run_the_beginning_decides():
    run = base64.b64encode(b"password=teapot38 " + b"x" * 100_000)
    assert holds_secret(run, match())


def test_a_dump_of_bytes_tells_a_secret_also_beside_bytes_that_are_no_text():
    assert holds_dumped_secret(b"00 01 70 61 73 73 77 6f 72 64  3d 54 65 61 70 6f 74 38", match())
    assert not holds_dumped_secret(b"00 01 70 61 73 73 61 67 65 20  6f 66 20 74 69 6d 65 2e", match())
