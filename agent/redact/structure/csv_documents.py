"""Tables of RFC 4180 with a line of headings: a value's name is the heading of its column."""

from __future__ import annotations

import re

from agent.redact.structure.walk import NotStructured, Value, Walk

SEPARATORS = (b",", b";", b"\t", b"|")
_HEADING = re.compile(rb"""[^\W\d][\w .()/#%:@-]{0,60}\Z""")
_LEAST_COLUMNS = 2


def headings(data: bytes, walk: Walk) -> tuple[bytes, list[bytes]]:
    """The separator and the names of the columns, of which one tells something. Raise ``NotStructured``."""
    line = data[: data.find(b"\n") if b"\n" in data else len(data)].rstrip(b"\r")
    separator = max(SEPARATORS, key=line.count)
    names = [name.strip(b" \"'") for name in line.split(separator)]
    if len(names) < _LEAST_COLUMNS or not all(_HEADING.match(name) for name in names if name):
        raise NotStructured
    if not any(walk.tells(name) for name in names):
        raise NotStructured
    return separator, names


def read(data: bytes, walk: Walk) -> None:
    """Tell ``walk`` of the values of telling columns. Raise ``NotStructured`` where a row has more or fewer columns."""
    separator, names = headings(data, walk)
    field = _field(separator)
    telling = [walk.tells(name) for name in names]
    at = data.find(b"\n") + 1 or len(data)
    column = 0
    while at < len(data):
        found = field.match(data, at)
        if found is None:
            raise NotStructured(at)
        if column == 0 and not found[0].strip() and not data[at:].strip():
            return  # blank lines at the end
        if column < len(names) and telling[column]:
            walk.key(names[column])
            walk.scalar(_value(found))
        column += 1
        at = found.end()
        if found["sign"] != separator:
            if column != len(names):
                raise NotStructured(at)
            column = 0
    if column not in (0, len(names) - 1):  # the last field of the last row may be empty
        raise NotStructured(at)


def _value(found: re.Match[bytes]) -> Value:
    if found["quoted"] is not None:
        return Value(*found.span("quoted"), found["quoted"].replace(b'""', b'"'))
    start, end = found.span("bare")
    text = found["bare"]
    start += len(text) - len(text.lstrip(b" "))
    return Value(start, max(start, end - (len(text) - len(text.rstrip(b" ")))), text.strip(b" "))


def _field(separator: bytes) -> re.Pattern[bytes]:
    sign = re.escape(separator)
    return re.compile(
        rb'(?:[ ]*+"(?P<quoted>(?:[^"]++|"")*+)"[ ]*+|(?P<bare>[^\r\n"' + sign + rb"][^\r\n" + sign + rb"]*+|))"
        rb"(?P<sign>" + sign + rb"|\r?\n|\r?\Z)"
    )
