"""The examples of a rule are its tests: what it must find in a line, what it leaves of it, and what it must not touch.

Each is tried with the rule alone, so that no other one hides that it finds nothing: a trigger that no line matches, a
pattern with a slip, or a validator that drops what was meant. Ours are tried when they are tested; an
administrator's, whenever the configuration is checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agent.redact.local_facts import LocalFacts
from agent.redact.redactor import Redactor
from agent.redact.rules import Rule, RuleSet

_KEY = b"a key for examples, 32 bytes...."
_STAND_IN = re.compile(r"(?<![a-z])(ip6?|mail|host|user|name|mac|phone|sid|serial|network)-(private-)?[a-z2-7]{8,12}")


def without_letters(text: str) -> str:
    """``text`` with the letters of each stand-in as an ellipsis, as examples write them: they depend on the key."""
    return _STAND_IN.sub(lambda found: f"{found[1]}-{found[2] or ''}…", text)


def faults(rules: RuleSet, tried: Sequence[Rule]) -> Iterator[str]:
    """A sentence for each example of the ``tried`` rules, which are of ``rules``, that does not come out as written."""
    for rule in tried:
        only = RuleSet(version=rules.version, families=(rule.family,), rules=(rule,), names=rules.names)
        redactor = Redactor(only, _KEY, LocalFacts(), engine="re")
        for hit in rule.hits:
            left = without_letters(redactor.text(hit.text)[0])
            if left == hit.text:
                yield f"family {rule.family}, rule {rule.name}: finds nothing in its hit {hit.text!r}"
            elif left != hit.leaves:
                yield f"family {rule.family}, rule {rule.name}: leaves {left!r} of its hit, not {hit.leaves!r}"
        for miss in rule.misses:
            if redactor.text(miss)[0] != miss:
                yield f"family {rule.family}, rule {rule.name}: finds something in its miss {miss!r}"
