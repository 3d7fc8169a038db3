"""Thousands of known values looked for at the cost of a few: a pattern that is a dictionary.

An alternation of five thousand names costs ``re`` a try of each at every place. A value is found here by one word of
it: each word of a line is looked up once, and only where one is known the whole value is compared, in all the ways in
which text writes it. Words end where letters or digits do: names inside file names (``backup_jdoe_2.zip``) are found,
and ``joe`` is no ``jo``.
"""

from __future__ import annotations

import html.entities
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import Literal
from urllib.parse import quote

FactKind = Literal["host", "user", "name", "mail", "mac", "serial", "network"]
"""What a value that this computer knows about itself is: the kind of its stand-in."""

_WORDS = re.compile(rb"[A-Za-z0-9]+")
_LETTERS = re.compile(rb"[A-Za-z]+")
_DIGIT = re.compile(rb"[0-9]")
_ESCAPES = re.compile(rb"[%=](?:25)?[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt])")
_RUNS = re.compile(r"[A-Za-z0-9]+")
_SEPARATOR = rb"(?:[ ._+-]|%(?:25)?20|\\ |\\u0020|&#32;|&nbsp;|=20)"
_APOSTROPHE = rb"(?:\\{0,3}'|&#(?:0?39|x27);|&apos;|%(?:25)?27|\\{1,2}u0027|=27|\xe2\x80\x99)"
_WIDEST_BYTES = 12  # of one character in any spelling: &Eacute; and room


class FactPattern:
    """Finds ``values`` in all spellings; has what of ``LazyPattern`` the redaction uses."""

    value_groups: tuple[int, ...] = (0,)

    def __init__(self, values: Iterable[str]) -> None:
        self._plain: set[bytes] = set()
        self._values: dict[bytes, set[str]] = {}
        for value in values:
            words = words_of(value)
            if words == {value.lower().encode("utf-8", "surrogateescape")}:
                self._plain |= words
            for word in words - self._plain:
                self._values.setdefault(word, set()).add(" ".join(value.split()))

    def trigger(self) -> str:
        """What every line with one of the values matches: one of the words."""
        words = sorted(self._plain | self._values.keys())
        return "(?i:" + "|".join(word.decode() for word in words) + ")"

    def finditer(self, line: bytes) -> Iterator[re.Match[bytes]]:
        """The matches in ``line``; a value may be found more than once."""
        for match in _WORDS.finditer(line):
            word = match[0].lower()
            yield from self._at(line, match, word)
            escape = _ESCAPES.match(line, match.start() - 1) if match.start() else None
            if escape is not None:  # %20jsmith, \\njsmith
                rest = _WORDS.match(line, escape.end(), match.end())
                if rest is not None:
                    yield from self._at(line, rest, rest[0].lower())
            if _DIGIT.search(word) is not None:  # JSMITH2: digits may follow a name
                for part in _LETTERS.finditer(line, match.start(), match.end()):
                    yield from self._at(line, part, part[0].lower())

    def _at(self, line: bytes, match: re.Match[bytes], word: bytes) -> Iterator[re.Match[bytes]]:
        if word in self._plain and not _inside_other_letters(line, match):
            yield match
        for value in self._values.get(word, ()):
            reach_bytes = _WIDEST_BYTES * len(value)
            for found in _expression(value).finditer(
                line, max(0, match.start() - reach_bytes), match.end() + reach_bytes
            ):
                if found.start() < match.end() and match.start() < found.end():
                    yield found


def _inside_other_letters(line: bytes, match: re.Match[bytes]) -> bool:
    """Whether a letter beyond ASCII touches the word, so that it is only a part of one."""
    return line[match.start() - 1 : match.start()] >= b"\x80" or line[match.end() : match.end() + 1] >= b"\x80"


def words_of(value: str) -> set[bytes]:
    """One word of ``value`` in lower case, as any text holds it that writes the value.

    Longer words and such as touch no letter beyond ASCII are better; that letter's escapes end in letters of their own.
    """
    runs = list(_RUNS.finditer(value))
    if not runs:
        return set()

    def touched(run: re.Match[str]) -> int:
        return sum(bool(sign) and not sign.isascii() for sign in _neighbours(value, run))

    run = max(runs, key=lambda run: (-touched(run), len(run[0])))
    before, behind = _neighbours(value, run)
    words: set[bytes] = set()
    for left, right in product(_forms(before), _forms(behind)):
        text, at = left + run[0].encode() + right, len(left)
        kinds = (_WORDS, _LETTERS) if run[0].isalpha() else (_WORDS,)
        words |= {word[0].lower() for kind in kinds for word in kind.finditer(text) if word.start() <= at < word.end()}
    return words


def _neighbours(value: str, run: re.Match[str]) -> tuple[str, str]:
    """The character in front of a run and the one behind it, where it is no ASCII; else an empty text."""
    around = value[run.start() - 1 : run.start()] if run.start() else "", value[run.end() : run.end() + 1]
    return tuple("" if sign.isascii() else sign for sign in around)  # type: ignore[return-value]  # two of them


@lru_cache(maxsize=2**12)
def _expression(value: str) -> re.Pattern[bytes]:
    """What finds ``value`` in any of its spellings, whole."""
    text = unicodedata.normalize("NFC", value)
    written = b"".join(_character(sign) for sign in text)
    ends_in_digit = rb"(?![0-9])" if text[-1:].isdigit() else b""
    return re.compile(rb"(?<![A-Za-z\x80-\xff])(?i:" + written + rb")(?![A-Za-z\x80-\xff])" + ends_in_digit)


def _character(sign: str) -> bytes:
    if sign == " ":
        return _SEPARATOR
    if sign == "'":
        return _APOSTROPHE
    if sign.isascii():
        escaped = quote(sign, safe="")
        return (
            re.escape(sign.encode()) if escaped == sign else b"(?:%s|%s)" % (re.escape(sign.encode()), escaped.encode())
        )
    return b"(?:" + b"|".join(re.escape(form) for form in sorted(_forms(sign), key=len, reverse=True)) + b")"


def _forms(sign: str) -> set[bytes]:
    """A character beyond ASCII in both cases and all spellings; of nothing, the empty text."""
    if not sign:
        return {b""}
    forms: set[bytes] = set()
    for cased in {sign, sign.lower(), sign.upper()}:
        for text in {cased, unicodedata.normalize("NFC", cased), unicodedata.normalize("NFD", cased)}:
            escaped = quote(text, errors="surrogateescape", safe="")
            units = [text.encode("utf-16-be", "surrogatepass")[at : at + 2].hex() for at in range(0, 2 * len(text), 2)]
            forms |= {
                text.encode("utf-8", "surrogateescape"),
                escaped.encode(),
                escaped.replace("%", "%25").encode(),
                escaped.replace("%", "=").encode(),
                "".join(_escaped(letter, unit) for letter, unit in zip(text, units, strict=False)).encode(),
                text.encode("ascii", "xmlcharrefreplace")
                if text.isprintable()
                else text.encode("utf-8", "surrogateescape"),
                "".join(f"&#x{ord(letter):x};" for letter in text).encode(),
                "".join(f"&{html.entities.codepoint2name.get(ord(letter), letter)};" for letter in cased).encode(
                    "utf-8", "surrogateescape"
                ),
            }
            if all(ord(letter) < 256 for letter in text):
                forms.add(text.encode("latin-1"))
    return forms


def _escaped(letter: str, unit: str) -> str:
    """As JSON writes it."""
    return letter if letter.isascii() else f"\\u{unit}"
