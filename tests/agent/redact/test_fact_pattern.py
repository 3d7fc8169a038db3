"""Known values are found in every spelling, and as nothing but themselves."""

import json
import re
from urllib.parse import quote

import pytest

from agent.redact.fact_pattern import FactPattern


def quoted(text):
    return quote(text).encode()


def in_json(text):
    return json.dumps(text)[1:-1].encode()


def in_html(text):
    return text.encode("ascii", "xmlcharrefreplace")


def found(pattern, text):
    return {match[0] for match in pattern.finditer(text)}


def test_a_plain_name_is_found_as_a_word_among_signs_and_digits():
    pattern = FactPattern(["jsmith"])
    for text in (b"jsmith", b"JSmith logged in", b"backup_jsmith_2.zip", b"/home/JSMITH2/x"):
        assert {name.lower() for name in found(pattern, text)} == {b"jsmith"}


@pytest.mark.parametrize("text", [b"jsmithson", b"ajsmith", "jsmithé".encode(), "ûjsmith".encode()])
def test_a_part_of_a_word_is_not_the_name(text):
    assert found(FactPattern(["jsmith"]), text) == set()


def test_a_name_that_ends_in_a_digit_ends_there():
    pattern = FactPattern(["web-01", "node7"])
    assert found(pattern, b"web-01 web-012 node7 node77") == {b"web-01", b"node7"}


@pytest.mark.parametrize(
    "text",
    ["Zoë O'Neil-Smith", "ZOË O'NEIL-SMITH", "zoe\u0308 o'neil-smith", "Zo\\u00eb O'Neil-Smith",
     "Zo&euml; O&#39;Neil-Smith", "Zo&#235; O'Neil-Smith", "Zo%C3%AB%20O%27Neil-Smith", "zoë.o'neil-smith",
     "Zo=C3=AB O'Neil-Smith", "Zoë+O'Neil-Smith"],
)  # fmt: skip
def test_a_full_name_is_found_in_every_spelling(text):
    assert found(FactPattern(["Zoë O'Neil-Smith"]), b"by " + text.encode() + b".") == {text.encode()}


def test_a_full_name_is_found_in_latin_1():
    assert found(FactPattern(["Zoë"]), "Zoë".encode("latin-1")) == {"Zoë".encode("latin-1")}


@pytest.mark.parametrize("value", ["Zoë", "Émile", "Renée", "Ängström-Lab", "Łukasz", "jürgen7"])
@pytest.mark.parametrize("escape", [str.encode, quoted, in_json, in_html])
def test_a_name_with_one_word_is_found_whatever_its_letters_are_escaped_to(value, escape):
    pattern = FactPattern([value])
    for text in (value, value.upper(), value.lower(), value.swapcase()):
        line = b"x=" + escape(text) + b", y"
        assert found(pattern, line) == {escape(text)}, line
        assert re.search(pattern.trigger().encode(), line), line


def test_what_has_no_letter_and_no_digit_is_nothing():
    assert list(FactPattern(["..."]).finditer(b"...")) == []
