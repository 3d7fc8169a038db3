r"""A trigger in the form that each engine wants, made from the standard library's own parse of it.

The engines read the same text differently: ``\s`` and negated classes reach over a line feed, RE2 folds the case of
Latin-1 letters, Hyperscan 5.4 has missed matches of bounded repetitions. So no engine gets the text. Every set of
characters is written out as bytes without the line feed, case is unfolded, and for Hyperscan repetitions are unrolled
or opened upwards; where that widens the trigger, the caller is told and asks ``re`` about each line found.

``gates`` gives the literals one of which every match must contain: what the standard library can look for quickly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]  # the stdlib's own parser; no public one exists
from typing import Any

# Lower case, and every digit as 0: one literal then stands for a shape like "digit, dot, digit".
FOLDED = bytes(48 if 48 <= byte <= 57 else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_LINE_FEED = 10
_UNROLLED_LIMIT = 64  # copies of a repeated part; what asks for more is opened upwards
_OPTIONAL_LIMIT = 16  # copies that may be missing
_TELLING = 3
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_ANCHORS = {
    _constants.AT_BEGINNING: "^",
    _constants.AT_END: "$",
    _constants.AT_BOUNDARY: r"\b",
    _constants.AT_NON_BOUNDARY: r"\B",
}
_CATEGORIES = {
    _constants.CATEGORY_DIGIT: rb"\d",
    _constants.CATEGORY_NOT_DIGIT: rb"\D",
    _constants.CATEGORY_SPACE: rb"\s",
    _constants.CATEGORY_NOT_SPACE: rb"\S",
    _constants.CATEGORY_WORD: rb"\w",
    _constants.CATEGORY_NOT_WORD: rb"\W",
}
_MEMBERS = {
    category: frozenset(found[0][0] for found in re.finditer(text, bytes(range(256))))
    for category, text in _CATEGORIES.items()
}
_EVERYTHING = frozenset(range(256))


def for_re2(trigger: str) -> str:
    """The trigger for google-re2 in Latin-1; exactly what ``re`` matches on a line."""
    return _sequence(_parser.parse(trigger.encode()), ignore_case=False, unroll=False)[0]


def for_hyperscan(trigger: str) -> tuple[tuple[str, ...], bool]:
    """The trigger as one or more expressions for Hyperscan, and whether they are exact.

    If not, they match more lines than ``re`` does. Hyperscan looks for a literal first and runs its automaton only
    from there, but only if a whole expression has one: alternatives at the front therefore become expressions.
    """
    parsed = _parser.parse(trigger.encode())
    if gates(trigger) is None:
        text, exact = _sequence(parsed, ignore_case=False, unroll=True)
        return (text,), exact
    forms = _alternatives(list(parsed), ignore_case=False)
    return tuple(text for text, _ in forms), all(exact for _, exact in forms)


def alternatives(trigger: str) -> tuple[str, ...]:
    """The trigger as expressions of ``re``, of which one matches where it matches, each with a literal if it can be."""
    forms = for_hyperscan(trigger)
    return forms[0] if forms[1] else (trigger,)


def _alternatives(parsed: Sequence[Any], *, ignore_case: bool) -> list[tuple[str, bool]]:
    """The sequence once for each alternative with which it may begin, behind letters common to all."""
    before = (_constants.AT, _constants.LITERAL)
    first = next((at for at, (code, _) in enumerate(parsed) if code not in before), None)
    if first is None or parsed[first][0] not in (_constants.SUBPATTERN, _constants.BRANCH):
        return [_sequence(parsed, ignore_case=ignore_case, unroll=True)]
    code, argument = parsed[first]
    if code is _constants.SUBPATTERN:
        begun = _alternatives(list(argument[3]), ignore_case=_folded(argument, ignore_case))
    else:
        begun = [form for branch in argument[1] for form in _alternatives(list(branch), ignore_case=ignore_case)]
    begin, _ = _sequence(parsed[:first], ignore_case=ignore_case, unroll=True)
    after, after_exact = _sequence(parsed[first + 1 :], ignore_case=ignore_case, unroll=True)
    return [(begin + text + after, exact and after_exact) for text, exact in begun]


def _folded(subpattern: Any, ignore_case: bool) -> bool:  # noqa: FBT001 - inner recursion
    """Whether case is ignored inside a group, by its own flags or those around it."""
    _group, added, removed, _inner = subpattern
    return (ignore_case or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE


def _sequence(parsed: Any, *, ignore_case: bool, unroll: bool) -> tuple[str, bool]:
    parts = [_node(code, argument, ignore_case, unroll) for code, argument in parsed]
    return "".join(text for text, _ in parts), all(exact for _, exact in parts)


def _node(code: Any, argument: Any, ignore_case: bool, unroll: bool) -> tuple[str, bool]:  # noqa: FBT001 - inner recursion
    members = _members(code, argument, ignore_case)
    if members is not None:
        return _written(members), True
    if code is _constants.AT:
        return _ANCHORS[argument], True
    if code is _constants.BRANCH:
        branches = [_sequence(branch, ignore_case=ignore_case, unroll=unroll) for branch in argument[1]]
        return "(?:" + "|".join(text for text, _ in branches) + ")", all(exact for _, exact in branches)
    if code is _constants.SUBPATTERN:
        text, exact = _sequence(argument[3], ignore_case=_folded(argument, ignore_case), unroll=unroll)
        return f"(?:{text})", exact
    if code in _REPEATS:
        least, most, inner = argument
        text, exact = _sequence(inner, ignore_case=ignore_case, unroll=unroll)
        repeated, same = _repeated(text, least, most, unroll=unroll)
        return repeated, exact and same
    raise ValueError(f"{code} has no form in other engines")


def _repeated(text: str, least: int, most: int, *, unroll: bool) -> tuple[str, bool]:
    unbounded = most is _constants.MAXREPEAT
    if (least, most) == (0, 1):
        return f"(?:{text})?", True
    if not unroll:
        return f"(?:{text}){{{least},{'' if unbounded else most}}}", True
    if unbounded and least <= 1:
        return f"(?:{text})" + ("+" if least else "*"), True
    copies = f"(?:{text})" * min(least, _UNROLLED_LIMIT)
    if not unbounded and least <= _UNROLLED_LIMIT and most - least <= _OPTIONAL_LIMIT:
        return copies + f"(?:{text})?" * (most - least), True
    return copies + f"(?:{text})*", unbounded and least <= _UNROLLED_LIMIT


def _members(code: Any, argument: Any, ignore_case: bool) -> frozenset[int] | None:  # noqa: FBT001 - inner recursion
    """The bytes that a node for one character matches, or ``None`` for any other node."""
    if code is _constants.LITERAL:
        found = frozenset({argument})
    elif code is _constants.NOT_LITERAL:
        return _EVERYTHING - _cased({argument}, ignore_case)
    elif code is _constants.ANY:
        return _EVERYTHING
    elif code is _constants.IN:
        negated = argument[0][0] is _constants.NEGATE
        found = frozenset(byte for part in argument[negated:] for byte in _part(*part))
        return _EVERYTHING - _cased(found, ignore_case) if negated else _cased(found, ignore_case)
    else:
        return None
    return _cased(found, ignore_case)


def _part(code: Any, argument: Any) -> Iterable[int]:
    if code is _constants.LITERAL:
        return (argument,)
    if code is _constants.RANGE:
        return range(argument[0], argument[1] + 1)
    return _MEMBERS[argument]


def _cased(found: Iterable[int], ignore_case: bool) -> frozenset[int]:  # noqa: FBT001 - inner recursion
    """``found``, with the other case of ASCII letters where case is ignored: as ``re`` does it for bytes."""
    members = frozenset(found)
    if not ignore_case:
        return members
    return members | {byte ^ 32 for byte in members if chr(byte).isalpha() and byte < 128}


def _written(members: frozenset[int]) -> str:
    """A character class of bytes, without the line feed."""
    kept = sorted(members - {_LINE_FEED})
    ranges: list[list[int]] = []
    for byte in kept:
        if ranges and ranges[-1][1] == byte - 1:
            ranges[-1][1] = byte
        else:
            ranges.append([byte, byte])
    if len(kept) == 1:
        return _byte(kept[0])
    return "[" + "".join(_byte(a) if a == b else f"{_byte(a)}-{_byte(b)}" for a, b in ranges) + "]"


def _byte(byte: int) -> str:
    return chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\x{byte:02x}"


def gates(trigger: str) -> frozenset[bytes] | None:
    """Literals over text translated by ``FOLDED``, one of which is in every match; ``None`` if there are none."""
    return _best(_required(_parser.parse(trigger.encode()), ignore_case=False))


def is_telling(trigger: str) -> bool:
    """Whether every match holds a literal so rare that looking for it is nearly all there is to do."""
    literals = gates(trigger)
    return literals is not None and min(map(_weight, literals)) >= _TELLING


def _required(parsed: Any, *, ignore_case: bool) -> list[frozenset[bytes]]:
    """Sets of literals, each of which must be met by a match of this sequence."""
    found: list[frozenset[bytes]] = []
    run = b""
    for code, argument in parsed:
        members = _members(code, argument, ignore_case)
        folded = {FOLDED[byte] for byte in members} if members is not None else set()
        if len(folded) == 1:
            run += bytes(folded)
            continue
        if code is _constants.AT:
            continue
        found += [frozenset({run})] if run else []
        run = b""
        found += _required_of_group(code, argument, ignore_case)
    return [*found, frozenset({run})] if run else found


def _required_of_group(code: Any, argument: Any, ignore_case: bool) -> list[frozenset[bytes]]:  # noqa: FBT001 - recursion
    if code is _constants.SUBPATTERN:
        return _required(argument[3], ignore_case=_folded(argument, ignore_case))
    if code in _REPEATS and argument[0] >= 1:
        return _required(argument[2], ignore_case=ignore_case)
    if code is _constants.BRANCH:
        branches = [_best(_required(branch, ignore_case=ignore_case)) for branch in argument[1]]
        if all(branch is not None for branch in branches):
            return [frozenset(literal for branch in branches if branch for literal in branch)]
    return []


def _best(sets: Sequence[frozenset[bytes]]) -> frozenset[bytes] | None:
    """The set whose shortest literal is longest: the one that is met most seldom."""
    usable = [literals for literals in sets if min(map(_weight, literals)) > 1]
    return max(usable, key=lambda literals: (min(map(_weight, literals)), -len(literals)), default=None)


def _weight(literal: bytes) -> int:
    """How telling a literal is: signs are rarer than letters, so one counts for two."""
    return len(literal) + sum(not (97 <= byte <= 122 or byte in b"0 .-:/") for byte in literal)
