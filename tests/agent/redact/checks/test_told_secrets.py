"""A sentence tells a secret, or only speaks of one."""

import re

import pytest

from agent.redact.checks.told_secrets import (
    looks_secret_beside,
    looks_secret_in_column,
    looks_secret_in_prose,
    looks_secret_told,
)

LAST_WORD = re.compile(rb"\s[\"']?(?P<value>[^\s\"']+)[\"']?\Z")


def asked(check, line):
    found = LAST_WORD.search(line.encode())
    assert found is not None
    return check(found["value"], found)


@pytest.mark.parametrize("line", ["the password hunter2", "the password AbCdEfGhIj", "wrong token a1!b"])
def test_in_prose_only_what_no_word_looks_like_is_a_secret(line):
    assert asked(looks_secret_in_prose, line)


@pytest.mark.parametrize(
    "line", ["the password expired", "Das Passwort ist ungültig", "the token HTTP/1.1", "key 0x1f3a"]
)
def test_words_of_any_language_are_none(line):
    assert not asked(looks_secret_in_prose, line)


@pytest.mark.parametrize(
    "line",
    ["the password is teapot-walnut", "the password is set to hunter2", 'passphrase was "T3apot"', "key is c0ffee19d2"],
)
def test_a_sentence_that_tells_clearly_tells_also_joined_words(line):
    assert asked(looks_secret_told, line)


@pytest.mark.parametrize(
    "line",
    [
        "the cache key is list:89",
        "the public key is a1b2c3",
        "token rejected for request 7f3c2a10",
        "the password is case-sensitive",
        "the key is RSA-2048",
        "the secret is projects/12/secrets/db",
        "the token is state=5",
        "password: ${DB:?unset}",
    ],
)
def test_harmless_keys_numbered_things_paths_and_settings_are_not_told(line):
    assert not asked(looks_secret_told, line)


def test_a_name_beside_tells_unless_it_is_a_harmless_key():
    assert asked(looks_secret_beside, "wrong api key c0ffee19d2b3")
    assert not asked(looks_secret_beside, "NO_PUBKEY BA5E0BE9ABF470CA")


def test_in_the_registry_a_plain_word_is_a_value_too():
    found = re.compile(rb"REG_SZ\s(?P<value>\S+)").search(b"Password REG_SZ teapot")
    assert found is not None
    assert looks_secret_in_column(found["value"], found)
    assert not asked(looks_secret_in_column, "password teapot")
