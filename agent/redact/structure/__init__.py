"""Documents with keys (JSON, YAML, XML, TOML, INI, CSV): redacted by the key first, and then as text like all else.

In a line, a key and its value have to stand close together for a rule to see both. In a document they may be lines
apart, and a value may be a list or an object. So a small document is read as its format asks, and what stands under a
telling key is replaced in place: every other byte, and the number of lines, stay. What cannot be read as such a
document is text, no more and no less.

Read in this order: ``walk`` (what the keys say), ``by_key`` (what is put in a value's place), a format each,
``documents`` (which file is read as what, within which bounds), ``embedded`` (JSON in a line of a log).
"""

from __future__ import annotations

from agent.redact.structure.by_key import ByKey
from agent.redact.structure.documents import DocumentStage
from agent.redact.structure.embedded import Embedded

__all__ = ["ByKey", "DocumentStage", "Embedded"]
