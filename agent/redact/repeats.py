"""A value that was found once in a line is the same value where the line says it again, and nothing there tells.

Programs name a person twice (``user=h.lindqvist: no home folder of h.lindqvist``), and only one of the two places is
one that a rule knows. What is said again is looked for as it stands, between the ends of words. Words that messages are
made of are left out, and so is what is short. So are addresses: those are found wherever they stand, or stay for a
reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.redact.checks.message_words import says_something
from agent.redact.checks.things import NO_ACCOUNTS
from agent.redact.replacing import Span

_ADDRESSES = frozenset({"ip", "mac"})
_SHORTEST_BYTES = 4
_SHORTEST_WORD_BYTES = 5  # of letters alone
_SHORTEST_SECRET_BYTES = 6
_OF_WORDS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") | frozenset(range(128, 256))
_INSIDE = frozenset(b".,-")  # between two parts of one word, or at the end of a sentence


def repeats(line: bytes, found: Sequence[Span], kinds: Sequence[str | None]) -> list[Span]:
    """Where ``line`` has the values of ``found`` again, beside all of these; ``kinds`` are those of the rules."""
    more: list[Span] = []
    taken: bytearray | None = None
    done: set[bytes] = set()
    for start, end, rule in found:
        value = line[start:end]
        if (line.find(value, end) < 0 and line.find(value, 0, start) < 0) or value in done:
            continue
        done.add(value)
        if not _is_one_of_its_kind(value, kinds[rule]):
            continue
        taken = taken if taken is not None else _taken(line, found)
        for at in _places(line, value):
            if not any(taken[at : at + len(value)]):
                taken[at : at + len(value)] = b"\x01" * len(value)
                more.append(Span(at, at + len(value), rule))
    return more


def _taken(line: bytes, found: Sequence[Span]) -> bytearray:
    """A byte for each of ``line``, and 1 where something was found."""
    taken = bytearray(len(line))
    for start, end, _ in found:
        taken[start:end] = b"\x01" * (end - start)
    return taken


def _is_one_of_its_kind(value: bytes, kind: str | None) -> bool:
    """Whether a value is hardly anything else wherever it stands in its line."""
    if kind in _ADDRESSES or len(value) < _SHORTEST_BYTES:
        return False
    if kind is None:
        return len(value) >= _SHORTEST_SECRET_BYTES and not value.isalpha()
    if value.isdigit():
        return len(value) >= _SHORTEST_SECRET_BYTES
    if not value.isalpha():
        return True
    # Machines have names of things ("backup", "proxy"), of which the sentence speaks as well.
    is_told = kind != "host" and not says_something(value) and value.lower() not in NO_ACCOUNTS
    return is_told and len(value) >= _SHORTEST_WORD_BYTES


def _places(line: bytes, value: bytes) -> Iterator[int]:
    """Where ``value`` stands in ``line`` as a whole word; a mere word or number also not as a part of a longer one."""
    is_mere = value.isalnum()
    at = line.find(value)
    while at >= 0:
        end = at + len(value)
        before, after = line[max(at - 2, 0) : at][::-1], line[end : end + 2]
        if not _goes_on(before, is_mere=is_mere) and not _goes_on(after, is_mere=is_mere):
            yield at
        at = line.find(value, end)


def _goes_on(beside: bytes, *, is_mere: bool) -> bool:
    """Whether a word goes on in the two bytes beside it, the nearest first."""
    if not beside:
        return False
    return beside[0] in _OF_WORDS or (is_mere and beside[0] in _INSIDE and len(beside) > 1 and beside[1] in _OF_WORDS)
