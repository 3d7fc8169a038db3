"""Lines that make a regular expression work as hard as it can, made from the expression itself.

What slows a backtracking engine is text that matches a long way and then does not: again and again the beginning of a
match, or the part that repeats and never its end. So text is drawn from the parsed expression, with its repetitions
as long as they may be, cut at a random place, and repeated to a line.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from re import _constants, _parser
from typing import Any

LINE_BYTES = 4096
_LONGEST_REPEAT = 60


def attacks(pattern: bytes, count: int, seed: int = 1) -> Iterator[bytes]:
    """So many lines of 4 KiB against this expression."""
    chance = random.Random(seed)
    parsed = _parser.parse(pattern)
    for turn in range(count):
        text = _drawn(parsed, chance, {}) or b"a"
        piece = text if turn % 4 == 0 else text[: chance.randrange(len(text)) + 1]
        if turn % 4 == 3:  # the part that repeats, and never its end
            head, piece = piece[:-1], piece[-1:]
        else:
            head = b""
        yield (head + piece * (LINE_BYTES // len(piece)))[:LINE_BYTES].replace(b"\n", b" ")


def _drawn(parsed: Any, chance: random.Random, groups: dict[int, bytes]) -> bytes:
    return b"".join(_item(code, argument, chance, groups) for code, argument in parsed)


def _item(code: Any, argument: Any, chance: random.Random, groups: dict[int, bytes]) -> bytes:
    if code is _constants.LITERAL:
        return bytes([argument])
    if code in (_constants.IN, _constants.NOT_LITERAL, _constants.ANY):
        return _member(code, argument, chance)
    if code is _constants.BRANCH:
        return _drawn(chance.choice(argument[1]), chance, groups)
    if code is _constants.SUBPATTERN:
        text = _drawn(argument[3], chance, groups)
        if argument[0] is not None:
            groups[argument[0]] = text
        return text
    if code is _constants.GROUPREF:
        return groups.get(argument, b"")
    if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
        least, most, inner = argument
        longest = max(least, min(int(most), _LONGEST_REPEAT))
        times = longest if chance.random() < 0.6 else least
        return b"".join(_drawn(inner, chance, groups) for _ in range(times))
    return b""  # a place or a look around: nothing is read


def _member(code: Any, argument: Any, chance: random.Random) -> bytes:
    if code is _constants.ANY:
        return b"a"
    if code is _constants.NOT_LITERAL:
        return b"a" if argument != ord("a") else b"b"
    one_of = re.compile(b"[" + b"".join(_written(*part) for part in argument) + b"]")
    members = [byte for byte in range(32, 256) if one_of.match(bytes([byte]))]
    return bytes([chance.choice(members or [32])])


def _written(code: Any, argument: Any) -> bytes:
    if code is _constants.NEGATE:
        return b"^"
    if code is _constants.LITERAL:
        return b"\\x%02x" % argument
    if code is _constants.RANGE:
        return b"\\x%02x-\\x%02x" % argument
    return _CATEGORIES[argument]


_CATEGORIES = {
    _constants.CATEGORY_DIGIT: rb"\d",
    _constants.CATEGORY_NOT_DIGIT: rb"\D",
    _constants.CATEGORY_SPACE: rb"\s",
    _constants.CATEGORY_NOT_SPACE: rb"\S",
    _constants.CATEGORY_WORD: rb"\w",
    _constants.CATEGORY_NOT_WORD: rb"\W",
}
