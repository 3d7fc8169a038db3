"""Which words belong to a message."""

import pytest

from agent.redact.checks.message_words import says_something


@pytest.mark.parametrize("word", [b"The", b"password", b"expired,", b"(connection", b"running", b"falsch"])
def test_articles_verbs_and_what_programs_talk_about_do(word):
    assert says_something(word)


@pytest.mark.parametrize("word", [b"walnut", b"teapot", b"orchid", b"king", b""])
def test_others_do_not(word):
    assert not says_something(word)
