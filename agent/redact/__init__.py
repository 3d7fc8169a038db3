"""Redaction: what support must not see is masked, who is concerned gets a stand-in, everything else stays.

Read in this order: ``rules`` (data and their checks), ``text`` (the definition of the result for one line;
``replacing`` puts marks and stand-ins into it), ``stream`` (lines from bytes, long lines, blocks over several lines),
``structure`` (documents with keys, in front of it), ``redactor`` (encodings and containers around it), ``stage``
(Artifacts in, ``Redacted`` out, failing closed; a ``crew`` of processes does it in ``parts``), ``tree`` (the same for a
folder, by ``workers`` if it is large). ``picker`` makes it fast and changes nothing of the result; ``local_facts`` adds
what the machine knows about itself; a ``recorder`` may look on.
"""

from __future__ import annotations

from agent.redact.audit import Auditor, Unexplained
from agent.redact.budget import CannotRedact
from agent.redact.crew import Crew
from agent.redact.explain import Decision, Explainer
from agent.redact.local_facts import LocalFacts
from agent.redact.redactor import Redactor, make_redactor
from agent.redact.rules import RuleSet, load_rules
from agent.redact.stage import redact
from agent.redact.tree import TreeReport, look_through, redact_tree
from agent.redact.workers import Workers

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
