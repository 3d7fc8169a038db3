"""What stands below a word of a heading, in a table that blanks part.

``columns`` counts cells; here the place in the line tells, since a cell may be empty and may be aligned to the right:
the word that begins where the heading begins, or ends where it ends.
"""

from __future__ import annotations

import re

from agent.redact.checks.people_checks import is_account, is_person

Range = tuple[int, int]

# Words without the signs of a sentence; "job-ID", "%CPU" and "submit/start" are words of headings.
_HEADINGS = re.compile(
    rb"[ ]{0,40}[A-Za-z%#\x80-\xff][\w%#()@+/\x80-\xff-]*+(?:[ ]+[\w%#(@][\w%#()@+/\x80-\xff-]*+){1,24}[ ]*\r?\Z"
)
_GAP = re.compile(rb"[ ]{2}(?=[^ \r])")
_RULER = re.compile(rb"[-=+ ]*-{3}[-=+ ]*\r?\Z")
_ACCOUNT = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]{0,14}[\\+])?(?P<value>[A-Za-z_][\w.-]{1,30}\$?)(?=[ \r\n]|\Z)")
_FULL_NAME = re.compile(
    rb"(?P<value>[A-Z\x80-\xff][A-Za-z\x80-\xff.'-]{1,30}(?: [A-Z\x80-\xff][A-Za-z\x80-\xff.'-]{0,30}){1,3})"
    rb"(?=[ ]{2}|[ ]*\r?\Z)"
)
_BEFORE_CELL = (b" ", b">", b"*")  # a sign marks the session that asks
_TABLE_GAPS = 2  # so many gaps of two blanks tell a table; with a line of hyphens below, one does


def gaps_in(line: bytes) -> int:
    """How many gaps of two blanks or more part the words of a line of headings; none if it is no such line."""
    line = line.rstrip(b"\n")
    return len(_GAP.findall(line.lstrip(b" "))) if len(line) < 1000 and _HEADINGS.match(line) is not None else 0


def needs_ruler(gaps: int) -> bool:
    """Whether only a line of hyphens below makes headings of a line with so few gaps."""
    return gaps < _TABLE_GAPS


def is_ruler(line: bytes) -> bool:
    """Whether ``line`` is made of hyphens."""
    return _RULER.match(line.rstrip(b"\n")) is not None


def account_under(line: bytes, start: int, end: int) -> Range | None:
    """The account of a person that stands below the heading from ``start`` to ``end``."""
    is_left = line[start : start + 1].strip() != b"" and (start == 0 or line[start - 1 : start] in _BEFORE_CELL)
    begin = start if is_left else line.rfind(b" ", 0, end) + 1
    found = _ACCOUNT.match(line, begin)
    if found is None or not (is_left or found.end() == end):
        return None
    return found.span("value") if is_account(found["value"], found) else None


def name_under(line: bytes, start: int) -> Range | None:
    """The name of a person that begins below the first letter of its heading."""
    if start and line[start - 1 : start] != b" ":
        return None
    found = _FULL_NAME.match(line, start)
    return found.span("value") if found is not None and is_person(found["value"], found) else None
