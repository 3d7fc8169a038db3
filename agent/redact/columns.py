"""Columns that a heading names: what of a cell is what the heading says, in a table and in an INSERT of SQL.

A heading tells less than a name in front of one value: below ``user`` stand numbers, states and sums as well. So each
kind of column has a check of its own, and a cell that fails it stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.redact import statements
from agent.redact.checks.host_checks import is_named_host
from agent.redact.checks.number_checks import is_device_number, is_phone
from agent.redact.checks.people_checks import is_account, is_named_person, is_person
from agent.redact.checks.secret_values import looks_secret
from agent.redact.checks.told_secrets import looks_secret_in_prose

Range = tuple[int, int]

_STAND_IN = re.compile(rb"(?:ip6?|mail|host|user|name|mac|phone|sid|serial|network)-(?:private-)?[a-z2-7]{8,12}\Z")
_EMPTY = (b"", b"\\N")  # NULL in the rows of COPY, and of mysqldump(1) --tab
_NAME = re.compile(
    rb"(?:[a-z]{1,4}[ ']){0,3}[A-Z\x80-\xff][A-Za-z\x80-\xff'.-]*+(?:,? [A-Za-z\x80-\xff][A-Za-z\x80-\xff'.-]*+){0,4}\Z"
)
_ACCOUNT = re.compile(rb"[A-Za-z0-9_\x80-\xff][\w.\x80-\xff$-]{1,62}\Z")
_NUMBER = re.compile(rb"(?=(?:[^\d]*\d){5})[A-Z0-9]{1,18}(?:[ ./-]{1,2}[A-Z0-9]{1,18}){0,5}\Z")
_PHONE = re.compile(rb"\+?\(?\d[\d ()./-]{5,24}\d\Z")
_DEVICE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9_:.-]{3,62}[A-Za-z0-9]\Z")
_HOST = re.compile(rb"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,200}[A-Za-z0-9_])?\Z")

SEPARATORS = (b",", b";", b"\t", b"|")
BLANKS = b"  "
"""Two blanks or more: the columns of a table that has no sign between them."""
RULED = b" "
"""Any blanks: the columns of a table with a line of hyphens below its headings, as PowerShell prints it."""
UNRULED = b""
"""Single blanks, and no line of hyphens yet: without one it is a sentence, and no table."""
_CELL = {
    each: re.compile(
        rb'[ ]*(?:"(?P<quoted>(?:[^"]|"")*)"|(?P<value>[^%s\r\n]*?))[ ]*(?:%s|\r?$)' % (each, re.escape(each))
    )
    for each in SEPARATORS
} | {
    BLANKS: re.compile(rb'[ ]*(?:"(?P<quoted>[^"]*)"|(?P<value>\S+(?: \S+)*+))(?:[ ]{2,}|[ ]*\r?$)'),
    RULED: re.compile(rb'[ ]*(?:"(?P<quoted>[^"]*)"|(?P<value>\S++))(?:[ ]+|\r?$)'),
}
"""A cell, in quotes or not, with what parts it from the next one."""
_CELL_BETWEEN = re.compile(rb"[ ]*(?P<value>(?:[^ \t\r\n](?:[^\r\n]*?[^ \r\n])?)?)[ ]*\r?$")
_HYPHENS = re.compile(rb"-{2,}")
# One blank between them, as PowerShell heads its columns and clients of databases do.
_SINGLE_HEADINGS = re.compile(rb"[ ]{0,8}[A-Za-z][\w.-]{1,40}(?:[ ]{1,80}[A-Za-z][\w.-]{1,40}){1,12}[ ]*\r?\Z")
_LONGEST_HEADINGS_BYTES = 4096
_LONGEST_HEADING_BYTES = 60
_HEADING = re.compile(rb"[ ]*[\"'`]?[A-Za-z_\x80-\xff][\w .\x80-\xff-]{0,60}[\"'`]?[ \r]*\Z")
# All of such a line: most lines that hold a word for a heading are told by their first sign, or by a colon.
_HEADINGS = re.compile(rb"[ |]*[\"'`]?[A-Za-z_\x80-\xff][\w .\x80-\xff\"'`,;\t|-]*+\r?\Z")
_PASSWORDS = re.compile(rb"(?i:passw(?:or)?d|pwd)[\"'`]?[ \r]*\Z")
# Each begins with a capital, at least two blanks part them: no sentence is written so.
_BLANK_HEADINGS = re.compile(
    rb"[ ]{0,40}[A-Z\x80-\xff][\w.\x80-\xff-]{1,30}(?: [A-Za-z][\w.-]{1,30})?"
    rb"(?:[ ]{2,80}[A-Z\x80-\xff][\w.\x80-\xff-]{1,30}(?: [A-Za-z][\w.-]{1,30})?){1,12}[ ]*\r?\Z"
)
_TWO_BLANKS = re.compile(rb"[ ]{2,}")
# "Pass" alone: a filter may be a low pass, a test may have a first one.
_BLANK_SECRETS = re.compile(
    rb"(?:\A(?i:pass)|(?:\A|[ _-]|(?<=[a-z])(?=[A-Z]))"
    rb"(?i:pass(?:w(?:or)?d|wort|phrase|code)|pwd|psk|token|secret|kennwort|wachtwoord|senha))\Z"
)
_SHORTEST_BLANK_SECRET = 6
_RULER = re.compile(rb"\s*-{2,}(?:[ ]+-{2,})+\s*\Z")


def _is_secret(value: bytes, match: re.Match[bytes]) -> bool:
    return not value.isdigit() and looks_secret(value, match)


def _is_blank_secret(value: bytes, match: re.Match[bytes]) -> bool:
    """No word and no number: what blanks part may be the words of a sentence, or what a program counted."""
    has_letter = any(byte > 64 for byte in value)
    return has_letter and len(value) >= _SHORTEST_BLANK_SECRET and looks_secret_in_prose(value, match)


def _is_name(value: bytes, match: re.Match[bytes]) -> bool:
    return is_named_person(value, match) and (b" " not in value or is_person(value, match))


def _is_full_name(value: bytes, match: re.Match[bytes]) -> bool:
    """Below a heading that also has teams, firms and accounts: two words of a name."""
    return b" " in value and _is_name(value, match)


_CHECKS: dict[str, tuple[re.Pattern[bytes] | None, Callable[[bytes, re.Match[bytes]], bool]]] = {
    "column": (None, _is_secret),
    "blank-column": (None, _is_blank_secret),
    "password-column": (None, looks_secret),  # passwords may be numbers, tokens are counted
    "name-column": (_NAME, _is_name),
    "person-column": (_NAME, _is_full_name),
    "account-column": (_ACCOUNT, is_account),
    "number-column": (_NUMBER, lambda _value, _match: True),
    "phone-column": (_PHONE, is_phone),
    "device-column": (_DEVICE, is_device_number),
    "host-column": (_HOST, is_named_host),
}


def is_column(kind: str) -> bool:
    """Whether a block of this kind is the column of a table."""
    return kind in _CHECKS


def headings(line: bytes) -> tuple[bytes, list[bytes]] | None:
    """The separator and the cells of a line of headings: at least two names, and nothing but names."""
    if len(line) > _LONGEST_HEADINGS_BYTES or _HEADINGS.match(line) is None:
        return None
    for separator in SEPARATORS:
        cells = line.split(separator)
        filled = [cell for cell in cells if cell.strip() or separator != b"|"]
        if len(filled) < 2 or not all(_HEADING.match(cell) for cell in filled):
            continue
        if separator == b"," and any(cell[:1] == b" " for cell in cells[1:]):
            return None  # a sentence
        closed = separator == b"|" and len(cells) > 1 and not cells[-1].strip()  # the sign ends each line too
        return separator, cells[: len(cells) - closed]
    if _BLANK_HEADINGS.match(line) is not None:
        return BLANKS, _TWO_BLANKS.split(line.strip())
    return (UNRULED, line.split()) if _SINGLE_HEADINGS.match(line) is not None else None


def is_prose(line: bytes, separator: bytes) -> bool:
    """Whether ``line``, taken for headings, is a sentence of a log: "check pass; user unknown"."""
    if separator not in SEPARATORS or not separator:
        return False
    if separator in (b",", b";") and separator + b" " in line:
        return True
    cells = [cell.strip() for cell in line.strip(b"| \r").split(separator)]
    return len(cells) == _FEW_CELLS and any(b" " in cell for cell in cells)


_FEW_CELLS = 2


def headings_at(line: bytes, start: int) -> tuple[bytes, list[bytes], int] | None:
    """The separator and the cells of a line of headings, and in which of them ``start`` is."""
    stated = statements.headings_at(line, start)
    if stated is not None:
        return stated
    found = headings(line)
    return (*found, column_at(found[0], line, start)) if found is not None else None


def column_at(separator: bytes, line: bytes, start: int) -> int:
    """In which column of a line of headings ``start`` is."""
    before = line[:start].lstrip(b" ")
    if separator == UNRULED:
        return len(before.split())
    return len(_TWO_BLANKS.findall(before)) if separator == BLANKS else line.count(separator, 0, start)


def cell_of(line: bytes, separator: bytes, cells: int, column: int) -> re.Match[bytes] | None:
    """The cell in this column; ``None`` if the line has not as many cells as there are headings."""
    if separator == UNRULED:
        return None
    if separator == statements.ROWS:
        return statements.cell_in_row(line, cells, column)
    cell, at, wanted = _CELL[separator], 0, None
    end = len(line.rstrip(b"\r\n"))
    for number in range(cells):
        found = cell.match(line, at)
        is_over = found is not None and found.end() >= end
        if is_over and number == cells - 2 and found is not None and found[0].endswith(separator):
            is_over = False  # the last cell is empty
        if found is None or is_over != (number == cells - 1):
            return None
        if number == column:
            wanted = found
        at = found.end()
    return wanted


def edges_of(ruler: bytes, at: int, words: int = 0) -> tuple[int, int] | None:
    """From where to where the cells of the heading at ``at`` stand, if ``ruler`` underlines each heading.

    Of headings of one word there are as many as ``words``.
    """
    if _RULER.match(ruler) is None:
        return None
    runs = [found.span() for found in _HYPHENS.finditer(ruler)]
    if words and len(runs) != words:
        return None
    ends = [*(start for start, _ in runs[1:]), _LONGEST_HEADINGS_BYTES]
    return next(((start, end) for (start, stop), end in zip(runs, ends, strict=True) if start <= at <= stop), None)


def is_blank(separator: bytes) -> bool:
    """Whether blanks part the cells, so that a line of hyphens tells more of them."""
    return separator in (BLANKS, UNRULED)


def cell_between(line: bytes, start: int, end: int) -> re.Match[bytes] | None:
    """What stands between the edges of a column; ``None`` if the line is empty, or no column begins there."""
    if not line.strip() or (start and line[start - 1 : start] not in (b" ", b"")):
        return None
    return _CELL_BETWEEN.match(line, min(start, len(line)), min(end, len(line)))


def is_ruler_below(headings: bytes, line: bytes) -> bool:
    """Whether ``line`` underlines each word of ``headings``."""
    return _RULER.match(line) is not None and len(headings.split()) == len(line.split())


def kind_by_heading(kind: str, heading: bytes, separator: bytes = SEPARATORS[0]) -> str | None:
    """The kind of a column of secrets as its heading has it; other kinds stay, but stand between blanks in no table."""
    if is_blank(separator):
        heading = heading.strip()
        is_clear = _BLANK_SECRETS.search(heading) is not None and heading != b"SECRET"  # kubectl: the name of one
        return "blank-column" if kind == "column" and is_clear else None
    return "password-column" if kind == "column" and _PASSWORDS.search(heading) is not None else kind


def holds(kind: str, value: bytes, match: re.Match[bytes]) -> bool:
    """Whether ``value``, the cell ``match``, is what a column of this kind holds."""
    shape, check = _CHECKS[kind]
    if value in _EMPTY:
        return False
    if shape is not None and (shape.match(value) is None or _STAND_IN.match(value) is not None):
        return False
    return check(value, match)


def in_statement(kind: str, line: bytes, heading: re.Match[bytes]) -> list[Range]:
    """Where the values are in ``line`` that a statement puts into the column ``heading``; none, if it is no INSERT."""
    wanted = kind_by_heading(kind, line[max(0, heading.start() - _LONGEST_HEADING_BYTES) : heading.start()]) or kind
    cells = [(cell, group_of(cell)) for cell in statements.cells_behind(line, heading)]
    return [cell.span(group) for cell, group in cells if holds(wanted, cell[group], cell)]


def group_of(cell: re.Match[bytes]) -> str:
    """The group of a cell that is its value: without quotes, if it is in any."""
    return next(group for group, text in cell.groupdict().items() if text is not None)
