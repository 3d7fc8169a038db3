"""Tests of the words for things: they are words as the checks look them up, and no names of people."""

from __future__ import annotations

import pytest

from agent.redact.checks.things import NO_ACCOUNTS, NO_NAMES, ORGANISATIONS


@pytest.mark.parametrize("words", [NO_ACCOUNTS, NO_NAMES, ORGANISATIONS])
def test_words_are_in_lower_case_as_they_are_looked_up(words: frozenset[bytes]) -> None:
    """A word with a capital would never be found."""
    assert [word for word in words if word != word.lower()] == []


@pytest.mark.parametrize("name", ["jane", "doe", "mark", "grant", "will", "page", "rose", "long", "chase", "bill"])
def test_names_of_people_are_no_things(name: str) -> None:
    """Words that people are also called have to be replaced."""
    assert name.encode() not in NO_ACCOUNTS
    assert name.encode() not in NO_NAMES


def test_a_firm_is_known_by_its_last_word() -> None:
    """The words that end the name of a group are told from those of a person."""
    assert {b"authors", b"foundation", b"inc."} <= ORGANISATIONS
