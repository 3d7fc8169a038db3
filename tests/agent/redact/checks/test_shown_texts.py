"""What a form shows to people is none of what they put into it."""

import pytest

from agent.redact.checks.shown_texts import is_shown_text


@pytest.mark.parametrize(
    "value",
    [
        "Password is required",
        "Enter your password",
        "This field may not be blank.",
        "The password field is required.",
        "can't be blank",
        "isn't an item in the vault",
        "has expired",
        "This token is invalid.",
        "Missing API key",
        "Passwort vergessen?",
        "Kennwort",
        "Current password",
        "is too short (minimum is 8 characters)",
        "Mot de passe",
        "Contraseña",
        "パスワード",
    ],
)
def test_labels_hints_and_complaints_are_shown_texts(value):
    assert is_shown_text(value.encode())


@pytest.mark.parametrize(
    "value",
    [
        "walnut",
        "walnut teapot orchid indigo",
        "Walnut teapot orchid indigo.",
        "my secret password",
        "Password1 is required",
        "is Walnut3812",
        "walnut is in the teapot",
        "has-expired-38",
        "Where is my teapot?",
        "has anyone seen my blue teapot",
        "is this real",
    ],
)
def test_pass_phrases_are_none(value):
    assert not is_shown_text(value.encode())


def test_a_catalogue_keeps_its_texts_and_a_setting_is_masked(redactor, redact_bytes):
    text = b'{"errors":{"password":["The password field is required."]}}'
    assert redact_bytes(redactor, text) == text
    assert b"[redacted:" in redact_bytes(redactor, b'{"errors":{"password":["Walnut, teapot and orchid"]}}')
