r"""What a line says without its escapes: strings as they were before they were quoted, and text without its colours.

Containers, and most programs that log JSON or key and value, put whole lines of others into quotes, and a backslash in
front of each quote in them: ``{"log":"PASS \"x\"\n"}``. Rules that look for quotes then see neither, and those for the
start of a line see no start; colours of a terminal stand in front of the first word and behind the last. What is found
without escapes is masked where it stands in the line, with its escapes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

# Also as JSON, C, syslog and ``cat -v`` write the escape in front of a colour.
_ESCAPE_SIGN = r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\0?33|#033|\^\[)\["
TRIGGER = rf'\\"|{_ESCAPE_SIGN}'
"""A quote with a backslash, or a colour."""
_WRAPPED = (b'":', b'="', b'\\n"')
_COLOUR = re.compile(_ESCAPE_SIGN.encode() + rb"[0-9;]{0,20}[mK]")
_COLOURED = re.compile(rb"\s*+(?:%s).*(?:%s)\s*\Z" % (_COLOUR.pattern, _COLOUR.pattern))
_STRING = re.compile(rb'(?<![\\\w])"(?P<value>(?:[^"\\\r\n]|\\.){2,65536}+)"')
_ESCAPE = re.compile(rb'\\(?:(?P<sign>["\\/nrtbf])|u(?P<code>[0-9A-Fa-f]{4}))')
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MOST_STRINGS = 16  # in one line
_MOST_DEPTH = 2  # a string within a string


class Unescaped(NamedTuple):
    """A text, and where in the line each of its pieces stands; an escape is a piece for itself, of any size."""

    text: bytes
    starts: tuple[int, ...]  # of the pieces, in the text; with its end
    places: tuple[int, ...]  # of the pieces, in the line; with their end

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]``, which is not empty, stands in the line."""
        last = bisect_right(self.starts, end - 1) - 1
        # What follows an escape begins a piece; within other pieces a byte is a byte.
        is_escape = self.starts[last + 1] - self.starts[last] != self.places[last + 1] - self.places[last]
        return self._place(start), self.places[last + 1] if is_escape else self._place(end - 1) + 1

    def _place(self, at: int) -> int:
        piece = bisect_right(self.starts, at) - 1
        return min(self.places[piece] + at - self.starts[piece], self.places[piece + 1] - 1)


def is_wrapped(line: bytes) -> bool:
    """Whether there may be a string in ``line`` that is a line for itself, as in JSON of every kind."""
    return any(sign in line for sign in _WRAPPED)


def unescaped(line: bytes, depth: int, *, may_mask: bool) -> Iterator[Unescaped]:
    """``line`` without colours, and the first few strings in it that hold a quote or more than a word.

    It stands in ``depth`` others. Unless a credential ``may`` be in it that rules ``mask``, only what is coloured from
    its start to its end, and strings with a quote, in which all rules may see nothing.
    """
    if depth >= _MOST_DEPTH:
        return
    if _COLOUR.search(line) is not None and (may_mask or _COLOURED.match(line) is not None):
        yield _without(_COLOUR, line, (0, len(line)), lambda _: b"")
    found = 0
    for string in _STRING.finditer(line):
        value = string["value"]
        if b'\\"' in value or (may_mask and (b" " in value or value.endswith(b"\\n"))):
            yield _without(_ESCAPE, line, string.span("value"), _meant)
            found += 1
            if found == _MOST_STRINGS:
                return


def _without(
    escapes: re.Pattern[bytes], line: bytes, span: tuple[int, int], meant: Callable[[re.Match[bytes]], bytes]
) -> Unescaped:
    parts: list[bytes] = []
    starts: list[int] = []
    places: list[int] = []
    size, (start, end) = 0, span
    for escape in escapes.finditer(line, start, end):
        for piece, place in ((line[start : escape.start()], start), (meant(escape), escape.start())):
            parts.append(piece)
            starts.append(size)
            places.append(place)
            size += len(piece)
        start = escape.end()
    parts.append(line[start:end])
    return Unescaped(b"".join(parts), (*starts, size, size + end - start), (*places, start, end))


def _meant(escape: re.Match[bytes]) -> bytes:
    if escape["code"] is not None:
        return chr(int(escape["code"], 16)).encode("utf-8", "surrogatepass")
    sign: bytes = escape["sign"]
    return _SIGNS.get(sign, sign)
