"""What stands where a secret would be and is none."""

import pytest

from agent.redact.not_secrets import is_code, is_no_value, is_number, is_path, is_state


@pytest.mark.parametrize(
    "value", [b"", b"null", b"***", b"${TOKEN}", b"<redacted>", b"changeme_here", b"%PASSWORD%", b"user-abcdefgh"]
)
def test_placeholders_masks_and_references_are_no_value(value):
    assert is_no_value(value)


@pytest.mark.parametrize("word", [b"is", b"expired", b"refresh", b"Authentication"])
def test_words_that_go_on_with_the_sentence_are_states(word):
    assert is_state(word)


@pytest.mark.parametrize("value", [b"settings.get()", b"com.example.Token", b"Object@1b2c3d4"])
def test_expressions_and_classes_are_code(value):
    assert is_code(value)


@pytest.mark.parametrize("value", [b"512", b"30s", b"4.5"])
def test_small_numbers_are_numbers(value):
    assert is_number(value)


def test_a_file_is_a_path():
    assert is_path(b"/run/secrets/db_password")


@pytest.mark.parametrize("value", [b"Tr0ub4dor&3", b"hunter2", b"S3cr3t!x"])
def test_a_secret_is_none_of_these(value):
    assert not any(check(value) for check in (is_no_value, is_state, is_code, is_number, is_path))
