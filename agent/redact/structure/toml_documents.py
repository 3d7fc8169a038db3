"""TOML 1.0, read with the places of its values: as much of the grammar as tells where they are."""

from __future__ import annotations

import re

from agent.redact.structure.json_documents import unescaped
from agent.redact.structure.walk import DEPTH_LIMIT, NotStructured, Value, Walk

_BLANK = rb"[ \t]*+"
_BLANK_LINES = re.compile(rb"(?:[ \t\r\n]++|#[^\n]*+)*+")
_LINE_END = re.compile(_BLANK + rb"(?:#[^\n]*+)?(?:\r?\n|\r?\Z)")
_KEY = rb"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_KEYS = _KEY + rb"(?:" + _BLANK + rb"\." + _BLANK + _KEY + rb")*+"
_TABLE = re.compile(rb"(?P<open>\[\[?)" + _BLANK + rb"(?P<name>" + _KEYS + rb")" + _BLANK + rb"(?P<close>\]\]?)")
_ASSIGNMENT = re.compile(rb"(?P<name>" + _KEYS + rb")" + _BLANK + rb"=" + _BLANK)
_VALUE = re.compile(
    rb'"""(?P<lines>(?:[^"\\]++|\\.|"(?!""))*+"{0,2}?)"""(?!")'
    rb"|'''(?P<literal_lines>(?:[^']++|'(?!''))*+'{0,2}?)'''(?!')"
    rb'|"(?P<string>(?:[^"\\\n]++|\\.)*+)"'
    rb"|'(?P<literal>[^'\n]*+)'"
    rb"|(?P<open>[\[{])"
    rb"|(?P<bare>[\w.:+-]++(?: \d\d:[\d:.]++(?:Z|[+-]\d\d:\d\d)?)?)",
    re.DOTALL,
)


def read(data: bytes, walk: Walk) -> None:
    """Tell ``walk`` of the document. Raise ``NotStructured``."""
    open_tables = 0
    at = _over(_BLANK_LINES, data, 0)
    while at < len(data):
        table = _TABLE.match(data, at)
        if table is not None and len(table["open"]) == len(table["close"]):
            for _ in range(open_tables):
                walk.end()
            open_tables = _open_tables(walk, table["name"])
            at = table.end()
        else:
            at = _assignment(data, walk, at)
        line_end = _LINE_END.match(data, at)
        if line_end is None:
            raise NotStructured(at)
        at = _over(_BLANK_LINES, data, line_end.end())


def _open_tables(walk: Walk, name: bytes) -> int:
    """``[a.b]`` opens a table in a table."""
    parts = _parts(name)
    for part in parts:
        walk.key(part)
        walk.begin(mapping=True)
    return len(parts)


def _parts(name: bytes) -> list[bytes]:
    parts = [part.strip(b" \t") for part in re.findall(_KEY, name)]
    if len(parts) > DEPTH_LIMIT:
        raise NotStructured
    return [part[1:-1] if part[:1] in b"\"'" else part for part in parts]


def _over(blanks: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = blanks.match(data, at)
    return at if match is None else match.end()


def _assignment(data: bytes, walk: Walk, at: int) -> int:
    """One ``key = value``; where it ends."""
    found = _ASSIGNMENT.match(data, at)
    if found is None:
        raise NotStructured(at)
    *tables, key = _parts(found["name"])
    for table in tables:
        walk.key(table)
        walk.begin(mapping=True)
    walk.key(key)
    at = _value(data, walk, found.end())
    for _ in tables:
        walk.end()
    return at


def _value(data: bytes, walk: Walk, at: int) -> int:
    """One value with all that is in it; where it ends."""
    closing: list[bytes] = []
    is_value_next = True
    while True:
        if closing:
            at = _over(_BLANK_LINES, data, at)
        sign = data[at : at + 1]
        if closing and sign == closing[-1]:
            walk.end()
            closing.pop()
            at += 1
            is_value_next = False
        elif is_value_next:
            open_before = len(closing)
            at = _value_or_open(data, walk, at, closing)
            is_value_next = len(closing) > open_before
        elif sign == b",":
            at += 1
            is_value_next = True
        else:
            raise NotStructured(at)
        if not closing:
            return at


def _value_or_open(data: bytes, walk: Walk, at: int, closing: list[bytes]) -> int:
    if closing and closing[-1] == b"}":
        key = _ASSIGNMENT.match(data, at)
        if key is None:
            raise NotStructured(at)
        walk.key(_parts(key["name"])[-1])
        at = key.end()
    found = _VALUE.match(data, at)
    if found is None:
        raise NotStructured(at)
    group = found.lastgroup or ""
    if group == "open":
        walk.begin(mapping=found[0] == b"{")
        closing.append(b"}" if found[0] == b"{" else b"]")
        if len(closing) > DEPTH_LIMIT:
            raise NotStructured(at)
    else:
        raw = found[group]
        text = unescaped(raw) if group == "string" else raw
        walk.scalar(Value(*found.span(group), text, b'"' if group == "bare" else b""))
    return found.end()
