"""What products write in the place of a secret stays; what people make up in the same form does not."""

import re

import pytest

from agent.redact.checks.fillers import is_constant, is_filler, is_filler_here


@pytest.mark.parametrize(
    "value",
    [
        b"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER",
        b"put your unique phrase here",
        b"*SENSITIVE*DATA*DELETED*",
        b"$__file{/run/secrets/grafana}",
        b"${secretManager:shop/mail}",
        b"dbpw:/etc/credstore/dbpw",
        b"1337.v60b_d7b_c7b_c9f",
        b"ntlmv2-only",
        b"YOUR_API_KEY",
        b"<your-access-token-here>",
        b"sec0:",
        b"virtio-disk0-secret0",
        b"*password*",
    ],
)
def test_the_placeholders_and_references_of_products_are_no_values(value):
    assert is_filler(value)


@pytest.mark.parametrize(
    "value",
    [
        b"*Teapot*Walnut*",
        b"$__teapot38",
        b"1337.walnut",
        b"bo:/teapot",
        b"put your foot here",
        b"your_teapot",
        b"*teapot*",
        b"sec0nd",
    ],
)
def test_what_only_resembles_one_is_a_value(value):
    assert not is_filler(value)


@pytest.mark.parametrize(
    "value", [b"KRB5KDC_ERR_PREAUTH_FAILED", b"GSS_S_NO_CRED", b"P4PASSWD", b"GITHUB_TOKEN", b"MYSQL_PWD"]
)
def test_constants_and_names_of_variables_are_told_in_sentences(value):
    assert is_constant(value)


@pytest.mark.parametrize("value", [b"TEAPOT_38_WALNUT", b"Teapot_ERR", b"TEAPOT3812", b"A1B2_KEY"])
def test_other_capitals_are_none(value):
    assert not is_constant(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"passphrase = (8..63 ASCII characters)", b"(8..63"),
        (b'"class":"ApiTokens::ExpiringWorker"', b"ExpiringWorker"),
        (b"ALTER ROLE bo PASSWORD :'pw'", b"pw"),
        (b'x="${file:/etc/kafka/creds:pw}"', b"pw"),
    ],
)
def test_the_text_around_tells_what_is_no_value(text, value):
    assert is_filler_here(value, _match(text, value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"passphrase = (8..63 teapots", b"(8..63"),
        (b"api_token::Teapot", b"Teapot"),
        (b"password :'pw'", b"pw"),
        (b"/etc/kafka/creds:pw", b"pw"),
    ],
)
def test_without_it_the_same_is_one(text, value):
    assert not is_filler_here(value, _match(text, value))


def _match(text: bytes, value: bytes) -> re.Match[bytes]:
    found = re.search(rb"(?:::|\s?[:=]\s?)[\"']?(" + re.escape(value) + rb")", text)
    assert found is not None
    return found
