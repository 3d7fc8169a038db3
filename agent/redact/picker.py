"""Which lines the rules have to look at: the triggers of all rules evaluated by the fastest engine there is.

Hyperscan and google-re2 read a block once for each *group* of triggers: those that begin with a rare literal, those
that follow the name of a value, and those that are only a shape (addresses, cards; several groups for RE2). One
automaton for all would have so many states that building it costs more than it saves.
The standard library looks in each line for
the literals that a trigger cannot do without, and only then for the trigger. All evaluate the same small expressions,
in the form that ``dialect.py`` gives each, so the result does not depend on the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from agent.redact.dialect import FOLDED, FORMS_LIMIT, Form, forms, whole
from agent.redact.names import Place

_RE2_MEMORY_BYTES = 12 * 2**20  # for the automaton of one group, at most; RE2's own 8 MiB thrash on the largest
_RE2_LITERALS = 128  # 378 together outgrew that memory and took 1.1 s for a megabyte, three groups take 40 ms
_RE2_SHAPES = 12  # a hundred together took 4 s for a megabyte, nine groups of twelve take 30 ms
_BEHIND_LIMIT = 400  # forms of a trigger behind names: with 600, compiling them took 4 s longer and gained nothing
_GRAM_BYTES = 3
_COMMON_FIRST = b"e0 taoinsrhldc.u/-:m"  # bytes of folded logs from the most common on; all others are rarer

Candidate = tuple[int, int, tuple[int, ...], Place | None]
"""Start and end of a line in its block (without the line feed), the positions of the triggers that it matches, and
the place of the names in the line that those in ``behind`` tell of, if the engine knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Triggers:
    """The triggers of a rule set by position.

    Those in ``behind`` follow names, and end at most so many bytes behind the name; of those in ``near`` the places are
    wanted, not the lines; those in ``of_machine`` differ from computer to computer, and are compiled apart.
    """

    texts: tuple[str, ...]
    behind: Mapping[int, int] = field(default_factory=dict)
    near: frozenset[int] = frozenset()
    of_machine: frozenset[int] = frozenset()

    def groups(self) -> tuple[Group, Group, Group]:
        """The forms of all triggers, without those of ``near``: with a rare literal, behind names, mere shapes."""
        return self._grouped(lambda trigger, behind: forms(trigger, _BEHIND_LIMIT if behind else FORMS_LIMIT))

    def whole_groups(self, literals_limit: int, shapes_limit: int) -> list[Group]:
        """The same with each trigger as a whole, and no more together: they multiply one another's states."""
        literal, behind, shape = self._grouped(lambda trigger, _: [whole(trigger)])
        groups = [*_split(literal, literals_limit), behind, *_split(shape, shapes_limit)]
        return [group for group in groups if group]

    def _grouped(self, forms_of: Callable[[str, bool], list[Form]]) -> tuple[Group, Group, Group]:
        literal, behind, shape = Group(), Group(), Group()
        for position, text in enumerate(self.texts):
            if position not in self.near:
                for form in forms_of(text, position in self.behind):
                    group = behind if position in self.behind else literal if form.is_telling else shape
                    group.append((position, form))
        return literal, behind, shape


Group = list[tuple[int, Form]]
"""Forms with the positions of their triggers."""


def _split(group: Group, limit: int) -> list[Group]:
    return [group[first : first + limit] for first in range(0, len(group), limit)]


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


class StandardPicker:
    """The standard library alone: slow, and always there.

    Looks in a block for the literals of which a form needs one, by three bytes of each, and asks the lines of these.

    The forms hold no line feed, so that they can be searched in a whole block as well.
    """

    def __init__(self, triggers: Triggers) -> None:
        self._near = Near(triggers)
        by_gate: dict[bytes, list[tuple[Any, int]]] = {}
        self._always: list[tuple[Any, int]] = []
        for position, form in (each for group in triggers.groups() for each in group):
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
        found, near = self.candidates(line)
        return Matching(found[0][2] if found else (), near)

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


class _Group:
    """Some forms of triggers: one expression for all, and the set that tells which."""

    def __init__(self, group: Group) -> None:
        import re2

        options = re2.Options()
        # Latin-1: every byte is one character. UTF-8 would refuse broken text and shift offsets.
        options.encoding = re2.Options.Encoding.LATIN1
        options.max_mem = _RE2_MEMORY_BYTES
        options.log_errors = False
        # (?m): in a block of lines, ^ and $ mean the line, as they do where a line stands alone.
        text = "|".join(f"(?:{form.text})" for _, form in group)
        self.search: Any = re2.compile(b"(?m)" + text.encode(), options).search
        self._set: Any = re2.Set.SearchSet(options)
        for _, form in group:
            self._set.Add(form.text.encode())
        self._set.Compile()
        self._group = group
        self._positions = [position for position, _ in group]

    def matching(self, line: bytes) -> set[int]:
        """The positions of the triggers that match a line in which at least one does."""
        if len(self._positions) == 1:
            return set(self._positions)
        found: list[int] = self._set.Match(line)
        if found:
            return {self._positions[at] for at in found}
        # A set whose automaton outgrew its memory answers "nothing" instead of failing: never trust that.
        return {position for position, form in self._group if re.search(form.text.encode(), line)}


class Re2Picker:
    """google-re2: at work at once. Making one raises ``ImportError`` where it is missing."""

    def __init__(self, triggers: Triggers) -> None:
        self._groups = [_Group(group) for group in triggers.whole_groups(_RE2_LITERALS, _RE2_SHAPES)]
        near = [(position, whole(triggers.texts[position])) for position in sorted(triggers.near)]
        self._near_group = [_Group(near)] if near else []
        self._near = Near(triggers)

    def matching(self, line: bytes) -> Matching:
        """See ``Picker``."""
        found = {at for group in self._groups if group.search(line) is not None for at in group.matching(line)}
        return Matching(tuple(sorted(found)), self._near_ends(line))

    def _near_ends(self, block: bytes) -> list[int]:
        """Looks with RE2 whether there is any, and near the first places; ``re`` finds the rest."""
        for group in self._near_group:
            first = group.search(block)
            if first is not None:
                start = block.rfind(b"\n", 0, first.start()) + 1
                return [start + end for end in self._near.ends(block[start:])]
        return []

    def candidates(self, block: bytes) -> tuple[list[Candidate], Sequence[int]]:
        """See ``Picker``."""
        found: dict[int, tuple[int, set[int]]] = {}
        for group in self._groups:
            for start, end in _lines(block, group.search):
                found.setdefault(start, (end, set()))[1].update(group.matching(block[start:end]))
        lines: list[Candidate] = []
        for start, (end, matching) in sorted(found.items()):
            lines.append((start, end, tuple(sorted(matching)), None))
        return lines, self._near_ends(block)


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
