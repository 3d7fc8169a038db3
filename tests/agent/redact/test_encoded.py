"""A run is masked for what it decodes to."""

import base64

import pytest

from agent.redact.validators import VALIDATORS


def said(name, run):
    import re

    match = re.compile(rb"\S+").match(run)
    return VALIDATORS[name](run, match)


@pytest.mark.parametrize("text", [b"password=Tr0ub4dor&3", b'{"apiKey": "k3yk3yk3y"}', b"postgres://app:s3cretX@db/x"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, lambda text: text.hex().encode()])
def test_a_secret_with_its_name_is_found(text, encode):
    assert said("encoded-secret", encode(text))


def test_a_command_for_powershell_is_read_as_the_two_byte_text_it_is():
    assert said("encoded-secret", base64.b64encode("$password = 'Tr0ub4dor'".encode("utf-16-le")))


@pytest.mark.parametrize("text", [b"jane:Tr0ub4dor&3", b"\x00jane\x00Tr0ub4dor&3"])
def test_a_log_in_is_found(text):
    assert said("encoded-login", base64.b64encode(text))


@pytest.mark.parametrize("run", [b"d41d8cd98f00b204e9800998ecf8427e", b"QUJDREVGR0hJSktM", b"!!", b"12:30", b"A"])
def test_other_runs_stay(run):
    assert not said("encoded-secret", run)
    assert not said("encoded-login", run)
