"""Words behind a name for a secret: a pass phrase, or what a program says."""

import re

import pytest

from agent.redact.checks.passphrases import looks_passphrase


def said(line):
    """Whether the words behind the sign are a pass phrase."""
    found = re.compile(rb"[=:] ?(?P<value>.*)").search(line.encode())
    assert found is not None
    return looks_passphrase(found["value"], found)


@pytest.mark.parametrize(
    "line",
    [
        "password: teapot walnut comet ginger",
        "signing key: teapot walnut comet ginger",
        "db_password=Teapot & Walnut 61!",
        "passphrase: naïve teapot 320",
        "seed phrase: account action agent air album alcohol alert alien all alley allow almost",
    ],
)
def test_words_that_have_nothing_to_do_with_each_other_are_a_pass_phrase(line):
    assert said(line)


@pytest.mark.parametrize(
    "line",
    [
        "password: must be changed",
        "password: expired three days ago",
        "token: bucket overflow detected twice",
        "password=hunter2-hunter2 teapot walnut",
        "auth: plain teapot 3",
        "tool --password=teapot walnut",
        "docker run -e PASSWORD=teapot walnut",
        "password: teapot",
    ],
)
def test_a_message_and_the_arguments_behind_an_option_are_none(line):
    assert not said(line)
