"""Which regular expressions a rule may use: those whose time grows with the line, not with its square.

Python's ``re`` backtracks. A repetition inside an unbounded repetition (``(a+)*``) can take exponential time on
a hostile line, and such patterns come also from an administrator's own folder, so they are refused when the
rules are loaded. Triggers must in addition be understood by RE2, which has no look-around and no
back-references.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]  # the stdlib's own parser; no public one exists
from typing import Any

from config import ConfigurationProblem

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)
_LOOKAROUND = (_constants.ASSERT, _constants.ASSERT_NOT, _constants.GROUPREF, _constants.GROUPREF_EXISTS)
_NESTED = "a repetition inside an unbounded repetition may take forever"
_START = (_constants.AT, _constants.AT_BEGINNING)
_BIG_REPEAT = 1000  # RE2 refuses more in a trigger; in a pattern it counts as unbounded


class LazyPattern:
    """A regular expression over bytes that is compiled when it is first used: a bundle needs some dozens of hundreds.

    ``value_groups`` are the numbers of its named groups, or 0, for the whole, where it has none.
    """

    finditer: Callable[..., Iterable[re.Match[bytes]]]
    search: Callable[..., re.Match[bytes] | None]
    match: Callable[..., re.Match[bytes] | None]
    value_groups: tuple[int, ...]

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern

    def __reduce__(self) -> tuple[type[LazyPattern], tuple[bytes]]:
        """As it was written: a worker compiles what it needs itself."""
        return LazyPattern, (self.pattern,)

    def __getattr__(self, name: str) -> Any:
        if name not in LazyPattern.__annotations__:
            raise AttributeError(name)
        compiled = re.compile(self.pattern)
        self.finditer, self.search, self.match = compiled.finditer, compiled.search, compiled.match
        if self.pattern.startswith(b"^") and _parser.parse(self.pattern)[0] == _START:
            self.finditer, self.search = _at_start(compiled.match), compiled.match  # ``re`` tries at every place
        self.value_groups = tuple(compiled.groupindex.values()) or (0,)
        return self.__dict__[name]


def _at_start(match: Callable[..., re.Match[bytes] | None]) -> Callable[..., Iterable[re.Match[bytes]]]:
    def found(*line: Any) -> Iterable[re.Match[bytes]]:
        only = match(*line)
        return () if only is None else (only,)

    return found


def check_trigger(text: str, place: str) -> None:
    """Raise ``ConfigurationProblem`` unless every engine can evaluate ``text``."""
    fault = _fault_of_trigger(text)
    if fault is not None:
        raise ConfigurationProblem(f"{place}: {fault}")


@lru_cache(maxsize=2**10)  # the rules behind one class of names share a long one
def _fault_of_trigger(text: str) -> str | None:
    try:
        parsed = _parser.parse(text.encode())
    except re.error as error:
        return f"is not a regular expression: {error}"
    if _contains(parsed, _LOOKAROUND):
        return "trigger: look-around and back-references are not possible here"
    if parsed.getwidth()[0] == 0:
        return "trigger: matches the empty line, so it picks nothing out"
    return _NESTED if _is_nested(parsed) else None


def check_pattern(text: str, place: str) -> None:
    """Raise ``ConfigurationProblem`` for a ``text`` that is no expression over bytes, or may take forever."""
    data = text.encode()
    try:
        pattern = re.compile(data)
    except re.error as error:
        raise ConfigurationProblem(f"{place}: is not a regular expression: {error}") from error
    if _is_nested(_parser.parse(data)):
        raise ConfigurationProblem(f"{place}: {_NESTED}")
    if not all(name.startswith("value") for name in pattern.groupindex):
        raise ConfigurationProblem(f"{place}: pattern: named groups are called value, value_b, value_c, …")


def _children(argument: Any) -> list[Any]:
    """The parsed subpatterns anywhere in an argument of the parser's tree."""
    if isinstance(argument, _parser.SubPattern):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [child for part in argument for child in _children(part)]
    return []


def _contains(parsed: Any, wanted: tuple[Any, ...]) -> bool:
    return any(
        code in wanted or any(_contains(child, wanted) for child in _children(argument)) for code, argument in parsed
    )


def _is_nested(parsed: Any, *, inside_unbounded: bool = False) -> bool:
    for code, argument in parsed:
        unbounded = code in _REPEATS and argument[1] > _BIG_REPEAT
        ambiguous = code in _REPEATS and argument[0] != argument[1] and argument[1] > 1
        if inside_unbounded and ambiguous:
            return True
        # A look-around is decided once where it stands; what it repeats does not multiply with what is around it.
        inside = (inside_unbounded or unbounded) and code not in _LOOKAROUND
        if any(_is_nested(child, inside_unbounded=inside) for child in _children(argument)):
            return True
    return False
