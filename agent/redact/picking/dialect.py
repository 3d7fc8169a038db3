r"""A trigger in the forms that engines want, made from the standard library's own parse of it.

The engines read the same text differently: ``\s`` and negated classes reach over a line feed, RE2 folds the case of
Latin-1 letters, Hyperscan 5.4 has missed matches of bounded repetitions. So no engine gets the text. Every set of
characters is written out as bytes without the line feed, case is unfolded, and for Hyperscan repetitions are unrolled
or opened upwards; where that widens the trigger, the caller is told and asks RE2 about each line found.

A trigger becomes several forms, one for each alternative with which it begins: engines look for a literal first and
run an automaton only from there, but only where the whole expression has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache

from agent.redact.picking.parsed_trigger import DIGITS, Anchor, Branch, ByteSet, Item, Items, Repeat, byte_set, parsed

# Lower case, and every digit as 0: one literal then stands for a shape like "digit, dot, digit".
FOLDED = bytes(48 if 48 <= byte <= 57 else byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_CASELESS = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in range(256))
_LINE_FEED = 10
_UNROLLED_LIMIT = 64  # copies of a repeated part; what asks for more is opened upwards
_OPTIONAL_LIMIT = 16  # copies that may be missing
_TELLING = 3
_SMALL_SET = 30  # members of a set that are tried one by one where that makes a literal
_FORMS_LIMIT = 600  # of one trigger; the rest of it then stays together
_LONGEST_TEXT = 8000  # Hyperscan refuses an expression of more than 16,000 characters
_FEWDIGITS = 2  # of more, one is in nearly every line
_WIDE_SET = 20  # members of a set that goes on through a word of any kind
_DIGITS = 10
_MOST_FOLDED = 10  # bytes that become one when they are folded: the digits
_LONG_REPEAT = 4  # copies of it, from which on it counts as one that stays open


class Form:
    """One alternative of a trigger, as text for an engine; what no engine asks for is not made."""

    def __init__(self, sequence: Items) -> None:
        self._sequence = sequence

    @cached_property
    def text(self) -> str:
        """Exactly what the trigger matches here; for RE2 in Latin-1, and for ``re``."""
        return _written(self._sequence, unroll=False)[0]

    @cached_property
    def _unrolled(self) -> tuple[str, bool]:
        sequence = _without_rest(_without_margin(self._sequence))
        text, exact = _written(sequence, unroll=True)
        return text, exact and sequence is self._sequence

    @property
    def unrolled(self) -> str:
        """The text for Hyperscan."""
        return self._unrolled[0]

    @property
    def exact(self) -> bool:
        """Whether ``unrolled`` matches no more than ``text``."""
        return self._unrolled[1]

    @cached_property
    def gates(self) -> frozenset[bytes] | None:
        """Literals over text translated by ``FOLDED`` of which one is in every match; ``None`` for none."""
        return _best(_required(self._sequence, FOLDED))

    @cached_property
    def stays_open(self) -> bool:
        """Whether a match can begin and then go on over much of a line: such multiply an automaton's states."""
        return _stays_open(self._sequence)

    @cached_property
    def is_telling(self) -> bool:
        """Whether every match holds a literal so rare that looking for it is nearly all there is to do: no digits."""
        return _tells(self._sequence)


def forms(trigger: str) -> list[Form]:
    """The trigger in at most some hundred forms of which one matches a line where, and only where, the trigger does.

    Raise ``ValueError`` for what not all engines know, such as looking around.
    """
    return split(trigger)[1]


def whole(trigger: str) -> Form:
    """The trigger in one form. Raise ``ValueError`` as ``forms``."""
    return Form(parsed(trigger))


def split(trigger: str) -> tuple[Form, list[Form]]:
    """The trigger as ``whole`` and as ``forms``; reading it is what takes time."""
    sequence = parsed(trigger)
    return Form(sequence), [Form(each) for each in _alternatives(sequence, _FORMS_LIMIT)]


def by_word(trigger: str) -> list[Form]:
    """The trigger in one form for each of the words with which it may begin, or of those behind its first letter.

    Hyperscan looks for all the words at once, and goes on behind one of them; of many words in one form it knows none
    so well: names in one form each take it 3.3 ms a megabyte, and as ``forms`` has them 10.5. Raise as ``forms``.
    """
    return [Form(each) for each in _words(parsed(trigger))]


