"""Documents masked by their keys alone, before any rule for text."""

from collections import Counter

import pytest

from agent.redact.pseudonym import namer
from agent.redact.structure import ByKey
from agent.redact.structure.documents import masked
from agent.redact.text import LineRedactor


@pytest.fixture(scope="session")
def by_key(rules):
    redactor = LineRedactor(rules.rules, namer(b"k"), names=rules.names)
    return ByKey(rules.rules, redactor, rules.names)


@pytest.fixture(scope="session")
def by_format(by_key, of_kind):
    """Text of a format masked, ``#`` for each mask and ``user-…`` for a stand-in."""

    def run(of_format, text):
        redacted = masked(text.encode(), of_format, by_key, Counter())
        return of_kind(redacted.decode().replace("[redacted:secret-by-key]", "#"))

    return run
