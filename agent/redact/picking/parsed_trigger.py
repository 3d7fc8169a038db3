"""A trigger as sets of bytes, one behind the other: the standard library's own parse without flags, groups, classes.

Whatever an engine thinks of case, of white space or of a negated class, no two can differ about a set of bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # the stdlib's own parser; no public one exists
from typing import Any, NamedTuple

_ASSERTIONS = (_constants.ASSERT, _constants.ASSERT_NOT)
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_COUNTED = 8  # copies that a loose form tells apart: each is a state of the automaton that looks for it
_ANCHORS = {
    _constants.AT_BEGINNING: "^",
    _constants.AT_BEGINNING_STRING: "^",
    _constants.AT_END_STRING: "$",
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
_ONE = tuple(frozenset({byte}) for byte in range(256))
_EITHER_CASE = tuple(
    frozenset({byte, byte ^ 32}) if byte < 128 and chr(byte).isalpha() else _ONE[byte] for byte in range(256)
)
DIGITS = _MEMBERS[_constants.CATEGORY_DIGIT]


class ByteSet(NamedTuple):
    """One byte that is any of ``members``."""

    members: frozenset[int]


class Anchor(NamedTuple):
    """A place without width, as every engine writes it."""

    text: str


class Branch(NamedTuple):
    """Any of ``branches``."""

    branches: tuple[Items, ...]


class Repeat(NamedTuple):
    """``inner`` so often; ``most`` is ``None`` for any number of times."""

    least: int
    most: int | None
    inner: Items


Item = ByteSet | Anchor | Branch | Repeat
Items = tuple[Item, ...]
"""One behind the other."""


_kept: dict[str, Items] = {}
_sets: dict[frozenset[int], ByteSet] = {}


def byte_set(members: frozenset[int]) -> ByteSet:
    """The set of these: one for all that ask until ``forget``, as thousands do, and each alone takes up to 8 KiB."""
    return _sets.setdefault(members, ByteSet(members))


def parsed(trigger: str) -> Items:
    """What ``trigger`` is; kept until ``forget``, as it is asked for several times where a picker is made.

    Raise ``ValueError`` for what not all engines know, such as looking around.
    """
    items = _kept.get(trigger)
    if items is None:  # another thread may forget all at any moment
        items = _kept[trigger] = _plain(_parser.parse(trigger.encode()), ignore_case=False)
    return items


def keep(trigger: str, items: Items) -> None:
    """Note that ``trigger``, which is about to be asked for, was written from ``items``."""
    _kept[trigger] = items


def forget() -> None:
    """Let go of what is kept: megabytes."""
    _kept.clear()
    _sets.clear()


def loosely_parsed(pattern: bytes) -> Items:
    """An expression that matches every line that ``pattern`` matches: it hardly counts, and looks nowhere but ahead.

    Raise ``ValueError`` for what has no such form, such as what refers to a group.
    """
    nodes = _parser.parse(pattern)
    return _plain(_loose(nodes, is_last=True), ignore_case=bool(nodes.state.flags & re.IGNORECASE))


def _loose(nodes: Any, *, is_last: bool = False) -> Iterator[tuple[Any, Any]]:
    """Nodes as those of a trigger may be; what stands ahead of the last of an expression is matched as a part of it."""
    nodes = list(nodes)
    ahead: Any = None
    while is_last and nodes and nodes[-1][0] in _ASSERTIONS:
        code, (direction, inner) = nodes.pop()
        ahead = inner if code is _constants.ASSERT and direction > 0 else ahead
    for at, (code, argument) in enumerate(nodes):
        last = is_last and ahead is None and at == len(nodes) - 1
        if code is _constants.ATOMIC_GROUP:
            yield from _loose(argument)
        elif code is _constants.BRANCH:
            yield code, (argument[0], [[*_loose(branch, is_last=last)] for branch in argument[1]])
        elif code is _constants.SUBPATTERN:
            yield code, (*argument[:3], [*_loose(argument[3], is_last=last)])
        elif code in _REPEATS:
            least, most, inner = argument
            most = most if most <= _COUNTED else _constants.MAXREPEAT
            yield _constants.MAX_REPEAT, (min(least, _COUNTED), most, [*_loose(inner)])
        elif code not in _ASSERTIONS:
            yield code, argument
    if ahead is not None:
        yield from _loose(ahead, is_last=True)


def _plain(nodes: Any, *, ignore_case: bool) -> Items:
    """What the standard library parsed, without groups and flags."""
    return tuple(item for code, argument in nodes for item in _items(code, argument, ignore_case))


def _items(code: Any, argument: Any, ignore_case: bool) -> Items:  # noqa: FBT001 - inner recursion
    members = _members(code, argument, ignore_case)
    if members is not None:
        return (byte_set(members),)
    if code is _constants.AT:
        return (Anchor(_ANCHORS[argument]),)
    if code is _constants.BRANCH:
        return (Branch(tuple(_plain(branch, ignore_case=ignore_case) for branch in argument[1])),)
    if code is _constants.SUBPATTERN:
        _group, added, removed, inner = argument
        folded = (ignore_case or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
        return _plain(inner, ignore_case=folded)
    if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        least, most, inner = argument
        most = None if most is _constants.MAXREPEAT else most
        return (Repeat(least, most, _plain(inner, ignore_case=ignore_case)),)
    raise ValueError(f"{code} has no form in other engines")


def _members(code: Any, argument: Any, ignore_case: bool) -> frozenset[int] | None:  # noqa: FBT001 - inner recursion
    """The bytes that a node for one character matches, or ``None`` for any other node."""
    if code is _constants.LITERAL:
        return (_EITHER_CASE if ignore_case else _ONE)[int(argument)]
    if code is _constants.NOT_LITERAL:
        return _EVERYTHING - _cased({argument}, ignore_case)
    if code is _constants.ANY:
        return _EVERYTHING
    if code is _constants.IN:
        negated = argument[0][0] is _constants.NEGATE
        found = _cased((byte for part in argument[negated:] for byte in _part(*part)), ignore_case)
        return _EVERYTHING - found if negated else found
    return None


def _part(code: Any, argument: Any) -> Iterable[int]:
    if code is _constants.LITERAL:
        return (argument,)
    if code is _constants.RANGE:
        return range(argument[0], argument[1] + 1)
    return _MEMBERS[argument]


def _cased(found: Iterable[int], ignore_case: bool) -> frozenset[int]:  # noqa: FBT001 - inner recursion
    """``found``, with the other case of ASCII letters where case is ignored: as ``re`` does it for bytes."""
    return frozenset().union(*(_EITHER_CASE[byte] for byte in found)) if ignore_case else frozenset(found)
