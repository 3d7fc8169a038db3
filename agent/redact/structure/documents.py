"""Which file is read as what, within which bounds, and the place of it: in front of the rules for lines.

The first bytes decide, and the ending of the name where they cannot: a log is never read as YAML or as a table. What
seemed to be a document and is none, or is over a bound, goes on as the text it is.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from agent.redact.edits import Edits
from agent.redact.recorder import Recorder
from agent.redact.structure import (
    csv_documents,
    ini_documents,
    json_documents,
    toml_documents,
    xml_documents,
    yaml_documents,
)
from agent.redact.structure.by_key import ByKey
from agent.redact.structure.walk import NotStructured, Value, Walk

LARGEST_DOCUMENT_BYTES = 2 * 2**20  # takes some seconds, and fifty times as much memory, at the worst
_BY_ENDING = {
    "yaml": "yaml", "yml": "yaml", "toml": "toml", "csv": "csv", "tsv": "csv", "tab": "csv",
    "ini": "ini", "cfg": "ini", "conf": "ini", "cnf": "ini", "properties": "ini", "env": "ini", "desktop": "ini",
    "service": "ini", "inf": "ini", "reg": "ini",
}  # fmt: skip
_READERS: dict[str, Callable[[bytes, Walk], None]] = {
    "json": json_documents.read,
    "yaml": yaml_documents.read,
    "xml": xml_documents.read,
    "toml": toml_documents.read,
    "ini": ini_documents.read,
    "csv": csv_documents.read,
}
# Settings of editors begin so, in JSON with comments.
_REMARKS = re.compile(rb"(?:\s*+(?://[^\n]*+(?:\n|\Z)|/\*(?:[^*]|\*(?!/))*+\*/))++\s*+")
_XML_START = re.compile(rb"\s*+<(?:\?xml\s|!--|!DOCTYPE\s+plist|[A-Za-z_][\w:.-]*+[\s/>])")
_YAML_START = re.compile(rb"---[ \t]*\r?\n(?:\s*+#.*+\n)*+\s*+(?:- |[\w.-]{1,60}:(?:\s|\Z))")
_SECTION_START = re.compile(
    rb"(?:\s*+[#;].*+\n)*+\s*+\[[\w .:/\\-]{1,120}\][ \t]*\r?\n(?:\s*+[#;].*+\n)*+\s*+[\w.-]{1,60}[ \t]*="
)
_REGISTRY_START = re.compile(rb"(?:Windows Registry Editor Version|REGEDIT4)")


# What programs and people put behind the name of a file that they keep beside the next: c.yaml.1, c.yaml.bak, c.ini~
_KEPT_ASIDE = re.compile(
    r"(?:[.\-_](?:\d[\d.T:_-]*|old|prev|previous|bak|backup|orig|save|saved|new|copy|tmp|dist|sample|example|"
    r"rpm(?:new|save|orig)|dpkg-(?:old|dist|new))|~)\Z",
    re.IGNORECASE,
)
_COMPRESSED = re.compile(r"\.(?:gz|bz2|xz|zstd?|z|lz)\Z", re.IGNORECASE)
_MOST_ENDINGS = 4


def name_inside(path: str) -> str:
    """The name of what a compressed file of this name holds."""
    return _COMPRESSED.sub("", path)


def _format_by_name(path: str) -> str | None:
    name = path.rpartition("/")[2]
    for _ in range(_MOST_ENDINGS):
        of_format = _BY_ENDING.get(name.rpartition(".")[2].lower())
        shorter = _KEPT_ASIDE.sub("", name)
        if of_format is not None or shorter == name:
            return of_format
        name = shorter
    return None


def format_of(head: bytes, path: str) -> str | None:
    """The format of a file that begins with ``head``; ``None`` for text."""
    head = head.removeprefix(codecs.BOM_UTF8)
    first = head.lstrip(b" \t\r\n")[:1]
    remarks = _REMARKS.match(head) if first == b"/" else None
    if (first in (b"{", b"[") or (remarks and head[remarks.end() :][:1] in (b"{", b"["))) and _begins_json(head):
        return "json"
    if first == b"<":
        return "xml" if _XML_START.match(head) else None
    by_name = _format_by_name(path)
    if by_name is not None:
        return by_name
    if head.startswith(b"---"):
        return "yaml" if _YAML_START.match(head) else None
    if _REGISTRY_START.match(head) or (first in (b"[", b"#", b";") and _SECTION_START.match(head)):
        return "ini"
    return None


class _Nobody:
    """Hears what a reader tells and keeps nothing."""

    def key(self, name: bytes) -> None: ...

    def begin(self, *, mapping: bool) -> None: ...

    def end(self) -> None: ...

    def scalar(self, value: Value) -> None: ...


def _begins_json(head: bytes) -> bool:
    """Whether ``head`` is a JSON value, or the beginning of a longer one; not a first line with others below it."""
    try:
        end = json_documents.scan(head, _Nobody(), 0)
    except NotStructured as error:
        rest = head[error.at :].lstrip(b" \t\r\n")
        return rest[:1] in (b"", b'"', b"/", b"t", b"f", b"n", b"-") and b"\n" not in rest
    return json_documents.is_rest_blank(head, end)


def masked(data: bytes, of_format: str, by_key: ByKey, counts: Counter[str], recorder: Recorder | None = None) -> bytes:
    """``data`` with what stands under telling keys replaced; as it is, where it is no document of that format."""
    begin = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    counted: Counter[str] = Counter()
    edits = Edits() if recorder else None
    try:
        walk = Walk(by_key)
        _READERS[of_format](data[begin:], walk)
        redacted = by_key.redacted(data, walk.found.values(), counted, edits, begin)
    except Exception:
        return data
    counts.update(counted)
    if recorder and edits is not None and edits.spans:
        recorder.replaced_first(data, edits)
    return redacted


class _Target(Protocol):
    def feed(self, data: bytes) -> None: ...

    def finish(self) -> Counter[str]: ...


class DocumentStage:
    """Takes the bytes of a file as UTF-8, in pieces; a document is kept until its end, and everything is passed on."""

    def __init__(self, by_key: ByKey, path: str, target: _Target, recorder: Recorder | None = None) -> None:
        self._by_key = by_key
        self._path = path
        self._target = target
        self._recorder = recorder
        self._kept: bytearray | None = bytearray()
        self._format: str | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._kept is None:
            self._target.feed(data)
            return
        if self._format is None:
            self._format = format_of(data, self._path) if self._by_key.wanted else None
        self._kept += data
        if self._format is None or len(self._kept) > LARGEST_DOCUMENT_BYTES:
            kept, self._kept = bytes(self._kept), None
            self._target.feed(kept)

    def finish(self) -> Counter[str]:
        """Redact and pass on what is kept; the number of replacements by rule."""
        counts: Counter[str] = Counter()
        if self._kept and self._format is not None:
            self._target.feed(masked(bytes(self._kept), self._format, self._by_key, counts, self._recorder))
        self._kept = None
        return counts + self._target.finish()
