"""The six ways in which the same row reaches a file: half of the rows plain, the others a tenth each.

Two of them change what is written (percent signs, JSON inside JSON), three of them only the bytes.
"""

import codecs
import json
import random
import urllib.parse
from typing import Literal, get_args

from tests.corpus.contexts import Context
from tests.corpus.escapes import ESCAPES
from tests.corpus.kinds import Kind, Sample

FileEncoding = Literal["plain", "byte-order-mark", "utf-16", "crlf", "json-in-json", "url-encoded"]
ENCODINGS: tuple[FileEncoding, ...] = get_args(FileEncoding)
_WEIGHTS = (5, 1, 1, 1, 1, 1)


def chosen(rng: random.Random, kind: Kind, context: Context, sample: Sample) -> FileEncoding:
    """One that fits: percent signs do not where nothing would change, or where the context writes them already."""
    (encoding,) = rng.choices(ENCODINGS, _WEIGHTS)
    if encoding == "url-encoded":
        unfit = kind.shape != "pair" or context.escape in (ESCAPES["url"], ESCAPES["form"])
        return "plain" if unfit or _percent(sample.text) == sample.text else encoding
    return encoding


def _percent(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def before(encoding: FileEncoding, sample: Sample) -> Sample:
    """The value as it is handed to its context."""
    if encoding != "url-encoded":
        return sample
    return Sample(_percent(sample.text), tuple(map(_percent, sample.marked)), sample.key)


def after(encoding: FileEncoding, sample: Sample) -> Sample:
    """The whole text as it stands in the file."""
    if encoding != "json-in-json":
        return sample
    text = json.dumps({"stream": "stdout", "line": sample.text})
    return Sample(text, tuple(json.dumps(part)[1:-1] for part in sample.marked), sample.key)


def to_bytes(encoding: FileEncoding, text: str) -> bytes:
    """The file, with an end of line at its end."""
    text += "\n"
    if encoding == "utf-16":
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    if encoding == "byte-order-mark":
        return codecs.BOM_UTF8 + text.encode()
    return (text.replace("\n", "\r\n") if encoding == "crlf" else text).encode()


def from_bytes(data: bytes) -> str:
    """What a reader sees who believes the mark at the beginning, as editors do; a redactor may change the encoding."""
    return data.decode("utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-8", "replace")
