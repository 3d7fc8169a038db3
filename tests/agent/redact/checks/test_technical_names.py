"""What is the name of something technical, and what is a secret that looks like one."""

import pytest

from agent.redact.checks.technical_names import is_checksum, is_key_of_entry, is_technical_name

DIGEST = b"c0ffee19d2b3a4c0ffee19d2b3a4c0ff"


@pytest.mark.parametrize(
    "value",
    [
        b"RSA 2048 bit",
        b"RSA 4096",
        b"ECDSA P-256",
        b"ED25519",
        b"ssh-rsa",
        b"CRAM-MD5",
        b"XOAUTH2",
        b"LOGIN",
        b"X-Api-Key",
        b"S2_AccessControl",
    ],
)
def test_kinds_of_keys_mechanisms_and_headers_are_names(value):
    assert is_technical_name(value)


@pytest.mark.parametrize(
    "value", [b"rsa-teapot", b"Login", b"X-Teapot3812", b"RSA 2048 bit teapot walnut comet", b"P-256"]
)
def test_what_only_begins_like_one_is_none(value):
    assert not is_technical_name(value)


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (DIGEST, b"restored cache from key"),
        (DIGEST, b"sccache: hash key"),
        (b"yarn-" + DIGEST, b"cache hit for restore-key"),
        (b"linux-node-modules-" + DIGEST, b"key"),
    ],
)
def test_the_key_of_an_entry_is_told_by_the_words_in_front_or_by_its_parts(value, before):
    assert is_key_of_entry(value, before)


@pytest.mark.parametrize(
    ("value", "before"),
    [
        (DIGEST, b"api key"),
        (DIGEST, b"cache encryption key"),
        (b"yarn-" + DIGEST, b"key"),
        (b"sk-or-v1-" + DIGEST, b"key"),
        (b"linux-node-" + DIGEST, b"access_token"),
    ],
)
def test_other_keys_open_something(value, before):
    assert not is_key_of_entry(value, before)


@pytest.mark.parametrize("name", [b"checksum/secret", b'"checksum/mail-auth-token', b"  secret-hash"])
def test_a_chart_notes_digests_of_secrets(name):
    assert is_checksum(DIGEST, name)


@pytest.mark.parametrize(("value", "name"), [(b"Teapot3812", b"checksum/secret"), (DIGEST, b"password-hash")])
def test_other_values_and_names_are_no_checksums(value, name):
    assert not is_checksum(value, name)
