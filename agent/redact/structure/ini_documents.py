"""INI, Java properties, environment files and exports of the Windows registry: a name, a sign and a value per line.

There is no one grammar: sections, comments of four kinds, values that go on behind a backslash or indented. A file of
which a line is none of these is not one.
"""

from __future__ import annotations

import re

from agent.redact.structure.walk import NotStructured, Value, Walk

_LINE = re.compile(rb"[^\n]*+\n?")
_NOTHING = re.compile(rb"[ \t]*+(?:[#;!].*+|//.*+|Windows Registry Editor Version [\d.]+|REGEDIT4)?\s*+\Z")
_SECTION = re.compile(rb"[ \t]*+\[+(?P<name>[^\]\r\n]{1,300})\]+[ \t]*+(?:[#;].*+)?\s*+\Z")
_ASSIGNMENT = re.compile(
    rb"""[ \t]*+(?:export[ \t]+|set[ \t]+)?"""
    rb"""(?:"(?P<quoted>[^"\r\n]{1,300})"|(?P<name>[^\s=:#;\["'][^=:\r\n]{0,300}?))[ \t]*+[=:][ \t]*+"""
)
_CONTENT = re.compile(rb"\S(?:.*\S)?", re.DOTALL)
_QUOTES = (b'"', b"'")
# A name with a sign that a program's messages have and names have not.
_NO_NAME = re.compile(rb"[()<>{}|]|//|\A\d{1,4}[-/]\d|\s\S+\s\S+\s\S+\s")


def read(data: bytes, walk: Walk) -> None:
    """Tell ``walk`` of the file. Raise ``NotStructured``."""
    in_section = False
    pending: _Assignment | None = None
    for line in _LINE.finditer(data):
        if not line[0]:
            break
        if pending is not None and pending.goes_on(line[0], walk):
            pending.end = line.end()
            continue
        if pending is not None:
            pending.tell(data, walk)
            pending = None
        section = _SECTION.match(line[0])
        if section is not None:
            if in_section:
                walk.end()
            walk.key(_section_name(section["name"]))
            walk.begin(mapping=True)
            in_section = True
        elif _NOTHING.match(line[0]) is None:
            pending = _Assignment(line)
    if pending is not None:
        pending.tell(data, walk)


def _section_name(name: bytes) -> bytes:
    """The last part of a path in the registry; all of it elsewhere."""
    return name.rpartition(b"\\")[2].strip(b" \"'")


class _Assignment:
    """A name and its value, as far as its lines were seen."""

    def __init__(self, line: re.Match[bytes]) -> None:
        """Raise ``NotStructured`` if the line is none."""
        found = _ASSIGNMENT.match(line[0])
        name = b"" if found is None else (found["quoted"] or found["name"] or b"").strip()
        if found is None or _NO_NAME.search(name):
            raise NotStructured(line.start())
        self.name = name
        self._start = line.start() + found.end()
        self.end = line.end()
        self._indentation = _indentation(line[0])
        self._open = _is_open(line[0])

    def goes_on(self, line: bytes, walk: Walk) -> bool:
        """Whether the next line belongs to the value: behind a backslash, or further indented and no assignment.

        Below a secret's name the second counts even if it looks like one: base64 may end in a sign of assignment.
        """
        if self._open:
            self._open = _is_open(line)
            return True
        if not line.strip() or _indentation(line) <= self._indentation:
            return False
        if _ASSIGNMENT.match(line) is None and _NOTHING.match(line) is None:
            return True
        walk.key(self.name)
        return walk.is_secret_here()

    def tell(self, data: bytes, walk: Walk) -> None:
        """The whole value, inside its quotes."""
        walk.key(self.name)
        content = _CONTENT.search(data, self._start, self.end)
        if content is None:
            walk.skip()
            return
        start, end = content.span()
        if end - start > 1 and data[start : start + 1] in _QUOTES and data[start : start + 1] == data[end - 1 : end]:
            start, end = start + 1, end - 1
        walk.scalar(Value(start, end, data[start:end]))


def _indentation(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


def _is_open(line: bytes) -> bool:
    """Whether the line ends in an odd number of backslashes."""
    body = line.rstrip(b"\r\n")
    return (len(body) - len(body.rstrip(b"\\"))) % 2 == 1
