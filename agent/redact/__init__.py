"""Redaction: what support must not see is masked, who is concerned gets a stand-in, everything else stays.

Read in this order: ``rules`` (data and their checks), ``text`` (the definition of the result for one line), ``stream``
(lines from bytes, long lines, blocks over several lines), ``redactor`` (encodings and containers around it), ``stage``
(Artifacts in, ``Redacted`` out, failing closed), ``tree`` (the same for a folder). ``picker`` makes it fast and changes
nothing of the result; ``local_facts`` adds what the machine knows about itself.
"""

from __future__ import annotations

from agent.redact.budget import CannotRedact
from agent.redact.local_facts import LocalFacts
from agent.redact.redactor import Redactor
from agent.redact.rules import RuleSet, load_rules
from agent.redact.stage import redact
from agent.redact.tree import TreeReport, redact_tree

__all__ = ["CannotRedact", "LocalFacts", "Redactor", "RuleSet", "TreeReport", "load_rules", "redact", "redact_tree"]
