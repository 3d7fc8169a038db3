r"""What is alike in lines that a program writes again and again, and triggers that can be asked about it.

The template of a line has 0 for each of its digits. A trigger to which all digits are the same matches the template
where, and only where, it matches the line. One that tells digits apart (``ya29\.``, ``[1-9]\d``) is made wider: each of
its sets of bytes that holds a digit takes any. Such a one matches the template wherever the trigger matches the line.

Words of hexadecimal digits, which often are all else that changes, are left alone: letters that may be such a digit are
in nearly every trigger, so that wider ones would match far too much (measured: every line, seventeen times).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from operator import not_

from agent.redact.picking.dialect import Form
from agent.redact.picking.parsed_trigger import DIGITS, Branch, ByteSet, Item, Items, Repeat, byte_set, keep, parsed
from agent.redact.picking.picker import Triggers

_DEPTH = 2  # alternatives within alternatives that are told apart
_LONGEST_TEXT = 8000  # of many names that differ in digits alone is left one that any of them matches, many times over
TEMPLATE = bytes(48 if byte in DIGITS else byte for byte in range(256))
"""A table that translates lines to their templates."""


class WiderTriggers:
    """Triggers in two sets, each with the position of all, and without the text of those that are in the other.

    ``by_template`` can be asked about templates; what those in ``exact`` say of a template is said of its lines.
    ``by_line`` are those of which next to nothing would be left without digits. Of a trigger with alternatives some may
    be here, and others there.
    """

    def __init__(self, triggers: Triggers) -> None:
        by_template, by_line = [""] * len(triggers.texts), [""] * len(triggers.texts)
        self.exact: set[int] = set()
        for position, text in enumerate(triggers.texts):
            if position in triggers.near:
                by_line[position] = text
                continue
            items = parsed(text)
            if _is_blind(items):
                told: Sequence[Items] = (items,)
                by_template[position] = text
            else:
                told, others = _parts(items, is_behind=position in triggers.behind)
                by_template[position] = _written([wider(each) for each in told])
                by_line[position] = _written(others)
            # A name that is none is told by ``Names`` at less cost than by its class's long trigger.
            if position in triggers.behind or all(map(_is_blind, told)):
                self.exact.add(position)
        self.by_template = replace(triggers, texts=tuple(by_template), near=frozenset())
        self.by_line = replace(triggers, texts=tuple(by_line), behind={})


def _written(alternatives: Sequence[Items]) -> str:
    """One trigger for all of these, which are not read again where it is."""
    text = "|".join(Form(each).text for each in alternatives)
    if text:
        keep(text, (Branch(tuple(alternatives)),) if len(alternatives) > 1 else alternatives[0])
    return text


def wider(items: Items) -> Items:
    """The expression with every digit wherever it has one."""
    return tuple(map(_wider_item, items))


def _wider_item(item: Item) -> Item:
    if isinstance(item, ByteSet) and item.members & DIGITS:
        return byte_set(item.members | DIGITS)
    if isinstance(item, Branch):
        return Branch(tuple(map(wider, item.branches)))
    return Repeat(item.least, item.most, wider(item.inner)) if isinstance(item, Repeat) else item


def _parts(items: Items, *, is_behind: bool, depth: int = _DEPTH) -> tuple[list[Items], list[Items]]:
    """The alternatives that are asked about templates, and those about lines; what stands behind names is in one."""
    if is_behind or _is_told(items):
        return [items], []
    at = next((at for at, item in enumerate(items) if isinstance(item, Branch)), None)
    first = items[at] if at is not None and depth else None
    if at is None or not isinstance(first, Branch):
        return [], [items]
    before, behind = items[:at], items[at + 1 :]
    alone = [(*before, *branch, *behind) for branch in first.branches]
    are_told = [*map(_is_told, alone)]
    together = (*before, Branch(tuple(compress(first.branches, are_told))), *behind)
    if not _is_blind(together) and len(Form(together).text) > _LONGEST_TEXT:
        return [], [items]
    told = [together] if any(are_told) else []
    others: list[Items] = []
    for each in compress(alone, map(not_, are_told)):
        more = _parts(each, is_behind=False, depth=depth - 1)
        told += more[0]
        others += more[1]
    return told, others


def _is_told(items: Items) -> bool:
    if _is_blind(items):
        return True
    wide = Form(wider(items))
    return len(wide.text) <= _LONGEST_TEXT and wide.is_telling


def _is_blind(items: Items) -> bool:
    """Whether no digit is another than the rest to any part of an expression."""
    for item in items:
        if isinstance(item, ByteSet) and item.members & DIGITS not in (frozenset(), DIGITS):
            return False
        if isinstance(item, Branch) and not all(map(_is_blind, item.branches)):
            return False
        if isinstance(item, Repeat) and not _is_blind(item.inner):
            return False
    return True
