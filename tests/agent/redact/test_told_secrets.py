"""Secrets that a sentence tells, and sentences that only speak of them."""

import pytest


@pytest.mark.parametrize(
    "line",
    [
        "the password is hunter2!x",
        "your token was set to 'a8Fk2mQ9z'",
        "login with password Tr0ub4dor&3",
        "Passwort lautet Fr4nz#77",
    ],
)
def test_what_is_told_is_masked(redactor, line):
    redacted = redactor.text(line)[0]
    assert "[redacted:" in redacted
    assert redacted.split("[")[0] == line[: len(redacted.split("[")[0])]


@pytest.mark.parametrize(
    "line",
    [
        "the password is too short",
        "token expired at 2024-01-01 10:00:00",
        "Failed password for root from local port 22",
        "secret rotation finished in 30s",
        "public key changed: rebuild 2 caches",
    ],
)
def test_sentences_about_secrets_stay(redactor, line):
    assert redactor.text(line) == (line, {})
