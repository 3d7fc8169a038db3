r"""What a line says without its escapes: strings as they were before they were quoted, and text without its colours.

Containers, and most programs that log JSON or key and value, put whole lines of others into quotes, and a backslash in
front of each quote in them: ``{"log":"PASS \"x\"\n"}``. Rules that look for quotes then see neither, and those for the
start of a line see no start; colours of a terminal stand in front of the first word and behind the last, or between a
name and its value. What is found without escapes is masked where it stands in the line, with its escapes.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from agent.redact.disguised import DISGUISE, is_disguised, looks
from agent.redact.disguised import TRIGGER as _DISGUISED

# Also as JSON, C, Rust, shells, XML, syslog and ``cat -v`` write the escape in front of a colour.
_ESCAPE_SIGN = r"(?:\x1b|\\u001[bB]|\\u\{1[bB]\}|\\x1[bB]|\\0?33|\\e|#033|\^\[|&#(?:27|x1[bB]);|%1[bB]|\xc2\x9b)"
# What is left of a colour where the escape was taken out, as some keepers of logs do.
_LEFT = r"\[0m"
TRIGGER = rf'\\"|{_ESCAPE_SIGN}[\[\](]|{_LEFT}|{_DISGUISED}'
"""A quote with a backslash, a colour, or a sign that looks like another."""
COLOURS = b"\x1b"
"""The frame of what is coloured; others are the names of strings."""
_WRAPPED = (b'":', b'="', b'\\n"')
# ECMA-48: CSI with its parameters, the choice of a set of characters, and a link that a terminal shows as its text.
_COLOUR_SIGNS = (
    b"\x1b", b"\\u001", b"\\u{1", b"\\x1", b"\\033", b"\\33", b"\\e", b"#033", b"^[", b"&#", b"%1", b"\xc2\x9b", b"[0m",
)  # fmt: skip  # one is in each of these
_COLOUR = re.compile(
    _ESCAPE_SIGN.encode()
    + rb"(?:\[[0-9;:?]{0,40}[A-Za-z]|\([0-9A-Z]|\](?:8|133);[^\x07\x1b\r\n]{0,2000}(?:\x07|\x1b\\))"
    rb"|\[(?:0|0?[0-9];[0-9]{2}|[34][0-7]|[0-9])m"
)
# The time and the level alone, at the start of the line: nothing is hidden by that.
_LEVEL = re.compile(
    rb"[\d:.,TZ+/()\[\]| -]*"
    rb"(?i:trace|trc|debug|dbg|info?|notice|note|warn(?:ing)?|wrn|err(?:or)?|fatal|ftl|crit(?:ical)?|panic|[tdiwefp])?"
    rb"[\d:.,TZ+/()\[\]| -]*\Z"
)
_LEVEL_BYTES = 80
_NAME = re.compile(rb"(?:\"([\w.@/-]{1,40})\"\s{0,3}:\s{0,3}|(?<![\w.@/-])([\w.@/-]{1,40})=)\Z")
_NAME_BYTES = 50
_STRING = re.compile(rb'(?<![\\\w])"(?P<value>(?:[^"\\\r\n]|\\.){2}(?:[^"\\\r\n]++|\\.)*+)"')
_ESCAPE = re.compile(rb'\\(?:(?P<sign>["\\/nrtbf])|u(?P<code>[0-9A-Fa-f]{4}))')
_SIGNS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MOST_STRINGS = 64  # in one line: an event of an audit has dozens
_MOST_DEPTH = 2  # a string within a string


class Unescaped(NamedTuple):
    """A text, and where in the line each of its pieces stands; an escape is a piece for itself, of any size."""

    text: bytes
    starts: tuple[int, ...]  # of the pieces, in the text; with its end
    places: tuple[int, ...]  # of the pieces, in the line; with their end
    frame: bytes = b""  # the name of the string, ``COLOURS``, or nothing
    is_sure: bool = True  # that a backslash begins an escape: in a command line of Windows it may be one

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


def unescaped(
    line: bytes,
    depth: int,
    *,
    may_mask: bool,
    frame: bytes = b"",
    opens: Callable[[int, int], bool] = lambda _start, _end: False,
    is_piece: bool = False,
) -> Iterator[Unescaped]:
    """``line`` without colours, and the first few strings in it that hold a quote or more than a word.

    It stands in ``depth`` others. Unless a credential ``may`` be in it that rules ``mask``, only where colours may hide
    something, and strings with a quote, in which all rules may see nothing. In any case the string of the name
    ``frame``, in which what began above may go on, and those of which ``opens`` says by their start and end that
    something may begin there. Of a longer line ``line`` may be but a piece: then it may be a part of a string.
    """
    if depth >= _MOST_DEPTH:
        return
    yield from _whole(line, may_mask=may_mask, frame=frame)
    if is_piece and b'\\"' in line:
        yield _without(_ESCAPE, line, (0, len(line)), _meant)._replace(is_sure=False)
    found = 0
    for string in _STRING.finditer(line):
        value = string["value"]
        holds_quote = b'\\"' in value
        may_hold = may_mask and (b" " in value or value.endswith(b"\\n"))
        may_open = opens(*string.span("value"))
        if not (holds_quote or may_hold or may_open or frame):
            continue
        named = _NAME.search(line, max(0, string.start() - _NAME_BYTES), string.start())
        name = b"" if named is None else named[1] or named[2]
        if holds_quote or may_hold or (name and (may_open or frame == name)):
            is_sure = holds_quote or (named is not None and named[1] is not None)
            yield _without(_ESCAPE, line, string.span("value"), _meant)._replace(frame=name, is_sure=is_sure)
            found += 1
            if found == _MOST_STRINGS:
                return


def _whole(line: bytes, *, may_mask: bool, frame: bytes) -> Iterator[Unescaped]:
    """All of ``line`` without colours, and as it looks."""
    if not any(sign in line for sign in _COLOUR_SIGNS) or _COLOUR.search(line) is None:
        if frame == COLOURS:
            yield Unescaped(line, (0, len(line)), (0, len(line)), COLOURS)
    elif may_mask or frame == COLOURS or _hides(line):
        yield _without(_COLOUR, line, (0, len(line)), lambda _: b"")._replace(frame=COLOURS)
    if is_disguised(line, may_mask=may_mask):
        yield _without(DISGUISE, line, (0, len(line)), looks)


def _hides(line: bytes) -> bool:
    """Whether colours stand anywhere but around the time and the level at the start of ``line``."""
    *_, last = _COLOUR.finditer(line)
    head = line[: last.end()]
    return (
        line[last.end() : last.end() + 1].strip() != b""
        or len(head) > _LEVEL_BYTES
        or _LEVEL.match(_COLOUR.sub(b"", head)) is None
    )


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
