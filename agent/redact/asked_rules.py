"""Which rules a line has to be asked about, as the triggers say that it matches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from agent.redact.names import Names
from agent.redact.picking.picker import Triggers
from agent.redact.rules import OF_MACHINE, Rule
from agent.redact.unescaped import TRIGGER as _ESCAPED
from agent.redact.vectors import TRIGGER as _VECTOR

_INTERLEAVED = r"\x00[^\x00\n]\x00[^\x00\n]\x00"  # UTF-16 in the middle of a file of single bytes


class Asked(NamedTuple):
    """The rules that a line has to be asked about, by their index, as its triggers say.

    Those with ``near_bytes`` are not among them: they are tried where their trigger was seen.
    """

    anywhere: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()  # rules with ``after``
    openers: tuple[int, ...] = ()
    openers_behind: tuple[int, ...] = ()
    opening_classes: int = 0  # the classes behind whose names one opens
    classes: int = 0  # the classes of names that the rules behind names want
    masks: bool = False  # one of those anywhere masks
    masked_classes: int = 0  # the classes behind whose names one masks
    interleaved: bool = False  # the line may be UTF-16 among single bytes
    vectors: bool = False  # the line may hold the arguments of a command as a list
    escaped: bool = False  # the line may hold strings with escapes, or colours


class RulesByTrigger:
    """Which rules to apply for which triggers, looked up once per combination that occurs."""

    def __init__(self, rules: Sequence[Rule], names: Names) -> None:
        texts = tuple(dict.fromkeys([*(rule.trigger for rule in rules), _INTERLEAVED, _VECTOR, _ESCAPED]))
        positions = {trigger: position for position, trigger in enumerate(texts)}
        self.triggers = Triggers(
            texts=texts,
            behind={
                positions[rule.trigger]: names.classes[rule.after].reach_bytes
                for rule in rules
                if rule.after is not None
            },
            near=frozenset(positions[rule.trigger] for rule in rules if rule.near_bytes),
            of_machine=frozenset(positions[rule.trigger] for rule in rules if rule.family == OF_MACHINE),
        )
        self._rules = rules
        self._names = names
        self._rules_by_trigger: dict[int, list[int]] = {}
        for index, rule in enumerate(rules):
            self._rules_by_trigger.setdefault(positions[rule.trigger], []).append(index)
        self._interleaved = positions[_INTERLEAVED]
        self._vector = positions[_VECTOR]
        self._escaped = positions[_ESCAPED]
        self._known: dict[tuple[int, ...], Asked] = {}

    def of(self, matching: tuple[int, ...]) -> Asked:
        """What a line that matches these triggers has to be asked about."""
        known = self._known.get(matching)
        if known is None:
            known = self._asked(matching)
            if len(self._known) < 2**14:  # hostile text must not fill the memory with combinations
                self._known[matching] = known
        return known

    def _asked(self, matching: tuple[int, ...]) -> Asked:
        rules = sorted(
            index
            for position in matching
            for index in self._rules_by_trigger.get(position, ())
            if not self._rules[index].near_bytes
        )
        masking = [index for index in rules if self._rules[index].kind is None]
        parts: dict[tuple[bool, bool], tuple[int, ...]] = {
            (opens, behind): tuple(
                index
                for index in rules
                if (self._rules[index].opens is not None) == opens and (self._rules[index].after is not None) == behind
            )
            for opens in (False, True)
            for behind in (False, True)
        }
        return Asked(
            anywhere=parts[False, False],
            behind=parts[False, True],
            openers=parts[True, False],
            openers_behind=parts[True, True],
            opening_classes=self._bits(parts[True, True]),
            classes=self._bits(rules),
            masks=any(self._rules[index].after is None for index in masking),
            masked_classes=self._bits(masking),
            interleaved=self._interleaved in matching,
            vectors=self._vector in matching,
            escaped=self._escaped in matching,
        )

    def _bits(self, rules: Sequence[int]) -> int:
        """The classes that these rules stand behind."""
        return self._names.bits(after for index in rules if (after := self._rules[index].after) is not None)
