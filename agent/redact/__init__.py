"""Redaction: what support must not see is masked, who is concerned gets a stand-in, everything else stays.

Read in this order: ``rules`` (data and their checks), ``text`` (the definition of the result for one line;
``replacing`` puts marks and stand-ins into it), ``stream`` (lines from bytes, long lines, blocks over several lines),
``structure`` (documents with keys, in front of it), ``redactor`` (encodings and containers around it), ``stage``
(Artifacts in, ``Redacted`` out, failing closed), ``tree`` (the same for a folder). ``checks`` tell real values from
look-alikes; ``picking`` makes it fast and ``processes`` does it side by side, and neither changes the result;
``local_facts`` adds what the machine knows about itself; a ``recorder`` may look on.
"""

from __future__ import annotations

from agent.redact.audit import Auditor, Unexplained
from agent.redact.budget import CannotRedact
from agent.redact.explain import Decision, Explainer
from agent.redact.local_facts import LocalFacts
from agent.redact.processes.crew import Crew
from agent.redact.processes.workers import Workers
from agent.redact.redactor import Redactor, make_redactor
from agent.redact.rules import RuleSet, load_rules
from agent.redact.stage import redact
from agent.redact.tree import TreeReport, look_through, redact_tree

__all__ = [
    "Auditor",
    "CannotRedact",
    "Crew",
    "Decision",
    "Explainer",
    "LocalFacts",
    "Redactor",
    "RuleSet",
    "TreeReport",
    "Unexplained",
    "Workers",
    "load_rules",
    "look_through",
    "make_redactor",
    "redact",
    "redact_tree",
]
