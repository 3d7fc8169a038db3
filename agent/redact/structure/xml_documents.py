"""XML 1.0, property lists included: expat tells of the elements, the places are looked up between its marks.

A document that declares entities is refused: nothing here needs them, and they can make a small file large.
"""

from __future__ import annotations

import re
from typing import NoReturn
from xml.parsers import expat

from agent.redact.structure.walk import NotStructured, Value, Walk

_ATTRIBUTE = re.compile(rb"""\s([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
# What an element is and how it is written is no secret: <wsse:Password Type="…#PasswordText">.
_DESCRIBES = re.compile(
    rb"(?i)(?:[\w.-]{1,40}:)?(?:encoding)?type\Z|xmlns(?:\Z|:)|(?:[\w.-]{1,40}:)?(?:encoding|format|lang)\Z"
)
_TAG_END = re.compile(rb"""(?:[^>"']++|"[^"]*"|'[^']*')*+>""")
_PART = re.compile(rb"<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!--.*?-->|<\?.*?\?>|(?P<text>[^<]++)", re.DOTALL)
_CONTENT = re.compile(rb"\S(?:.*\S)?", re.DOTALL)
# In a property list the name of a value is an element of its own in front of it.
_KEY_ELEMENT = b"key"


def read(data: bytes, walk: Walk) -> None:
    """Tell ``walk`` of the document. Raise ``NotStructured`` or ``expat.ExpatError``."""
    _Reading(data, walk).run()


class _Reading:
    def __init__(self, data: bytes, walk: Walk) -> None:
        self._data = data
        self._walk = walk
        self._done = 0  # behind the last tag
        self._names: list[bytes] = []  # what the open elements are called
        self._tags: list[bytes] = []
        self._told: list[bytes | None] = [None]  # per open element, what its last <key> says of what comes next
        self._parser = expat.ParserCreate(_encoding(data))  # the declaration was true of the file, not of these bytes
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _refuse_subset
        self._parser.EntityDeclHandler = _refuse_entity

    def run(self) -> None:
        """Read all of it."""
        self._parser.Parse(self._data, True)  # noqa: FBT003 - the parameter has no name: this is the last piece

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        self._texts(at)
        end = _TAG_END.match(self._data, at)
        if end is None:
            raise NotStructured(at)
        raw = tag.encode()
        told, self._told[-1] = self._told[-1], None
        name = told if told is not None else raw
        self._walk.key(name)
        self._walk.begin(mapping=True)
        self._tags.append(raw)
        self._names.append(name)
        self._told.append(None)
        for attribute in _ATTRIBUTE.finditer(self._data, at, end.end()):
            if _DESCRIBES.match(attribute[1]):
                continue
            group = 2 if attribute[2] is not None else 3
            self._walk.key(attribute[1])
            self._walk.scalar(Value(*attribute.span(group), attribute[group]))
        self._done = end.end()

    def _end(self, _tag: str) -> None:
        at = self._parser.CurrentByteIndex
        if at >= self._done:
            self._texts(at)
            end = _TAG_END.match(self._data, at)
            if self._data[at : at + 2] == b"</" and end is not None:
                self._done = end.end()
        self._walk.end()
        self._told.pop()
        self._names.pop()
        self._tags.pop()

    def _texts(self, end: int) -> None:
        """What stands between the last tag and this one."""
        if not self._names or self._done >= end:
            return
        is_key = self._tags[-1] == _KEY_ELEMENT
        for part in _PART.finditer(self._data, self._done, end):
            group = part.lastgroup
            content = _CONTENT.search(self._data, *part.span(group)) if group is not None else None
            if content is None:
                continue
            if is_key:
                self._told[-2] = content[0]
            else:
                self._walk.text(self._names[-1], Value(*content.span(), content[0]))


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "iso-8859-1"
    return "utf-8"


def _refuse_subset(_name: str, _system: str | None, _public: str | None, has_internal_subset: int) -> None:
    if has_internal_subset:
        raise NotStructured


def _refuse_entity(*_declared: object) -> NoReturn:
    raise NotStructured
