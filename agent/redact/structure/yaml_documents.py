"""YAML 1.1, read as events with their places: nothing is composed, so aliases cannot make a small file large.

What an alias repeats under a secret's key is a secret where it was written first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from agent.redact.structure.walk import DEPTH_LIMIT, NotStructured, Value, Walk

LARGEST_BYTES = 2**20  # the events of more take seconds
_BLANK = " \t\r\n\x85\u2028\u2029"  # blanks and line breaks of YAML 1.1; a no-break space is a letter to it
_PROPERTIES = re.compile(rf"(?:[!&][^{_BLANK}]*[{_BLANK}]+(?:#[^\n]*[{_BLANK}]+)*)+")
_BLOCK_HEADER = re.compile(r"[|>][^\n]*\n?")
# Each tag directive is compared with those before it, in the library: no settings have any.
_DIRECTIVE = re.compile(rb"^%(?!YAML )", re.MULTILINE)
_CONTROLS = dict.fromkeys((*range(128, 133), *range(134, 160), 127), "?")
# The value is the name of something, and what it names is elsewhere.
_REFERENCES = frozenset({"!secret", "!Ref", "!ENV", "!env_var", "!ImportValue", "!GetAtt", "!reference"})


class _Places:
    """Characters to bytes, for places that come in order."""

    def __init__(self, text: str, codec: str) -> None:
        self._text = text
        self._codec = codec
        self._same = text.isascii() or codec == "latin-1"
        self._character = self._byte = 0

    def byte(self, character: int) -> int:
        """Where the character begins."""
        if self._same:
            return character
        if character < self._character:
            self._character = self._byte = 0
        self._byte += len(self._text[self._character : character].encode(self._codec))
        self._character = character
        return self._byte


@dataclass(slots=True)
class _Collection:
    mapping: bool
    at_key: bool
    anchor: str | None
    first: int  # of the document's scalars, the first one in here


@dataclass(slots=True)
class _Reading:
    """One document set on its way through the events."""

    text: str
    places: _Places
    walk: Walk
    stack: list[_Collection] = field(default_factory=list)
    scalars: list[Value] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(
        default_factory=dict
    )  # the scalars of a node, first and behind the last
    in_key: int = 0  # collections that are, or are part of, a key


def read(data: bytes, walk: Walk) -> None:
    """Tell ``walk`` of the documents in ``data``. Raise ``NotStructured`` or ``yaml.YAMLError``."""
    if len(data) > LARGEST_BYTES or _DIRECTIVE.search(data):
        raise NotStructured
    text, codec = _decoded(data)
    reading = _Reading(text=text, places=_Places(text, codec), walk=walk)
    for event in _events(text):
        _take(reading, event)


def _decoded(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _events(text: str) -> Iterator[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[yaml.Event] = yaml.parse(text.translate(_CONTROLS), Loader=loader)
    return events


def _take(reading: _Reading, event: yaml.Event) -> None:
    if isinstance(event, yaml.ScalarEvent):
        _scalar(reading, event)
    elif isinstance(event, yaml.AliasEvent):
        _alias(reading, event)
    elif isinstance(event, yaml.CollectionStartEvent):
        _begin(reading, event)
    elif isinstance(event, yaml.CollectionEndEvent):
        _end(reading)


def _is_key(reading: _Reading) -> bool:
    """Whether the node that comes is a key; the one behind it is then a value."""
    if not reading.stack or not reading.stack[-1].mapping:
        return False
    top = reading.stack[-1]
    top.at_key = not top.at_key
    return not top.at_key


def _begin(reading: _Reading, event: yaml.CollectionStartEvent) -> None:
    if len(reading.stack) >= DEPTH_LIMIT:
        raise NotStructured
    mapping = isinstance(event, yaml.MappingStartEvent)
    if _is_key(reading):
        reading.walk.key(b"")
        reading.in_key += 1
    elif reading.in_key:
        reading.in_key += 1
    else:
        reading.walk.begin(mapping=mapping)
    reading.stack.append(_Collection(mapping=mapping, at_key=mapping, anchor=event.anchor, first=len(reading.scalars)))


def _end(reading: _Reading) -> None:
    done = reading.stack.pop()
    if done.anchor is not None:
        reading.anchors[done.anchor] = (done.first, len(reading.scalars))
    if reading.in_key:
        reading.in_key -= 1
    else:
        reading.walk.end()


def _scalar(reading: _Reading, event: yaml.ScalarEvent) -> None:
    if _is_key(reading):
        if not reading.in_key:
            reading.walk.key(event.value.encode("utf-8", "surrogatepass"))
        return
    if reading.in_key:
        return
    if event.tag in _REFERENCES or (event.value == "~" and not event.style):
        reading.walk.skip()
        return
    value = _value(reading, event)
    if event.anchor is not None:
        reading.anchors[event.anchor] = (len(reading.scalars), len(reading.scalars) + 1)
    reading.scalars.append(value)
    reading.walk.scalar(value)


def _alias(reading: _Reading, event: yaml.AliasEvent) -> None:
    if _is_key(reading):
        reading.walk.key(b"")
        return
    anchor = event.anchor or ""
    first, behind = reading.anchors.get(anchor, (0, 0))
    if reading.in_key or not reading.walk.is_secret_here():
        reading.walk.skip()
        return
    reading.anchors[anchor] = (0, 0)  # told once
    reading.walk.again(reading.scalars[first:behind])


def _value(reading: _Reading, event: yaml.ScalarEvent) -> Value:
    if event.start_mark is None or event.end_mark is None:
        raise NotStructured
    start, end = event.start_mark.index, event.end_mark.index
    properties = _PROPERTIES.match(reading.text, start, end)
    start = properties.end() if properties is not None else start
    quote = b""
    if event.style in ("'", '"'):
        start, end = start + 1, end - 1
    elif event.style in ("|", ">"):
        header = _BLOCK_HEADER.match(reading.text, start, end)
        start = header.end() if header is not None else end
    else:
        quote = b'"'
        end = start + len(reading.text[start:end].rstrip(_BLANK))
    byte = reading.places.byte
    return Value(byte(start), byte(end), event.value.encode("utf-8", "surrogatepass"), quote)
