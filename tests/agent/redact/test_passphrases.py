"""Several words behind a name: a pass phrase, or the rest of a message."""

import pytest


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("passphrase = correct horse battery staple", True),
        ("password: must be changed at next login", False),
        ("password is about to expire for the user", False),
    ],
)
def test_words_of_a_message_are_no_pass_phrase(redactor, line, masked):
    assert ("[redacted:" in redactor.text(line)[0]) == masked
