"""JSON (RFC 8259), read with the places of its values; comments and trailing commas, as settings have them, pass."""

from __future__ import annotations

import json
import re

from agent.redact.structure.walk import DEPTH_LIMIT, Handler, NotStructured, Value

_BLANK = rb"(?:[ \t\r\n]++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+"
_BLANKS = re.compile(_BLANK)
_TOKEN = re.compile(
    _BLANK + rb"(?:(?P<sign>[{}\[\]:,])"
    rb'|"(?P<string>[^"\\\r\n\x00-\x08]*+(?:\\.[^"\\\r\n\x00-\x08]*+)*+)"'
    rb"|(?P<bare>-?[0-9][0-9.eE+-]*+|true|false|null|-?Infinity|NaN))"
)
_VALUE, _KEY, _COLON, _COMMA = range(4)  # what may come next
_OPEN = {b"{": b"}", b"[": b"]"}


def read(data: bytes, handler: Handler) -> None:
    """Tell ``handler`` of the one value that ``data`` holds. Raise ``NotStructured`` if it holds anything else."""
    end = scan(data, handler, 0)
    if not is_rest_blank(data, end):
        raise NotStructured(end)


def is_rest_blank(data: bytes, start: int) -> bool:
    """Whether nothing but blanks and comments follows."""
    blanks = _BLANKS.match(data, start)
    return blanks is not None and blanks.end() == len(data)


def scan(data: bytes, handler: Handler, start: int) -> int:
    """Tell ``handler`` of the value that begins at ``start``; where it ends. Raise ``NotStructured``."""
    closing: list[bytes] = []
    expected = _VALUE
    at = start
    while True:
        token = _TOKEN.match(data, at)
        if token is None:
            raise NotStructured(at)
        sign = token["sign"]
        if sign is None:
            expected = _scalar(token, handler, expected)
        elif sign in _OPEN and expected == _VALUE:
            if len(closing) == DEPTH_LIMIT:
                raise NotStructured(at)
            handler.begin(mapping=sign == b"{")
            closing.append(_OPEN[sign])
            expected = _KEY if sign == b"{" else _VALUE
        elif closing and sign == closing[-1] and expected in (_COMMA, _KEY if sign == b"}" else _VALUE):
            handler.end()
            closing.pop()
            expected = _COMMA
        elif sign == b"," and expected == _COMMA and closing:
            expected = _KEY if closing[-1] == b"}" else _VALUE
        elif sign == b":" and expected == _COLON:
            expected = _VALUE
        else:
            raise NotStructured(at)
        at = token.end()
        if not closing:
            return at


def _scalar(token: re.Match[bytes], handler: Handler, expected: int) -> int:
    """Tell of a key or a scalar; what is expected behind it."""
    if expected == _KEY and token["string"] is not None:
        handler.key(unescaped(token["string"]))
        return _COLON
    if expected != _VALUE:
        raise NotStructured(token.start())
    if token["string"] is not None:
        handler.scalar(Value(*token.span("string"), unescaped(token["string"])))
    else:
        handler.scalar(Value(*token.span("bare"), token["bare"], b'"'))
    return _COMMA


def unescaped(raw: bytes) -> bytes:
    """What a string says; as it is written, where its escapes are none of JSON."""
    if b"\\" not in raw:
        return raw
    try:
        text: str = json.loads(b'"' + raw + b'"', strict=False)
    except ValueError:
        return raw
    return text.encode("utf-8", "surrogatepass")