def _words(sequence: Items) -> list[Items]:
    for at, item in enumerate(sequence):
        if isinstance(item, Repeat):
            break
        if isinstance(item, Branch) and all(_required(branch, _CASELESS) for branch in item.branches):
            before, rest = sequence[:at], sequence[at + 1 :]
            return [word for branch in item.branches for word in _words((*before, *branch, *rest))]
    return [sequence]


def _alternatives(sequence: Items, limit: int) -> list[Items]:
    """The sequence once for each alternative with which it begins, until what it begins with tells."""
    at = next((at for at, item in enumerate(sequence) if not _is_letter(item)), None)
    if at is None:
        return [sequence]
    branches = _branches_of(sequence[at])
    if _tells(sequence[:at]) or not 0 < len(branches) <= limit:
        return _bounded(sequence, at)
    share = max(limit // len(branches), 1)
    rest = sequence[at + 1 :]
    found = [form for branch in branches for form in _alternatives((*sequence[:at], *branch, *rest), share)]
    needless = isinstance(sequence[at], ByteSet) and (_tells(sequence) or not all(map(_tells, found)))
    return [sequence] if needless else found


def _bounded(sequence: Items, at: int) -> list[Items]:
    """The sequence, not split at this place into all it may be, in parts that Hyperscan can take."""
    parts = -(-len(_written(sequence, unroll=True)[0]) // _LONGEST_TEXT)
    branches = _branches_of(sequence[at])
    if parts == 1 or not branches:
        return [sequence]
    step = -(-len(branches) // parts)
    shares = [branches[first : first + step] for first in range(0, len(branches), step)]
    return [(*sequence[:at], Branch(share), *sequence[at + 1 :]) for share in shares]


def _stays_open(sequence: Items) -> bool:
    first = next((item for item in sequence if not isinstance(item, Anchor)), None)
    if isinstance(first, Repeat) and first.least >= _LONG_REPEAT and any(len(each) >= _DIGITS for each in _sets(first)):
        return True  # it begins anew at each byte of a run, and all that have begun are counted
    for item in sequence:
        if isinstance(item, Branch) and any(map(_stays_open, item.branches)):
            return True
        if isinstance(item, Repeat):
            is_long = item.most is None or item.most - item.least >= _LONG_REPEAT
            wide = any(len(each) >= _WIDE_SET for each in _sets(item))
            if (is_long and wide) or _stays_open(item.inner):
                return True
    return False


def _sets(repeat: Repeat) -> list[frozenset[int]]:
    return [each.members for each in repeat.inner if isinstance(each, ByteSet)]


def _tells(sequence: Items) -> bool:
    literals = _best(_required(sequence, _CASELESS))
    return literals is not None and min(map(_weight, literals)) >= _TELLING


def _branches_of(item: Item) -> tuple[Items, ...]:
    """What ``item`` may be, one by one; nothing where that is too much."""
    if isinstance(item, Branch):
        return item.branches
    if not isinstance(item, ByteSet) or len(item.members) > 2 * _SMALL_SET or len(item.members & DIGITS) > _FEWDIGITS:
        return ()
    folded: dict[int, set[int]] = {}
    for byte in item.members - {_LINE_FEED}:
        folded.setdefault(_CASELESS[byte], set()).add(byte)
    return tuple((byte_set(frozenset(members)),) for members in folded.values()) if len(folded) <= _SMALL_SET else ()


def _is_letter(item: Item) -> bool:
    return isinstance(item, Anchor) or (
        isinstance(item, ByteSet) and len({_CASELESS[byte] for byte in item.members}) == 1
    )


_ANYTHING = 200  # bytes of a set that leaves out a sign or two
_LEAST_WITH_MARGIN = 3  # the start of the line, what may be repeated behind it, and what is looked for


def _without_margin(sequence: Items) -> Items:
    """Without the start of the line and what, as blanks, may be repeated behind it.

    Hyperscan 5.4 does not see such a line behind one in which another expression was half met.
    """
    start, margin = (*sequence[:2], None, None)[:2]
    if start != Anchor("^") or not isinstance(margin, Repeat) or len(sequence) < _LEAST_WITH_MARGIN:
        return sequence
    is_bounded = margin.most is not None  # written without its bound where that is long, and then as bad
    return sequence if is_bounded and (margin.least > 0 or margin.most == 1) else sequence[2:]


def _without_rest(sequence: Items) -> Items:
    """As far as the first part that goes on over anything, where what stands in front of it tells.

    Hyperscan 5.4 misses some of ``pk12util .*-W`` where another expression was half met on the way.
    """
    for at, item in enumerate(sequence):
        if isinstance(item, Repeat) and item.most is None and any(len(each) >= _ANYTHING for each in _sets(item)):
            return sequence[:at] if _tells(sequence[:at]) else sequence
    return sequence


def _written(sequence: Items, *, unroll: bool) -> tuple[str, bool]:
    """The sequence as text, and whether that is exact."""
    parts = [_item_written(item, unroll=unroll) for item in sequence]
    return "".join(text for text, _ in parts), all(exact for _, exact in parts)


@lru_cache(maxsize=2**8)  # alternatives that begin otherwise go on alike
def _item_written(item: Item, *, unroll: bool) -> tuple[str, bool]:
    if isinstance(item, ByteSet):
        return _class(item.members), True
    if isinstance(item, Anchor):
        return item.text, True
    if isinstance(item, Branch):
        branches = [_written(branch, unroll=unroll) for branch in item.branches]
        return "(?:" + "|".join(text for text, _ in branches) + ")", all(exact for _, exact in branches)
    text, exact = _written(item.inner, unroll=unroll)
    repeated, same = _repeated(f"(?:{text})", item.least, item.most, unroll=unroll)
    return repeated, exact and same


def _repeated(text: str, least: int, most: int | None, *, unroll: bool) -> tuple[str, bool]:
    if (least, most) == (0, 1):
        return f"{text}?", True
    if not unroll:
        return f"{text}{{{least},{'' if most is None else most}}}", True
    if most is None and least <= 1:
        return text + ("+" if least else "*"), True
    copies = text * min(least, _UNROLLED_LIMIT)
    if most is not None and least <= _UNROLLED_LIMIT and most - least <= _OPTIONAL_LIMIT:
        return copies + f"{text}?" * (most - least), True
    return f"{copies}{text}*", most is None and least <= _UNROLLED_LIMIT


@cache
def _class(members: frozenset[int]) -> str:
    """A character class of bytes, without the line feed."""
    kept = sorted(members - {_LINE_FEED})
    ranges: list[list[int]] = []
    for byte in kept:
        if ranges and ranges[-1][1] == byte - 1:
            ranges[-1][1] = byte
        else:
            ranges.append([byte, byte])
    if len(kept) == 1:
        return _byte(kept[0])
    return "[" + "".join(_byte(a) if a == b else f"{_byte(a)}-{_byte(b)}" for a, b in ranges) + "]"


def _byte(byte: int) -> str:
    return chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\x{byte:02x}"


def _required(sequence: Items, table: bytes) -> list[frozenset[bytes]]:
    """Sets of literals over text translated by ``table``, each of which must be met by a match of this sequence."""
    found: list[frozenset[bytes]] = []
    run = b""
    for item in sequence:
        few = item.members if isinstance(item, ByteSet) and len(item.members) <= _MOST_FOLDED else ()
        folded = {table[byte] for byte in few}
        if len(folded) == 1:
            run += bytes(folded)
            continue
        if isinstance(item, Anchor):
            continue
        found += [frozenset({run})] if run else []
        run = b""
        found += _required_of_group(item, table)
    return [*found, frozenset({run})] if run else found


def _required_of_group(item: Item, table: bytes) -> list[frozenset[bytes]]:
    if isinstance(item, Repeat) and item.least >= 1:
        return _required(item.inner, table)
    if isinstance(item, Branch):
        branches = [_best(_required(branch, table)) for branch in item.branches]
        if all(branch is not None for branch in branches):
            return [frozenset(literal for branch in branches if branch for literal in branch)]
    return []


def _best(sets: Sequence[frozenset[bytes]]) -> frozenset[bytes] | None:
    """The set whose shortest literal is longest: the one that is met most seldom."""
    usable = [literals for literals in sets if min(map(_weight, literals)) > 1]
    return max(usable, key=lambda literals: (min(map(_weight, literals)), -len(literals)), default=None)


def _weight(literal: bytes) -> int:
    """How telling a literal is: signs are rarer than letters, so one counts for two."""
    return len(literal) + sum(not (97 <= byte <= 122 or byte in b"0 .-:/") for byte in literal)
