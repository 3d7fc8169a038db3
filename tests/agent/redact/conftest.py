"""Redactors made once: compiling the rules takes a moment."""

import io
import re

import pytest

from agent.redact import LocalFacts, Redactor, load_rules
from agent.redact.validators import VALIDATORS

KEY = b"a key for tests, of 32 bytes...."


@pytest.fixture(scope="session")
def rules():
    return load_rules()


@pytest.fixture(scope="session")
def redactor(rules):
    """All rules, no local facts, the fastest engine."""
    return Redactor(rules, KEY, LocalFacts())


@pytest.fixture(scope="session")
def redact_bytes():
    """Bytes through a redactor's stream."""

    def run(redactor, data, *, path="a.log", media_type="text/plain"):
        target = io.BytesIO()
        redactor.stream(io.BytesIO(data), target, path=path, media_type=media_type)
        return target.getvalue()

    return run


@pytest.fixture(scope="session")
def of_kind():
    """A text with the letters of each pseudonym as an ellipsis."""
    stand_in = re.compile(
        r"(?<![a-z])(ip6?|mail|host|user|name|mac|phone|sid|serial|network)-(private-)?[a-z2-7]{8,12}"
    )
    return lambda text: stand_in.sub(lambda found: f"{found[1]}-{found[2] or ''}…", text)


@pytest.fixture(scope="session")
def check():
    """What the validator of this name says of a value behind some text."""

    def run(name, value, before=b""):
        match = re.compile(re.escape(before) + b"(?P<value>" + re.escape(value) + b")").search(before + value)
        return VALIDATORS[name](value, match)

    return run


@pytest.fixture(scope="session")
def secret():
    """A credential that several rules know, made here so that it is nobody's."""
    return "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
