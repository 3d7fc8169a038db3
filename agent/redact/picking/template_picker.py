"""Lines that differ in nothing but their digits are looked at once: programs write the same line again and again.

Most triggers do not tell one digit from another, so that what they say of a template (``templates``) they say of every
line of it; they are asked about each template once. Of the others a wider form is asked, and the trigger itself about
the lines that this finds. The few of which nothing would be left without digits are asked about every line.

In real logs nine lines of ten, and more of long ones, have a template that was met before, and looking up what is known
of it takes a tenth of the time that reading it for some nine thousand expressions takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import filterfalse
from operator import itemgetter
from typing import NamedTuple

from agent.redact.names import Place
from agent.redact.picking.picker import Candidate, Matching, Picker, Triggers, alone
from agent.redact.picking.templates import TEMPLATE, WiderTriggers

_LONGEST_BYTES = 600  # of a line that is worth remembering; with the next it bounds what is held
_MOST_KNOWN = 2**12


class Known(NamedTuple):
    """What is known of a template: triggers that each line of it matches, and those that a line may match."""

    matched: tuple[int, ...]
    maybe: tuple[int, ...]
    names: Place | None


class TemplatePicker:
    """Asks pickers that ``make`` makes: one about templates, and one about what has to be looked at line by line.

    ``searcher`` gives, and keeps, what tells whether a line matches a trigger.
    """

    def __init__(
        self,
        triggers: Triggers,
        make: Callable[[Triggers], Picker],
        searcher: Callable[[str], Callable[[bytes], object]],
    ) -> None:
        wider = WiderTriggers(triggers)
        self.by_template = make(wider.by_template)
        self._by_line = make(wider.by_line)
        self._exact = wider.exact
        self._texts = triggers.texts
        self._searcher = searcher
        self._known: dict[bytes, Known | None] = {}
        self._met: set[int] = set()

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return alone(self, line)

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """See ``Picker``."""
        templates = block.translate(TEMPLATE).split(b"\n")
        unknown = list(filterfalse(self._known.__contains__, dict.fromkeys(templates)))
        learnt = self._learnt(unknown)
        found = list(self._of_templates(block, templates, learnt))
        self._remember(learnt)
        by_line, near = self._by_line.candidates(block)
        return (list(_joined(sorted([*found, *by_line], key=itemgetter(0)))) if by_line else found), near

    def _learnt(self, templates: Sequence[bytes]) -> dict[bytes, Known | None]:
        """What triggers say of these."""
        learnt: dict[bytes, Known | None] = dict.fromkeys(templates)
        if not templates:
            return learnt
        joined = b"\n".join(templates)
        for start, end, positions, names in self.by_template.candidates(joined)[0]:
            matched = tuple(position for position in positions if position in self._exact)
            maybe = tuple(position for position in positions if position not in self._exact)
            learnt[joined[start:end]] = Known(matched, maybe, names)
        return learnt

    def _remember(self, learnt: Mapping[bytes, Known | None]) -> None:
        """Those that were met before, in another block: of most others no line comes again."""
        for template, told in learnt.items():
            if len(template) <= _LONGEST_BYTES:
                met = hash(template)  # two templates with the same are remembered sooner, and that is all
                if met in self._met:
                    self._known[template] = told
                else:
                    self._met.add(met)
        for full in (self._known, self._met):
            if len(full) > _MOST_KNOWN:
                full.clear()

    def _of_templates(
        self, block: bytes, templates: Sequence[bytes], learnt: Mapping[bytes, Known | None]
    ) -> Iterator[Candidate]:
        """The lines of ``block`` that match any trigger, by their ``templates``."""
        start, known = 0, self._known
        for template in templates:
            told = known[template] if template in known else learnt[template]
            end = start + len(template)
            if told is not None and start < len(block):
                positions = told.matched
                if told.maybe:
                    line = block[start:end]
                    met = [position for position in told.maybe if self._searcher(self._texts[position])(line)]
                    positions = tuple(sorted([*positions, *met])) if met else positions
                if positions:
                    yield start, end, positions, told.names
            start = end + 1


def _joined(found: Sequence[Candidate]) -> Iterator[Candidate]:
    """Candidates in order, those about the same line as one: the first of two knows of names."""
    last = found[0]
    for each in found[1:]:
        if each[0] != last[0]:
            yield last
            last = each
        else:
            last = (last[0], last[1], tuple(sorted({*last[2], *each[2]})), last[3])
    yield last
