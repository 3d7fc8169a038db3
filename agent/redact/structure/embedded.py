"""JSON in a line of a log, also a line of JSON Lines: what stands under a secret's key as an object, a list, a number.

Strings are found by the rules for a line. Only lines in which a secret's name was seen come here, and of these only
the values behind such a name are read, also where the line was cut off in the middle of one.
"""

from __future__ import annotations

import re
from collections import Counter

from agent.redact.structure import json_documents
from agent.redact.structure.by_key import ByKey
from agent.redact.structure.walk import NotStructured, Value, Walk

_KEY = re.compile(rb'"(?P<name>[^"\\\r\n]{1,100})"[ \t]{0,8}:[ \t]{0,8}(?=[{\[]|-?\d)')
_CUT_STRING = re.compile(rb'[ \t]*"(?P<rest>[^"\r\n]+)\r?\Z')  # the line ends in the middle of it


def holds_key(line: bytes) -> bool:
    """Whether there may be JSON in ``line``; most lines with the name of a secret hold none."""
    return b'":' in line or b'" :' in line


class Embedded:
    """What to do with a line before its rules are asked."""

    def __init__(self, by_key: ByKey) -> None:
        self._by_key = by_key
        self.secret = by_key.secret

    def redacted(self, line: bytes, counts: Counter[str]) -> bytes:
        """``line`` with the secrets in it masked; the line itself if there are none."""
        if not holds_key(line):
            return line
        walk = Walk(self._by_key)
        at = 0
        while (key := _KEY.search(line, at)) is not None:
            at = key.end()
            if self._by_key.classes(key["name"]) & self.secret:
                walk.key(key["name"])
                at = _end_of_value(line, walk, at)
        return self._by_key.redacted(line, walk.found.values(), counts) if walk.found else line


def _end_of_value(line: bytes, walk: Walk, start: int) -> int:
    depth = walk.depth
    try:
        return json_documents.scan(line, walk, start)
    except NotStructured as error:
        cut = _CUT_STRING.match(line, error.at)
        if cut is not None and walk.depth > depth:
            walk.scalar(Value(*cut.span("rest"), cut["rest"]))
        while walk.depth > depth:
            walk.end()
        walk.skip()
        return max(start, error.at)
