"""Values that stand below the line that names them: key blocks, block scalars, name and value on two lines.

A rule with ``opens`` starts a block; each following line is then asked what of it belongs to the value, until
the block is over. Every kind of block has a bound, so that a missing end costs some lines and not the file.
Lines are masked one by one: their number never changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agent.redact.secret_values import looks_secret

_LONGEST_KEY_LINES = 400  # an RSA key of 16384 bits has 200 lines of 64 characters
_LONGEST_VALUE_LINES = 60
_STRANGE_LINES_LIMIT = 3  # lines in a key block that look like none of it: the end was lost
_VALUE_LINE_PATIENCE = 2

_KEY_END = re.compile(rb"-----? ?END [A-Z0-9 ]{2,60}-----?|\\n-----END")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/=]{16,}(?=[\\nr\"',;\s]{0,6}\r?$)")
_BASE64_TAIL = re.compile(rb"[A-Za-z0-9+/=]{1,76}(?=[\\nr\"',;\s]{0,6}\r?$)")  # the last line of a key may be short
_KEY_HEADER = re.compile(
    rb"(?:Proc-Type|DEK-Info|Comment|Version|Charset|Hash|MessageID|Subject|x-|Bag|Key)[\w -]*:|^[\s>|*#-]*\r?$"
)
_NAMED_VALUE = re.compile(
    rb"^[\s-]*(?:\\*[\"'])?(?i:default_?)?(?i:value|val|data|content)(?:\\*[\"'])?\s*[:=]\s*(?:\\*[\"'])?(?P<value>[^\r\n]*?)"
    rb"(?:\\*[\"'])?,?\s*$|^\s*<(?:\w+:)?(?:string|value|data)\b[^>]*>(?P<inner>[^<]+)"
)
_LONE_VALUE = re.compile(rb"^\s+(?:- )?(?:\\*[\"'])?(?P<value>[^\s\"':{}\[\]<>#,]{4,}?)(?:\\*[\"'])?,?\s*$")
_CONTENT = re.compile(rb"\S(?:.*\S)?")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Block:
    """An open block: the rule that opened it, and what is left of its bounds. Immutable: each line gives the next."""

    rule: int
    kind: str
    lines_left: int
    indentation: int = 0
    strange_lines: int = 0
    column: int = 0  # where the lines of a key begin, behind what a log writes in front


def opened(rule: int, kind: str, line: bytes, match: re.Match[bytes]) -> Block | None:
    """The block that begins below ``line``, or ``None`` when it ends in the same line."""
    if kind == "key-block":
        over = _KEY_END.search(line, match.end()) is not None
        return None if over else Block(rule, kind, _LONGEST_KEY_LINES)
    if kind == "counted-lines":
        lines = min(int(match["value"]), _LONGEST_KEY_LINES)
        return Block(rule, kind, lines) if lines else None
    patience = _VALUE_LINE_PATIENCE if kind == "value-line" else _LONGEST_VALUE_LINES
    return Block(rule, kind, patience, indentation=_indentation(line))


def _indentation(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


def continued(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    """What of ``line`` belongs to the value (start and end), and the block that is open below it."""
    if block.kind == "key-block":
        return _in_key(block, line)
    if block.kind == "value-line":
        return _in_value_line(block, line)
    if block.kind == "indented" and line.strip() and _indentation(line) <= block.indentation:
        return None, None
    content = _CONTENT.search(line)
    below = _next(block)
    if block.kind == "quoted":
        for quotes in (b'"""', b"'''"):
            at = line.find(quotes)
            if at >= 0:
                inner = _CONTENT.search(line, 0, at)
                return (inner.span() if inner else None), None
    return (content.span() if content else None), below


def _next(block: Block, *, strange: bool = False) -> Block | None:
    strange_lines = block.strange_lines + 1 if strange else 0
    if block.lines_left <= 1 or strange_lines >= _STRANGE_LINES_LIMIT:
        return None
    return replace(block, lines_left=block.lines_left - 1, strange_lines=strange_lines)


def _in_key(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    end = _KEY_END.search(line)
    if end is not None:
        before = _CONTENT.search(line, 0, end.start())
        body = before.span() if before is not None and len(before[0]) >= 16 and b" " not in before[0] else None
        return body, None
    found = _BASE64_RUN.search(line) or _BASE64_TAIL.match(line, block.column)
    if found is not None:
        return found.span(), replace(_next(block) or block, column=found.start()) if block.lines_left > 1 else None
    return None, _next(block, strange=_KEY_HEADER.search(line) is None)


def _in_value_line(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    named = _NAMED_VALUE.search(line)
    if named is not None:
        group = "inner" if named["inner"] else "value"
        return (named.span(group) if looks_secret(named[group] or b"", named) else None), None
    lone = _LONE_VALUE.search(line)
    if lone is not None and _indentation(line) > block.indentation and looks_secret(lone["value"], lone):
        return lone.span("value"), None
    return None, _next(block)
