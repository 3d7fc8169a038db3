"""Which lines the rules have to look at: the triggers of all rules evaluated by the fastest engine there is.

An engine reads a block once for each *group* of triggers: those that begin with a rare literal, those that follow the
name of a value, and those that are only a shape (addresses, cards). Which engine takes which group, ``re2_picker`` and
``hyperscan_picker`` say. The standard library looks in each line for the literals that a trigger cannot do without, and
only then for the trigger. All evaluate the same small expressions, in the form that ``dialect.py`` gives each, so the
result does not depend on the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from agent.redact.names import NOWHERE, Place
from agent.redact.picking.dialect import FOLDED, Form, forms, split

_GRAM_BYTES = 3
_COMMON_FIRST = b"e0 taoinsrhldc.u/-:m"  # bytes of folded logs from the most common on; all others are rarer

Candidate = tuple[int, int, tuple[int, ...], Place | None]
"""Start and end of a line in its block (without the line feed), the positions of the triggers that it matches, and
the place of the names in the line that those in ``behind`` tell of, if the engine knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """The triggers of a rule set by position.

    Those in ``behind`` follow names, and end at most so many bytes behind the name; of those in ``near`` the places are
    wanted, not the lines; those in ``of_machine`` differ from computer to computer, and are compiled apart. One without
    text is asked elsewhere.
    """

    texts: tuple[str, ...]
    behind: Mapping[int, int] = field(default_factory=dict)
    near: frozenset[int] = frozenset()
    of_machine: frozenset[int] = frozenset()

    def groups(self) -> Groups:
        """The triggers that stand anywhere; those that are looked for near are in none."""
        literal, shape, wholes = Group(), Group(), Group()
        for position, text in enumerate(self.texts):
            if not text or position in self.near or position in self.behind:
                continue
            form, forms_of_it = split(text)
            shapes = [(position, each) for each in forms_of_it if not each.is_telling]
            literal += [(position, each) for each in forms_of_it if each.is_telling]
            shape += shapes
            wholes += [] if shapes else [(position, form)]
        return Groups(literal, shape, wholes)

    def names(self, parts: Callable[[str], Sequence[Form]] = forms) -> Group:
        """The triggers behind names in the forms that ``parts`` makes of each."""
        return [(position, form) for position in sorted(self.behind) for form in parts(self.texts[position])]


Group = list[tuple[int, Form]]
"""Forms with the positions of their triggers."""


class Groups(NamedTuple):
    """Forms with a rare literal, and mere shapes; and in one form each the triggers that have no shape."""

    literal: Group
    shape: Group
    wholes: Group


class Matching(NamedTuple):
    """What triggers a line matches: their positions, sorted, and places in the line."""

    positions: tuple[int, ...]
    near: Sequence[int] = ()  # where those in ``near`` end
    names: Place | None = None  # of those that triggers in ``behind`` tell of, if the engine knows it


class Picker(Protocol):
    """An engine that knows the triggers by their position."""

    def matching(self, line: bytes) -> Matching:
        """What triggers this line matches."""

    def candidates(self, block: bytes) -> tuple[Sequence[Candidate], Sequence[int]]:
        """The lines of ``block`` that match any trigger, in their order; and where the ones in ``near`` end."""


def alone(picker: Picker, line: bytes) -> Matching:
    """What ``picker`` says of a line that is no part of a block."""
    found, near = picker.candidates(line)
    return Matching(found[0][2], near, found[0][3]) if found else Matching((), near, NOWHERE)


class StandardPicker:
    """The standard library alone: slow, and always there.

    Looks in a block for the literals of which a form needs one, by three bytes of each, and asks the lines of these.

    The forms hold no line feed, so that they can be searched in a whole block as well.
    """

    def __init__(self, triggers: Triggers) -> None:
        self._near = Near(triggers)
        by_gate: dict[bytes, list[tuple[Any, int]]] = {}
        self._always: list[tuple[Any, int]] = []
        groups = triggers.groups()
        for position, form in (*groups.literal, *groups.shape, *triggers.names()):
            search: Callable[[bytes], object] = re.compile(b"(?m)" + form.text.encode()).search
            if form.gates is None:
                self._always.append((search, position))
            elif position in triggers.behind:
                search = _found  # a name that is none is told by ``Names`` at less cost
            for literal in form.gates or ():
                by_gate.setdefault(literal, []).append((search, position))
        self._short = [gate for gate in by_gate.items() if len(gate[0]) < _GRAM_BYTES]
        self._by_gram: dict[tuple[int, ...], list[tuple[bytes, list[tuple[Any, int]]]]] = {}
        for literal, asked in by_gate.items():
            if len(literal) >= _GRAM_BYTES:
                self._by_gram.setdefault(tuple(_rarest_gram(literal)), []).append((literal, asked))

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        return alone(self, line)

    def candidates(self, block: bytes) -> tuple[list[Candidate], Sequence[int]]:
        """See ``Picker``."""
        found: dict[tuple[int, int], set[int]] = {}
        for search, position in self._always:
            for place in _lines(block, search):
                found.setdefault(place, set()).add(position)
        folded = block.translate(FOLDED)
        grams = set(zip(folded, folded[1:], folded[2:], strict=False))
        met = [gate for gram in grams & self._by_gram.keys() for gate in self._by_gram[gram]]
        for literal, asked in (*self._short, *met):
            for start, end in _lines_with(folded, literal):
                positions = found.setdefault((start, end), set())
                line = block[start:end]
                positions.update(position for search, position in asked if position not in positions and search(line))
        lines: list[Candidate] = []
        for (start, end), positions in sorted(found.items()):
            if positions:
                lines.append((start, end, tuple(sorted(positions)), None))
        return lines, self._near.ends(block)


def _lines(block: bytes, search: Any) -> Iterator[tuple[int, int]]:
    """The lines in which ``search`` finds something: start and end."""
    position, length = 0, len(block)
    while position < length:
        match = search(block, position)
        if match is None:
            return
        at = match.start()
        end = block.find(b"\n", at)
        end = length if end < 0 else end
        yield block.rfind(b"\n", position, at) + 1 or position, end
        position = end + 1


def _found(_line: bytes) -> object:
    return True


def _lines_with(block: bytes, literal: bytes) -> Iterator[tuple[int, int]]:
    """The lines that hold ``literal``: start and end."""
    at = block.find(literal)
    while at >= 0:
        end = block.find(b"\n", at)
        end = len(block) if end < 0 else end
        yield block.rfind(b"\n", 0, at) + 1, end
        at = block.find(literal, end)


class Near:
    """Where the triggers end whose rules look only near them, found by the standard library.

    It is nearly as quick as any engine here, since there is no word to be said about a line.
    """

    def __init__(self, triggers: Triggers) -> None:
        self._finditers = [re.compile(triggers.texts[position].encode()).finditer for position in sorted(triggers.near)]

    def ends(self, block: bytes) -> list[int]:
        """Places in ``block``, sorted."""
        found = [match.end() for finditer in self._finditers for match in finditer(block)]
        if len(self._finditers) > 1:
            found.sort()
        return found


def _rarest_gram(literal: bytes) -> bytes:
    """The three bytes of ``literal`` that ordinary text holds most seldom."""
    grams = [literal[at : at + _GRAM_BYTES] for at in range(len(literal) - _GRAM_BYTES + 1)]
    return max(grams, key=lambda gram: sum(_COMMON_FIRST.find(byte) % len(_COMMON_FIRST) for byte in gram))
