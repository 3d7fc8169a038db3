"""What the name in front of a value says: ``db_password``, ``X-Api-Key``, ``clientSecret``, ``Account Name``.

People join words to names in every way there is, so a list of names never ends; the words at their end are few. A
name is split where its case changes or a sign stands, harmless endings are dropped (``password_hash_2`` is still about
a password), and the last one to four words are looked up. A few words tell also when they are glued to others
(``mysqlpassword``). The words are data: ``names`` in the families of ``config/redaction``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the stdlib's own parser tells the width of an expression

_LONGEST_NAME_BYTES = 100  # of a longer one the end is looked at; also bounds what the cache holds
_FURTHEST_BYTES = 200  # what follows a name ends at most so far behind it
_SEEN_LIMIT = 2**13
_WORDS_LIMIT = 4
_TAILS_LIMIT = 3
FOLLOWS = r"""(?:[\\\"'`&%>=:\])}\x1b*]|[ .\t](?:[ .\t=:>]|-))"""
"""What stands right behind a name that has a value: a sign of assignment, one of quoting, or more than one blank."""
# Not from the middle of a word: trying again at each of its letters would take the square of its length. And only where
# a sign follows, not in the middle of a sentence; signs are also the colours of a terminal, the stars of Markdown, the
# attributes of an element, the dots that lead to the next column, the brace of a member ($x->{name} =). What may not
# stand in front is looked at behind the first letter, so that the engine skips at once to where there is one.
_NAME = re.compile(
    rb"[A-Za-z_\x80-\xff](?<![A-Za-z_\x80-\xff].)(?<![A-Za-z0-9_\x80-\xff][.-].)[A-Za-z0-9_.\x80-\xff-]*+"
    rb"(?=[\"'`\\\]&%)>\t;\x1b*]|[ .]{0,60}(?:[=:|>,<(\[{\xe2-]|[?+]=|REG_|\t|\r?$)| \. [\"']|(?<=-)>|#033| ?\.{3}|"
    rb" [\w:-]{1,30}=[\"']|\} ?=)"
)
_MOST_BEHIND_BYTES = 100  # more than _NAME looks at behind a name
_BETWEEN_NAMES = re.compile(rb"[^A-Za-z0-9_.\x80-\xff-]")
_WORD_BEFORE = re.compile(rb"[A-Za-z0-9_.\x80-\xff-]+\Z")
_LOWER_THEN_UPPER = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_JOINTS = re.compile(rb"[^a-z0-9\x80-\xff]+")
_NUMBERED = re.compile(rb"(?<=[a-z\x80-\xff])\d{1,3}\Z")
# What is glued to the front of a name: the rest of an escape (\n, \u0022, %3C) or of a colour (ESC[32m).
_ESCAPE_REST = re.compile(rb"u00[0-9A-Fa-f]{2}|x[0-9A-Fa-f]{2}|[nrtbf]")
_COLOUR_START = re.compile(rb"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|\\e|#033|\^\[)\[[0-9;]{0,12}\Z")
_BEFORE_COLOUR_END = frozenset(b"0123456789;[")
_DIGITS = frozenset(b"0123456789")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # in front of the first line of a file


NameFound = tuple[int, int, int]
"""Where a name begins and ends, and its classes as bits."""
Place = Sequence[tuple[int, int]]
"""Stretches of a line, in order: from where on names may end to where the sign behind the last of them ends."""
NOWHERE: Place = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameClass:
    """Names that mean the same, by the words at their end, in lower case and separated by blanks.

    ``ends`` tell as whole words, ``glued`` also at the end of a longer word; ``tails`` may follow either; ``never`` are
    ends that mean something else. ``follows`` is a small expression of what may stand behind such a name.
    """

    name: str
    ends: frozenset[bytes]
    glued: frozenset[bytes] = frozenset()
    tails: frozenset[bytes] = frozenset()
    never: frozenset[bytes] = frozenset()
    follows: str = FOLLOWS

    @property
    def reach_bytes(self) -> int:
        """How far behind a name what follows it may end."""
        return min(int(_parser.parse(self.follows).getwidth()[1]), _FURTHEST_BYTES)

    def trigger(self) -> str:
        """An expression that every line matches in which something follows a name of this class.

        Long words may be glued to what is in front; short ones stand behind a sign or a change of case.
        """
        short = sorted(word for word in self.ends - self.glued if len(word) <= _SHORT_BYTES)
        long = _shortest((self.ends | self.glued) - set(short))
        groups = (
            ([word for word in long if word in self.glued], _REST),
            ([word for word in long if word not in self.glued], _REST_OF_NAME),
        )
        forms = [f"(?i:{_either(group)}){rest}" for group, rest in groups if group]
        if short:
            capitals = [word.upper() for word in short]
            capitalised = [word[:1].upper() + word[1:] for word in short]
            forms.append(f"{_BEFORE_WORD}(?i:{_either(short)}){_REST_OF_NAME}")
            forms.append(f"[a-z](?:{_either(capitals)}){_REST_OF_NAME}")
            forms.append(f"[A-Za-z](?:{_either(capitalised)}){_REST_OF_NAME}")
        return f"(?:{'|'.join(forms)}){self.follows}"


# No letter, or one that may end an escape or a colour: where ``of`` begins a word, the trigger has to see one too.
_BEFORE_WORD = r"(?:^|[^g-lo-qsu-zG-Z])"
_REST = r"[\w.\x80-\xff-]*"
_REST_OF_NAME = rf"(?:[A-Z0-9_.\x80-\xff-]{_REST})?"
_BLANK = 32
_BACKSLASH = 92
_JOINT = "[ _.-]*"
_SHORT_BYTES = 3


def _shortest(words: Iterable[bytes]) -> list[bytes]:
    """Without the words that end in another of them."""
    needed: list[bytes] = []
    for word in sorted(words, key=lambda word: (len(word), word)):
        if not word.endswith(tuple(needed)):
            needed.append(word)
    return needed


def _either(words: Iterable[bytes]) -> str:
    return "|".join("".join(map(_expression, each)) for word in words for each in _spellings(word))


def _spellings(word: bytes) -> list[bytes]:
    """``word`` as bytes are when ASCII letters alone are made small: others keep the case in which they are written."""
    if word.isascii():
        return [word]
    text = word.decode()
    return sorted({form.encode().lower() for form in (text, text.upper(), text.capitalize())})


def _expression(byte: int) -> str:
    if byte == _BLANK:
        return _JOINT
    return chr(byte) if byte < 128 else f"\\x{byte:02x}"


def _between_names(line: bytes, end: int) -> int:
    """The last place between two names that is surely in front of the name that ends at ``end`` or behind it."""
    first = max(0, end - _LONGEST_NAME_BYTES)
    blank = line.rfind(b" ", first, max(0, end))
    if blank >= 0 or first == 0:
        return blank + 1
    between = _BETWEEN_NAMES.search(line, first, end)
    return between.end() if between is not None else 0


def _word_before(line: bytes, start: int) -> bytes:
    """The word in front of the one at ``start``, from which one blank parts it; empty if there is none."""
    first = max(0, start - _LONGEST_NAME_BYTES)
    word = _WORD_BEFORE.search(line, line.rfind(b" ", first, start - 1) + 1 or first, start - 1)
    return b"" if word is None else word[0]


def _words(name: bytes) -> list[bytes]:
    name = name.removeprefix(_BYTE_ORDER_MARK)
    return [word for word in _JOINTS.split(_LOWER_THEN_UPPER.sub(b" ", name).lower()) if word]


def _glued_escape(line: bytes, start: int, name: bytes) -> int:
    """How many letters of ``name``, found at ``start``, belong to an escape in front of it."""
    before = line[start - 1]
    if before == _BACKSLASH:
        rest = _ESCAPE_REST.match(name)
        return rest.end() if rest is not None else 0
    if before in _DIGITS and line[start - 2 : start - 1] == b"%":
        return 1
    return 1 if name[:1] == b"m" and _COLOUR_START.search(line, max(0, start - 20), start) is not None else 0


class Names:
    """All classes of names together: one look-up tells of which classes a name is."""

    def __init__(self, classes: Iterable[NameClass] = ()) -> None:
        self.classes: Mapping[str, NameClass] = {each.name: each for each in classes}
        self._bits = {name: 1 << at for at, name in enumerate(self.classes)}
        self._ends = self._table({name: each.ends for name, each in self.classes.items()})
        self._glued = self._table({name: each.glued for name, each in self.classes.items()})
        self._tails = self._table({name: each.tails for name, each in self.classes.items()})
        self._never = self._table({name: each.never for name, each in self.classes.items()})
        self._heads = frozenset(end.rpartition(b" ")[2] for end in self._ends if b" " in end)
        self._glued_lengths = sorted({len(word) for word in self._glued}, reverse=True)
        by_follows: dict[str, int] = {}
        for name, each in self.classes.items():
            by_follows[each.follows] = by_follows.get(each.follows, 0) | self._bits[name]
        self._follows = [(bits, re.compile(text.encode()).match) for text, bits in by_follows.items()]
        self.of = lru_cache(maxsize=_SEEN_LIMIT)(self._of)
        self.across = lru_cache(maxsize=_SEEN_LIMIT)(self._across)

    def __reduce__(self) -> tuple[type[Names], tuple[tuple[NameClass, ...]]]:
        """As the classes alone: a worker makes the tables, and fills caches, of its own."""
        return Names, (tuple(self.classes.values()),)

    def _table(self, words_of: Mapping[str, frozenset[bytes]]) -> dict[bytes, int]:
        table: dict[bytes, int] = {}
        for name, words in words_of.items():
            for word in words:
                for form in {form for each in _spellings(word) for form in (each, each.replace(b" ", b""))}:
                    table[form] = table.get(form, 0) | self._bits[name]
        return table

    def bits(self, classes: Iterable[str]) -> int:
        """The classes as a number to compare what :meth:`of` says with."""
        return sum(self._bits[name] for name in set(classes))

    def found(self, line: bytes, wanted: int, place: Place | None = None) -> list[NameFound]:
        """Each name in ``line`` that is of a wanted class: its start, its end, and which of the classes.

        Only where what ``follows`` names of the class stands behind it. ``place``, where known, says which parts of the
        line have to be read.
        """
        if place is None:
            return self._scan(line, wanted, 0, len(line))
        found: list[NameFound] = []
        done = 0
        for start, end in place:
            found += self._scan(line, wanted, max(_between_names(line, start), done), end)
            done = end
        return found

    def _scan(self, line: bytes, wanted: int, start: int, end: int) -> list[NameFound]:
        """The names that begin from ``start`` on and before ``end``."""
        of, heads = self.of, self._heads
        found: list[NameFound] = []
        between = _BETWEEN_NAMES.search(line, end)  # each of them ends there at the latest
        until = len(line) if between is None else between.end() + _MOST_BEHIND_BYTES
        for match in _NAME.finditer(line, start, until):
            first, done = match.span()
            if first >= end:
                break
            name = match[0]
            last = done
            if name[-1] in b".-":
                name = name.rstrip(b".-")
                last = first + len(name)
            if last - first > _LONGEST_NAME_BYTES:
                name = name[-_LONGEST_NAME_BYTES:]
            classes = of(name) & wanted
            before = line[first - 1] if first else 0
            if before == _BLANK and name.lower() in heads:
                classes |= self.across(_word_before(line, first), name) & wanted
            elif before == _BACKSLASH or before in _BEFORE_COLOUR_END:
                glued = _glued_escape(line, first, name)
                classes |= of(name[glued:]) & wanted if glued else 0
            if classes and line[max(0, first - 9) : first] != b"redacted:":
                classes = self._followed(line, classes, last, done)
                if classes:
                    found.append((first, last, classes))
        return found

    def _followed(self, line: bytes, classes: int, end: int, dots_end: int) -> int:
        """Those of the classes whose ``follows`` stands at the end of the name, or behind the dots at its end."""
        found = 0
        for bits, follows in self._follows:
            if classes & bits:
                sign = follows(line, end) or (follows(line, dots_end) if dots_end > end else None)
                if sign is not None and sign.end() - sign.start() <= _FURTHEST_BYTES:
                    found |= classes & bits
        return found

    def _of(self, name: bytes) -> int:
        words = _words(name)
        found = 0
        allowed = -1  # the classes whose tails alone were dropped
        for _ in range(_TAILS_LIMIT + 1):
            if not words:
                break
            found |= self._at_end(words) & allowed
            words, dropped = self._shorter(words)
            allowed &= dropped
            if not allowed:
                break
        return found

    def _across(self, before: bytes, name: bytes) -> int:
        """The classes of which ``name`` is only with the word in front of it."""
        last = _words(name)
        return self._at_end(_words(before) + last, beyond=len(last))

    def _shorter(self, words: list[bytes]) -> tuple[list[bytes], int]:
        """``words`` without a number or harmless word at the end, and the classes that this is harmless for."""
        last = words[-1]
        if last.isdigit():
            return words[:-1], -1
        unnumbered = _NUMBERED.sub(b"", last)
        if unnumbered != last and last not in self._tails:  # sha256 is a word
            return [*words[:-1], unnumbered], -1
        return words[:-1], self._tails.get(last, 0)

    def _at_end(self, words: list[bytes], beyond: int = 0) -> int:
        """The classes of the last words: of more than ``beyond`` of them."""
        found = never = 0
        for count in range(1, min(_WORDS_LIMIT, len(words)) + 1):
            end = b" ".join(words[-count:])
            found |= self._ends.get(end, 0) if count > beyond else 0
            never |= self._never.get(end, 0)
        last = words[-1] if not beyond else b""
        for length in self._glued_lengths:
            if len(last) >= length:
                found |= self._glued.get(last[-length:], 0)
        return found & ~never
