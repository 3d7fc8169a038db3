"""JSON in a line of a log, also a line of JSON Lines: what stands under a secret's key as an object, a list, a number.

Strings are found by the rules for a line. Only lines in which a secret's name was seen come here, and of these only
the values behind such a name are read, also where the line was cut off in the middle of one.
"""

from __future__ import annotations

import re
from collections import Counter

from agent.redact.edits import Edits
from agent.redact.names import Place
from agent.redact.structure import json_documents
from agent.redact.structure.by_key import ByKey
from agent.redact.structure.walk import NotStructured, Value, Walk

_KEY = re.compile(rb'"(?P<name>[^"\\\r\n]{1,100})"[ \t]{0,8}:[ \t]{0,8}(?=[{\[]|-?\d)')
_CUT_STRING = re.compile(rb'[ \t]*"(?P<rest>[^"\r\n]+)\r?\Z')  # the line ends in the middle of it


def _holds_key(line: bytes) -> bool:
    """Whether there may be JSON in ``line``; most lines with the name of a secret hold none."""
    return b'":' in line or b'" :' in line


class Embedded:
    """What to do with a line before its rules are asked."""

    def __init__(self, by_key: ByKey) -> None:
        self._by_key = by_key
        self._secret = by_key.secret

    def is_for(self, line: bytes, classes: int, place: Place | None) -> bool:
        """Whether to look into ``line``, in which the triggers of names of these ``classes`` were seen, at ``place``.

        Where that is not known, the engine has only met a part of the trigger, which is asked here: what the result is
        must not depend on the engine.
        """
        if not classes & self._secret or not _holds_key(line):
            return False
        return place is not None or self._by_key.names_secret(line) is not None

    def redacted(self, line: bytes, counts: Counter[str], edits: Edits | None = None) -> bytes:
        """``line`` with the secrets in it masked; the line itself if there are none. ``edits``: as for ``ByKey``."""
        if not _holds_key(line):
            return line
        walk = Walk(self._by_key)
        at = 0
        while (key := _KEY.search(line, at)) is not None:
            at = key.end()
            if self._by_key.classes(key["name"]) & self._secret:
                walk.key(key["name"])
                at = _end_of_value(line, walk, at)
        return self._by_key.redacted(line, walk.found.values(), counts, edits) if walk.found else line


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
