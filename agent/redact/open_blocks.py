"""The block (see ``blocks``) that a line leaves open: one from above that goes on in it, or one that begins in it.

A log may write a prefix of its own in front of each line of a block, so that a line is read behind it as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.redact.asked_rules import Asked
from agent.redact.below import SHAPES, is_nearer
from agent.redact.blocks import Block, beside, continued, opened, together
from agent.redact.columns import in_statement, is_column, is_prose
from agent.redact.line_prefix import prefix_end
from agent.redact.names import NameFound
from agent.redact.replacing import Span
from agent.redact.rules import Rule
from agent.redact.text import LineRedactor

_YIELDING = frozenset({"section", "network-lines"})  # blocks in whose lines others may begin
_AWAITING = frozenset({"value-line", "random-value-line", "told-below", *SHAPES})  # as long as nothing was found
_EITHER = _YIELDING | _AWAITING
_KEY = "key-block"
# Only marks, and what is too short to be a part of a value beside them.
_MASKED = re.compile(rb"\[redacted:[a-z0-9-]+\](?:\[redacted:[a-z0-9-]+\]|\s|[^\s\[]{1,7}+(?=[\s\[]|\Z))*+\Z")
_COLUMNS_LIMIT = 16  # of a table that are followed: each costs a look at every cell


class OpenBlocks:
    """Follows blocks by ``rules`` from line to line; ``in_string`` says that the lines are those of a string."""

    def __init__(self, rules: Sequence[Rule], redactor: LineRedactor, *, in_string: bool) -> None:
        self._rules = rules
        self._redactor = redactor
        self._in_string = in_string

    def after(
        self, block: Block | None, line: bytes, asked: Asked, names: Sequence[NameFound], spans: list[Span]
    ) -> Block | None:
        """What is open behind ``line``, before which ``block`` was; what of the line is in it is added to ``spans``."""
        known = len(spans)
        prefix_bytes = prefix_end(line)
        if block is not None:
            block = self._gone_on(block, line, prefix_bytes, spans)
        openers, behind = asked.openers, asked.openers_behind
        waits = block if len(spans) == known else None
        if block is not None and block.kind not in (_YIELDING if waits is None else _EITHER):
            # A key that begins is one whatever may be open: <tls-auth> is a name for what stands below it.
            openers, behind = tuple(rule for rule in openers if self._rules[rule].opens == _KEY), ()
        # A piece of a key may look like the start of one as well.
        is_piece = block is not None and block.kind == _KEY and block.cells > block.strange_lines
        if is_piece or not (openers or (behind and names)):
            return block
        begun = self._begun(line, prefix_bytes, (openers, behind), names, spans)
        if begun is None and prefix_bytes:
            begun = self._begun(line, 0, (openers, behind), names, spans)
            begun = None if begun is not None and _is_table(begun) else begun  # a prefix is no heading
        if begun is None or (waits is not None and self._is_lesser(begun, waits)):
            return block
        # Also in the place of a section, or of a name without a value: what stands inside of it, or below, is nearer.
        return begun

    def gives_way(self, waits: Block, begun: Block) -> bool:
        """Whether ``begun`` takes the place of a block that still ``waits`` for its value."""
        return waits.kind in _EITHER and not self._is_lesser(begun, waits)

    def _is_lesser(self, begun: Block, waits: Block) -> bool:
        """Whether a credential is waited for, and what ``begun`` waits for tells a person or machine at most."""
        masked = self._rules[waits.rule].kind is None and waits.kind in _AWAITING
        return masked and self._rules[begun.rule].kind is not None

    def _begun(
        self,
        line: bytes,
        prefix_bytes: int,
        rules: tuple[Sequence[int], Sequence[int]],
        names: Sequence[NameFound],
        spans: list[Span],
    ) -> Block | None:
        """The block that begins below ``line``, as it is read behind its prefix; what it holds itself is in ``spans``.

        ``rules`` are those that open one anywhere, and behind a name.
        """
        openers, behind = rules
        text = line[prefix_bytes:]
        opening = [
            (rule, match)
            for rule in openers
            for match in self._rules[rule].pattern.finditer(text.lower() if self._rules[rule].ignore_case else text)
        ]
        if behind:
            at = prefix_bytes
            inside = [(start - at, end - at, of) for start, end, of in names if start >= at] if at else names
            opening += [(rule, match) for rule, match, _ in self._redactor.behind(text, behind, inside)]
        # "Password for the admin user:" opens a secret and an account; what is masked comes first.
        last = sorted(opening[: -_COLUMNS_LIMIT - 1 : -1], key=lambda each: self._rules[each[0]].kind is not None)
        kinds = [(rule, self._rules[rule].opens or "", match) for rule, match in last]
        kinds.sort(key=lambda each: not is_nearer(each[1]))
        for rule, kind, match in kinds:
            if is_column(kind):
                for start, end in in_statement(kind, text, match):
                    spans.append(Span(prefix_bytes + start, prefix_bytes + end, rule))
        begun = together(opened(rule, kind, text, match) for rule, kind, match in kinds)
        if begun is None or ((prefix_bytes or self._in_string) and is_prose(text, begun.separator)):
            return None
        return replace(begun, prefixed=True) if prefix_bytes else begun

    def _gone_on(self, block: Block, line: bytes, prefix_bytes: int, spans: list[Span]) -> Block | None:
        """Add to ``spans`` what of ``line`` belongs to ``block``: behind its prefix, or else in all of it."""
        readings = []
        for at in _readings(block, prefix_bytes):
            found, below = continued(block, line[at:])
            values = [
                (each, rule) for each, rule in ((found, block.rule), *beside(block, line[at:])) if each is not None
            ]
            # A prefix that was one where the block began is none of its values.
            first = prefix_bytes if block.prefixed else 0
            told = [((start + at, end + at), rule) for (start, end), rule in values if start + at >= first]
            readings.append((below, told))
            if told or not line[at:].strip():
                break
        left, told = readings[-1] if readings[-1][1] else readings[0]
        for each, rule in told:
            is_known = any(span.start <= each[0] and each[1] <= span.end for span in spans)
            if not is_known and _MASKED.match(line[slice(*each)]) is None:
                spans.append(Span(*each, rule))
        return left


def _is_table(block: Block) -> bool:
    return bool(block.cells) and block.kind != _KEY


def _readings(block: Block, prefix_bytes: int) -> tuple[int, ...]:
    """From where on a line is read for ``block``: as it began, and else as a whole, or behind its prefix."""
    if not prefix_bytes:
        return (0,)
    if _is_table(block):  # the cells of a table stand where those of its headings did
        return (prefix_bytes if block.prefixed else 0,)
    return (prefix_bytes, 0) if block.prefixed else (0, prefix_bytes)
