"""Thousands of known values looked for at the cost of a few: a pattern that is a dictionary.

An alternation of five thousand names costs ``re`` a try of each at every place. A value is found here by one word of
it, its longest: each word of a line is looked up once, and only where one is known the whole value is compared. Words
end where letters or digits do: names inside file names (``backup_jdoe_2.zip``) are found, and ``joe`` is no ``jo``.
"""

from __future__ import annotations

import html.entities
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

_WORDS = re.compile(rb"[A-Za-z0-9]+")
_LETTERS = re.compile(rb"[A-Za-z]+")
_DIGIT = re.compile(rb"[0-9]")
_SEPARATOR = rb"(?:[ ._+-]|%(?:25)?20|\\ |\\u0020|&#32;|&nbsp;|=20)"
_COMPILED_LIMIT = 4096  # of the values that were met, so many keep their expression


class FactPattern:
    """Finds ``values`` in all spellings; has what of ``re.Pattern`` the redaction uses."""

    groupindex: Mapping[str, int] = MappingProxyType({})

    def __init__(self, values: Iterable[str]) -> None:
        self._plain: set[bytes] = set()
        self._forms: dict[bytes, set[bytes]] = {}
        for value in values:
            for form in spellings(value):
                self._add(form)
        self._compiled: dict[bytes, re.Pattern[bytes]] = {}

    def _add(self, form: bytes) -> None:
        word = max(_WORDS.findall(form), key=len, default=b"").lower()
        if not word:
            return
        if word == form.lower():
            self._plain.add(word)
        else:
            self._forms.setdefault(word, set()).add(form)

    def trigger(self) -> str:
        """What every line with one of the values matches: one of the words."""
        words = sorted(self._plain | self._forms.keys())
        return "(?i:" + "|".join(word.decode() for word in words) + ")"

    def finditer(self, line: bytes) -> Iterator[re.Match[bytes]]:
        """The matches in ``line``; a value may be found more than once."""
        for match in _WORDS.finditer(line):
            word = match[0].lower()
            if word.isdigit() and word not in self._forms and word not in self._plain:
                continue
            yield from self._at(line, match, word)
            if _DIGIT.search(word) is not None:  # JSMITH2: digits may follow a name
                for part in _LETTERS.finditer(line, match.start(), match.end()):
                    yield from self._at(line, part, part[0].lower())

    def _at(self, line: bytes, match: re.Match[bytes], word: bytes) -> Iterator[re.Match[bytes]]:
        if word in self._plain and not _inside_other_letters(line, match):
            yield match
        for form in self._forms.get(word, ()):
            at = form.lower().index(word)
            # Blanks of a value are written in up to six bytes each, so it may begin that much earlier.
            start = max(0, match.start() - at - 6 * form.count(b" ", 0, at))
            for found in self._expression(form).finditer(line, start, match.end() + 6 * len(form)):
                if found.start() <= match.start() < found.end():
                    yield found

    def _expression(self, form: bytes) -> re.Pattern[bytes]:
        known = self._compiled.get(form)
        if known is None:
            words = _SEPARATOR.join(re.escape(part) for part in form.split())
            ends_in_digit = rb"(?![0-9])" if form[-1:].isdigit() else b""
            known = re.compile(rb"(?<![A-Za-z\x80-\xff])(?i:" + words + rb")(?![A-Za-z\x80-\xff])" + ends_in_digit)
            if len(self._compiled) < _COMPILED_LIMIT:
                self._compiled[form] = known
        return known


def _inside_other_letters(line: bytes, match: re.Match[bytes]) -> bool:
    """Whether a letter beyond ASCII touches the word, so that it is only a part of one."""
    return line[match.start() - 1 : match.start()] >= b"\x80" or line[match.end() : match.end() + 1] >= b"\x80"


def spellings(value: str) -> set[bytes]:
    """The ways in which text writes ``value``; case of ASCII letters apart, words separated by single blanks."""
    forms: set[bytes] = set()
    for text in {value, value.lower(), value.upper(), value.title()}:
        for normal in {text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}:
            forms.add(normal.encode("utf-8", "surrogateescape"))
            forms.add(quote(normal, errors="replace", safe=" ").encode())
            forms.add(json.dumps(normal)[1:-1].encode())
            if not normal.isascii():
                forms.add(normal.encode("latin-1", "ignore") if _fits_latin_1(normal) else normal.encode())
                forms.add(normal.encode("ascii", "xmlcharrefreplace"))
                forms.add("".join(_entity(sign) for sign in normal).encode("utf-8", "surrogateescape"))
                forms.add(quote(normal, errors="replace", safe=" '").replace("%", "=").encode())
            if "'" in normal:
                forms |= {
                    form.replace(b"'", sign)
                    for form in tuple(forms)
                    for sign in (b"&#39;", b"&apos;", b"%27", b"\\u0027", b"\\'", b"\xe2\x80\x99")
                }
    by_folding = {b" ".join(form.split()).lower(): b" ".join(form.split()) for form in forms}
    return set(by_folding.values()) - {b""}


def _fits_latin_1(text: str) -> bool:
    return all(ord(sign) < 256 for sign in text)


def _entity(sign: str) -> str:
    name = html.entities.codepoint2name.get(ord(sign)) if not sign.isascii() else None
    return f"&{name};" if name else sign
