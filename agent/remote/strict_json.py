"""JSON from somebody else: one object, no name twice, shallow, whole numbers only. What is anything else is refused.

Two readers that disagree about a message are how a check is stepped around: RFC 8259 §4 leaves open which of two equal
names counts, and §6 what a number beyond a double is. So neither is taken.
"""

from __future__ import annotations

import json
import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_LONGEST_NUMBER_DIGITS = 15  # less than 2**53, so that every reader has the same number


def parse(data: bytes, *, most_deep: int) -> dict[str, object]:
    """The object that ``data`` is, at most ``most_deep`` deep. Raise ``ValueError`` with the end of a sentence."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    if _depth(text) > most_deep:  # looked at first: a parser that calls itself would run out of its stack
        raise ValueError("is nested too deeply")
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_whole, parse_float=_no_number, parse_constant=_no_number
        )
    except json.JSONDecodeError:
        raise ValueError("is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("is not an object")
    return value


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in _STRING.sub("", text):
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has a name twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER_DIGITS:
        raise ValueError("has a number that is too long")
    return int(digits)


def _no_number(_text: str) -> object:
    raise ValueError("has a number that is not whole")
