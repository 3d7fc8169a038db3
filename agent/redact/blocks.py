"""Values that stand below the line that names them: key blocks, block scalars, columns, name and value on two lines.

A rule with ``opens`` starts a block; each following line is then asked what of it belongs to the value, until
the block is over. Every kind of block has a bound, so that a missing end costs some lines and not the file.
Lines are masked one by one: their number never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from agent.redact import columns
from agent.redact.below import SHAPES, value_in
from agent.redact.checks.passphrases import is_recovery_phrase, looks_passphrase
from agent.redact.checks.program_texts import is_list_of_names
from agent.redact.checks.secret_values import is_mixed, is_random_key, looks_secret
from agent.redact.checks.told_lines import NEXT_VALUE, code_in, password_in
from agent.redact.key_lines import KEY_BEGIN, KEY_END, KEY_HEADER, begins_at, last_piece_in, piece_before_end, piece_in
from agent.redact.network_lines import network_in
from agent.redact.under_headings import account_under, gaps_in, is_ruler, name_under, needs_ruler

_LONGEST_KEY_LINES = 400  # an RSA key of 16384 bits has 200 lines of 64 characters
_LONGEST_VALUE_LINES = 60
_STRANGE_LINES_LIMIT = 6  # lines in a key block that look like none of it: others write too, or the end was lost
_VALUE_LINE_PATIENCE = 3  # the type may stand between, and whether it is sensitive
_ALONE_PATIENCE = 3  # an empty line or a remark may stand between
_SECTION_PATIENCE = 6  # variable "token" { with its type, its description and then its default
_NAME_BYTES = 40
_TOLD_PATIENCE = 12  # an empty line, and ten codes
_NETWORK_PATIENCE = 60  # lines of a list of networks
_PART_PATIENCE = 4  # the headers of a part of a form

_NAMED_VALUE = re.compile(
    rb"^[+<>|~\s-]*(?:\\*[\"'])?(?i:default(?:_?value)?|value|val|data|content|string)(?:\\*[\"'])?\s*[:=]\s*(?:\\*[\"'])?"
    rb"(?P<value>[^\r\n]*?)(?:\\*[\"'])?,?\s*$|^\s*<(?:\w+:)?(?i:string|value|data)\b(?![^<>]*\bname=)[^>]*>(?P<inner>[^<]+)"
    rb"|^\s*(?:string\(\d+\)|\d*[02468]\)) \"(?P<dumped>.*?)\"\s*$|, input_value='(?P<given>[^'\r\n]+)', input_type="
)
_LONE_VALUE = re.compile(
    rb"^\s+(?:- )?(?:\\*[\"'])?(?P<value>[^\s\"':{}\[\]<>#,][^\s\"':{}\[\]<>,]{3,}?)(?:\\*[\"'])?,?\s*$"
)
_LONE_PHRASE = re.compile(rb"^\s*(?P<value>[^\s\"':{}\[\]<>#,]{2,30}(?: [^\s\"':{}\[\]<>#,]{2,30}){2,23})\s*$")
_PART_VALUE = re.compile(rb"(?!--)(?![A-Za-z-]{4,40}: )(?P<value>\S[^\r\n]*?)\s*$")
_RULER = re.compile(rb"[\s|+=:-]*\Z")
_WORDY_LINE = re.compile(rb"[\d:.TZ+/-]+\Z|[a-z]+(?:[-_./][a-z]+)*[-_.]?\d{0,4}\Z")
_ALONE = re.compile(rb"(?:[^\r\n]{0,100}(?:>>>|Error:) ?|\[[\w./-]+\] )?\$?[A-Za-z][\w.$-]*(?: [A-Za-z0-9-]+){0,4}\Z")
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
    column: int = 0  # where the lines of a key begin, behind what a log writes in front; of a table, which cell it is
    separator: bytes = b""  # of the cells of a table
    cells: int = 0  # of a key: 1 below its first piece
    edges: tuple[int, ...] = ()  # of a table with a line of hyphens: from where to where the cell is
    named: bytes = b""  # the name that stands above; of a key, what stands behind the piece above
    beside: tuple[Block, ...] = ()  # the other columns of the table
    ruled: bool = False  # headings that need no line of hyphens below them, or have it
    frame: tuple[bytes, ...] = ()  # in which strings of its lines it stands, from the outermost on (see unescaped.py)
    framed: Block | None = None  # one that stands in strings, where this one does not
    prefixed: bool = False  # it began behind the prefix of a line


def opened(rule: int, kind: str, line: bytes, match: re.Match[bytes]) -> Block | None:
    """The block that begins below ``line``, or ``None`` when it ends in the same line."""
    if kind == "key-block":
        over = KEY_END.search(line, match.end()) is not None
        column = begins_at(line, match.start())
        is_piece = piece_in(line, column) is not None
        return None if over else Block(rule, kind, _LONGEST_KEY_LINES, column=column, cells=int(is_piece))
    if kind == "counted-lines":
        lines = min(int(match["value"]), _LONGEST_KEY_LINES)
        return Block(rule, kind, lines) if lines else None
    if kind in ("account-under", "name-under"):
        gaps, lines = gaps_in(line), _LONGEST_KEY_LINES
        block = Block(rule, kind, lines, column=match.start(), named=match[0], cells=1, ruled=not needs_ruler(gaps))
        return block if gaps else None
    if kind == "value-line" or columns.is_column(kind):
        table = _table(rule, "column" if kind == "value-line" else kind, line, match)
        if columns.is_column(kind) or (table is not None and table.separator):
            return table
        if match[0].rstrip().endswith(b"{"):
            kind = "section"
        elif match[0].strip(b" \r\n:") == b"" and _ALONE.match(line, 0, match.start()) is not None:
            named = line[: match.start()][-_NAME_BYTES:]
            return Block(rule, kind, _ALONE_PATIENCE, indentation=_indentation(line), column=1, named=named)
        elif b"form-data;" in line[: match.start()]:
            kind = "form-part"
    patience = _PATIENCE.get(kind, _LONGEST_VALUE_LINES)
    return Block(rule, kind, patience, indentation=_indentation(line), named=line[: match.start()][-_NAME_BYTES:])


_PATIENCE = {
    "value-line": _VALUE_LINE_PATIENCE,
    "random-value-line": _VALUE_LINE_PATIENCE,
    "network-lines": _NETWORK_PATIENCE,
    "section": _SECTION_PATIENCE,
    "form-part": _PART_PATIENCE,
    "told-below": _TOLD_PATIENCE,
} | {kind: shape.lines for kind, shape in SHAPES.items()}


def _table(rule: int, kind: str, line: bytes, match: re.Match[bytes]) -> Block | None:
    """The table whose line of headings ``line`` is; it ends with the first line of more or fewer cells."""
    found = columns.headings_at(line, match.start())
    if found is None:
        return None
    separator, cells, column = found
    wanted = columns.kind_by_heading(kind, cells[column], separator) if column < len(cells) else kind
    table = Block(rule, wanted or "", 1, match.start(), column=column, separator=separator, cells=len(cells))
    return table if wanted is not None else None


def together(blocks: Iterable[Block | None]) -> Block | None:
    """The first of the blocks that begin below one line; of a table, with the other columns."""
    begun = [block for block in blocks if block is not None]
    if not begun:
        return None
    first = begun[0]
    return replace(first, beside=tuple(block for block in begun[1:] if first.cells and block.cells == first.cells))


def beside(block: Block, line: bytes) -> Iterator[tuple[Range, int]]:
    """What of ``line`` stands in the other columns of the table, with the rule of each."""
    for other in block.beside:
        found, _ = continued(other, line)
        if found is not None:
            yield found, other.rule


def _indentation(line: bytes) -> int:
    return len(line) - len(line.lstrip(b" \t"))


def continued(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    """What of ``line`` belongs to the value (start and end), and the block that is open below it."""
    return (_in_table if columns.is_column(block.kind) else _CONTINUED.get(block.kind, _in_text))(block, line)


def passed(block: Block) -> Block | None:
    """The block behind a line that is none of its own, as where several write to one log."""
    return _next(block, strange=True)


def _in_text(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
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


def _in_form_part(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    part = _PART_VALUE.match(line)
    if part is not None:
        return part.span("value"), None
    return None, None if line.startswith(b"--") else _next(block)


def _in_shape(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    value, passed = value_in(block.kind, line, block.column)
    rest = _next(block) if passed is not None else None
    return value, replace(rest, column=passed or 0) if rest is not None else None


def _in_network_lines(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    found = network_in(line, block.indentation)
    return found, _next(block) if found is None or block.indentation else None


def _under_heading(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    if is_ruler(line):
        return None, replace(block, ruled=True)
    if not block.ruled or b"  " not in line.rstrip():
        return None, None
    start, end = block.column, block.column + len(block.named)
    found = account_under(line, start, end) if block.kind == "account-under" else name_under(line, start)
    return found, _next(block)


def _in_told_below(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    """Below "the password for x is:": a random value alone in its line, or codes or passwords, one to a line."""
    told = code_in(line) or password_in(line, block.named)
    if told is not None:
        return told, _next(block)
    found = _alone(line)
    return found, None if found is not None or line.strip() else _next(block)


def _next(block: Block, *, strange: bool = False) -> Block | None:
    strange_lines = block.strange_lines + 1 if strange else 0
    if block.lines_left <= 1 or strange_lines >= _STRANGE_LINES_LIMIT:
        return None
    return replace(block, lines_left=block.lines_left - 1, strange_lines=strange_lines)


def _in_key(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    if end := KEY_END.search(line):
        return piece_before_end(line, end.start()), None
    found = piece_in(line, block.column)
    if found is not None:
        below = _next(block)
        return found, replace(below, column=found[0], cells=1, named=line[found[1] :][:_NAME_BYTES]) if below else None
    last = last_piece_in(line, block.column, block.named) if block.cells else None
    if last is not None:
        return last, _next(block, strange=True)  # a word of a log may stand there as well
    return None, _next(block, strange=KEY_HEADER.search(line) is None)


def _in_value_line(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    if KEY_BEGIN.search(line) is not None:
        return None, None if KEY_END.search(line) is not None else Block(block.rule, "key-block", _LONGEST_KEY_LINES)
    if columns.is_ruler_below(block.named, line):
        cells = len(block.named.split())
        return None, Block(block.rule, "column", 1, column=cells - 1, separator=columns.RULED, cells=cells)
    named = _NAMED_VALUE.search(line)
    if named is not None:
        group = next(group for group in ("value", "inner", "dumped", "given") if named[group] is not None)
        check = is_random_key if block.kind == "random-value-line" else looks_secret
        return (named.span(group) if check(named[group], named) else None), None
    if block.column or password_in(line, block.named):
        found, below = _in_told_below(Block(block.rule, "told-below", _TOLD_PATIENCE, named=block.named), line)
        if found is not None:
            return found, below
        block = replace(block, column=0) if line.strip() else block
    if block.kind == "value-line" and _indentation(line) > block.indentation:
        found = _lone(block, line)
        if found is not None:
            return found, None
    return None, _next(block) if block.kind != "section" or line.strip() != b"}" else None


def _lone(block: Block, line: bytes) -> Range | None:
    """A value in a line of its own, if it is none of a list of names; or a pass phrase."""
    if (lone := _LONE_VALUE.search(line)) and looks_secret(lone["value"], lone):
        return None if is_list_of_names(lone["value"], block.named) else lone.span("value")
    phrase = _LONE_PHRASE.search(line)
    return phrase.span("value") if phrase is not None and looks_passphrase(phrase["value"], phrase) else None


def _alone(line: bytes) -> Range | None:
    """What is alone in ``line`` and surely no word: a random value, or the words of a wallet."""
    alone = NEXT_VALUE.match(line)
    if alone is not None:
        value = alone[group := "quoted" if alone["value"] is None else "value"]
        if is_mixed(value, alone) and not _WORDY_LINE.match(value) and looks_secret(value, alone):
            return alone.span(group)
    phrase = _LONE_PHRASE.match(line)
    return phrase.span("value") if phrase is not None and is_recovery_phrase(phrase["value"]) else None


def _in_table(block: Block, line: bytes) -> tuple[Range | None, Block | None]:
    if _RULER.match(line):
        return None, _underlined(block, line) if line.strip() else None
    if block.edges:
        wanted = columns.cell_between(line, *block.edges)
    else:
        wanted = columns.cell_of(line, block.separator, block.cells, block.column)
    if wanted is None:
        return None, None  # not as many cells as headings: the table is over
    group = columns.group_of(wanted)
    return (wanted.span(group) if columns.holds(block.kind, wanted[group], wanted) else None), block


def _underlined(block: Block, ruler: bytes) -> Block | None:
    """A table of blanks whose headings are underlined one by one: its cells begin where the hyphens do."""
    edges = columns.edges_of(ruler, block.indentation, 0 if block.separator else block.cells)
    if edges is None or not columns.is_blank(block.separator):
        return block if block.separator else None
    return replace(block, edges=edges, kind="column" if block.kind == "blank-column" else block.kind)


_CONTINUED = {
    "key-block": _in_key,
    "value-line": _in_value_line,
    "random-value-line": _in_value_line,
    "section": _in_value_line,
    "account-under": _under_heading,
    "network-lines": _in_network_lines,
    "name-under": _under_heading,
    "form-part": _in_form_part,
    "told-below": _in_told_below,
} | dict.fromkeys(SHAPES, _in_shape)
